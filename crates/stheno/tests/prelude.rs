//! A plugin crate as an outsider writes it: with this crate alone, and names of its own.

use stheno::prelude::*;

/// What nearly every program calls its own.
mod own {
    pub struct Context;
    pub struct Key;
    pub struct Error;
    pub type Result<T> = std::result::Result<T, Error>;
}

// Two globs: a name that both had could not be used.
use own::*;

stheno::plugin!("receipts", setup = set_up);

struct Mailer {
    from: String,
}

async fn set_up(p: &mut Setup) -> std::result::Result<(), Failure> {
    p.provide(Mailer { from: "shop@example.com".to_owned() });
    Ok(())
}

/// A customer earned points.
#[derive(Payload, Event)]
#[event(name = "points.earned", key = "customer:/customer_id")]
struct PointsEarned {
    #[field(example = "cus_1")]
    customer_id: String,
    #[field(extra)]
    extra: Extra,
}

stheno::catalog!("loyalty"; PointsEarned);

/// Thanks the customer.
#[subscriber("points.earned", id = "receipts.thank")]
async fn thank(points: PointsEarned, mailer: Res<Mailer>, cx: Cx) -> std::result::Result<(), Failure> {
    if points.customer_id == mailer.from {
        return cx.skip("the shop's own points");
    }
    Ok(())
}

mod host {
    use crate as receipts;

    stheno::plugins!(receipts);

    #[test]
    fn a_host_lists_the_plugin() {
        assert_eq!(plugins()[0].name(), "receipts");
    }
}

#[test]
fn names_of_ones_own_do_not_meet_the_prelude() {
    fn own(_context: Context, _key: Key) -> Result<()> {
        Err(Error)
    }
    assert!(own(Context, Key).is_err());
}

#[test]
fn the_macros_work_from_the_facade_alone() {
    assert_eq!(thank::subscriber().patterns(), ["points.earned"]);
    assert_eq!(catalog().events()[0].pattern, "points.earned");
    assert!(PointsEarned::new("cus_1").extra.is_empty());
}
