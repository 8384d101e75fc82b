//! What becomes of an event of which Medusa sends one field otherwise, and why some are refused.

use stheno_testkit::guard::guard;

use crate::every_type::every_type;

#[test]
fn whatever_is_read_comes_back_and_whatever_is_refused_is_for_a_reason() {
    guard(&every_type(), &[]);
}
