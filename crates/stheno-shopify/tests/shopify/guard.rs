//! What becomes of an event object of which Shopify sends one field otherwise, and why some are refused.

use stheno_testkit::guard::{Change, Refused, guard};

use crate::every_type::every_type;

const TABLE: [Refused; 5] = [
    Refused {
        events: "*",
        field: "id",
        changes: &[Change::Null, Change::Dropped, Change::Word, Change::Object],
        why: "without its id an event that is fetched twice is stored twice; `Page` keeps the others of the response",
    },
    Refused {
        events: "*",
        field: "subject_id",
        changes: &[Change::Null, Change::Dropped, Change::Word, Change::Object],
        why: "it is what the event is about, and the order of events is kept by it",
    },
    Refused {
        events: "*",
        field: "created_at",
        changes: &[Change::Null, Change::Dropped, Change::Word, Change::Object],
        why: "Shopify always sends a time; one without an offset is read",
    },
    Refused {
        events: "*",
        field: "subject_type",
        changes: &[Change::Null, Change::Dropped, Change::Word, Change::Object],
        why: "it is half of the name of the event; another one is another event, which `to_any_event` keeps",
    },
    Refused {
        events: "*",
        field: "verb",
        changes: &[Change::Null, Change::Dropped, Change::Word, Change::Object],
        why: "it is the other half of the name",
    },
];

/// Texts that Shopify may leave out and that no client has ever seen as something else.
const TEXTS: [&str; 5] = ["message", "body", "author", "description", "path"];

#[test]
fn whatever_is_read_comes_back_and_whatever_is_refused_is_for_a_reason() {
    let texts = TEXTS.map(|field| Refused {
        events: "*",
        field,
        changes: &[Change::Object],
        why: "every client has it as a text or null",
    });
    guard(&every_type(), &[&TABLE[..], &texts].concat());
}
