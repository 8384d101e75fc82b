//! All names of an event mean it.

use stheno_saleor::{
    EmailType,
    codes::{Code, Group},
};

use crate::fixtures::documented;

fn group(name: &str) -> Option<Group> {
    match name {
        "order_event" => Some(Group::Order),
        "communication_event" => Some(Group::Communication),
        "customer_event" => Some(Group::Customer),
        _ => None,
    }
}

#[test]
fn the_graphql_value_the_code_and_the_stored_code_mean_the_same_event() {
    let mut meant = 0;
    for event in documented() {
        let Some(group) = group(&event.group) else { continue };
        let texts =
            [event.graphql_value, Some(event.code), event.code_in_saleor_2_11_source.filter(|code| code != "gone")];
        for text in texts.into_iter().flatten() {
            assert_eq!(Code::parse(group, &text).unwrap().name(), event.name, "{text}");
        }
        meant += 1;
    }
    assert_eq!((meant, Code::all().len()), (36, 36));
}

#[test]
fn values_that_only_the_program_has_mean_the_documented_event() {
    for (group, text, name) in [
        (Group::Order, "ORDER_FULLY_PAID", "saleor.order.order_paid"),
        (Group::Order, "ORDER_MARKED_AS_PAID", "saleor.order.marked_as_paid"),
        (Group::Order, "PAYMENT_VOIDED", "saleor.order.voided"),
        (Group::Order, "FULFILLMENT_FULFILLED_ITEMS", "saleor.order.fulfilled_items"),
        (Group::Communication, "SHIPPING_CONFIRMATION", "saleor.communication.shipping_confirmation"),
        (Group::Customer, "note_added", "saleor.customer.note_added"),
        (Group::Order, "note_added", "saleor.order.note_added"),
    ] {
        assert_eq!(Code::parse(group, text).unwrap().name(), name);
    }
}

#[test]
fn no_text_means_two_events_of_one_group() {
    for code in Code::all() {
        for text in code.graphql().iter().copied().chain([code.code()]).chain(code.stored()) {
            assert_eq!(Code::parse(code.group(), text).unwrap(), code, "{text}");
        }
    }
}

#[test]
fn what_the_program_stores_is_said_and_what_it_does_not_store_is_not() {
    for event in documented() {
        let Some(group) = group(&event.group) else { continue };
        let code = Code::parse(group, &event.code).unwrap();
        let stored = event.code_in_saleor_2_11_source.filter(|stored| stored != "gone");
        match event.group.as_str() {
            "order_event" => assert_eq!(code.stored(), stored.as_deref(), "{}", event.name),
            _ => assert_eq!(code.stored(), Some(code.code()), "{}", event.name),
        }
    }
    let silent = Code::all().iter().filter(|code| code.stored().is_none());
    assert_eq!(silent.map(Code::name).collect::<Vec<_>>(), ["saleor.order.updated"]);
}

#[test]
fn a_code_that_nobody_knows_is_refused_by_name() {
    for text in ["", "Placed", "placed ", "shipped", "UPDATED_ADDRESS"] {
        let refused = Code::parse(Group::Order, text).unwrap_err();
        assert_eq!((refused.text(), refused.group()), (text, Group::Order));
    }
    assert_eq!(Code::parse(Group::Customer, &"x".repeat(500)).unwrap_err().text().len(), 80);
}

#[test]
fn the_codes_of_mails_are_those_of_the_communication_events() {
    for code in Code::all().iter().filter(|code| code.group() == Group::Communication) {
        for text in code.graphql().iter().copied().chain([code.code()]) {
            assert_eq!(EmailType::from(text).as_str(), code.code());
        }
    }
    assert_eq!(EmailType::from("order_cancel"), EmailType::Other("order_cancel".into()));
}

#[test]
fn the_code_that_was_meant_is_named_and_nothing_unseen_is_shown() {
    let near = |group, text| Code::parse(group, text).unwrap_err().nearest();
    assert_eq!(near(Group::Order, "placd"), Some("placed"));
    assert_eq!(near(Group::Order, "PAYMENT_CAPTURD"), Some("PAYMENT_CAPTURED"));
    assert_eq!(near(Group::Order, "zebra"), None);
    let text = format!("a\u{1b}[31m\n\u{202e}{}", "x".repeat(500));
    let shown = Code::parse(Group::Order, &text).unwrap_err().to_string();
    assert!(!shown.contains(['\u{1b}', '\n', '\u{202e}']) && shown.len() < 300, "{shown:?}");
}
