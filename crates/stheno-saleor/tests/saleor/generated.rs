//! Generated input for what stands before a decoder: requests, rows, codes. None of it panics, and what is taken is
//! what it says.

use serde_json::{Value, json};
use stheno_saleor::{
    codes::{Code, Group},
    rows::Row,
    webhook::{self, WebhookError},
};
use stheno_testkit::{
    generated::{cases, changed_bytes, changed_value},
    random::Random,
};

use crate::{every_type::every_type, fixtures::documented};

/// How many inputs each test tries, unless `STHENO_CASES` says it.
const CASES: u64 = 4_000;

const GROUPS: [Group; 3] = [Group::Order, Group::Communication, Group::Customer];

/// A text with some of its bytes changed, or left as it is.
fn changed_text(random: &mut Random, text: &str) -> String {
    match random.one_in(2) {
        true => String::from_utf8_lossy(&changed_bytes(random, text.as_bytes())).into_owned(),
        false => text.to_owned(),
    }
}

/// A body with a value or some of its bytes changed.
fn changed_body(random: &mut Random, body: &Value) -> Vec<u8> {
    match random.one_in(2) {
        true => changed_value(random, body).to_string().into_bytes(),
        false => changed_bytes(random, body.to_string().as_bytes()),
    }
}

#[test]
fn no_input_makes_a_webhook_panic() {
    let headers: Vec<String> = documented()
        .into_iter()
        .filter_map(|event| event.saleor_event_header)
        .flat_map(|headers| headers.split('|').map(str::to_owned).collect::<Vec<_>>())
        .collect();
    // Most headers are answered without the body, so half of the requests are notifications.
    let notified = every_type().into_iter().filter(|event| event.descriptor.pattern.starts_with("saleor.notify."));
    let bodies: Vec<Value> = notified.map(|event| (event.example)().body).collect();
    let catalog = stheno_saleor::catalog();
    let mut random = Random::seeded("requests of Saleor");
    let cases = cases(CASES);
    let (mut taken, mut unnamed) = (0_u64, 0_u64);
    for case in 0..cases {
        let header = match random.one_in(2) {
            true => "notify_user",
            false => &headers[(case % headers.len() as u64) as usize],
        };
        let header = changed_text(&mut random, header);
        let body = changed_body(&mut random, &bodies[(case % bodies.len() as u64) as usize]);
        let name = webhook::name_of(&header, &body);
        let outgoing = webhook::outgoing(&header, &body);
        assert_eq!(name.as_ref().err(), outgoing.as_ref().err());
        match name {
            Ok(name) => {
                assert!(catalog.events().iter().any(|event| event.pattern == name), "`{name}` is no event");
                taken += 1;
            }
            Err(WebhookError::UnknownEvent { event }) => assert!(event.chars().count() <= 80),
            Err(WebhookError::UnknownNotification { notify_event }) => assert!(notify_event.chars().count() <= 80),
            Err(_) => unnamed += 1,
        }
    }
    println!("{cases} requests, {taken} of them taken, {unnamed} with a body that does not say what it is");
    assert!(taken > cases / 100 && unnamed > 0, "{taken} {unnamed}");
}

#[test]
fn no_input_makes_a_row_panic() {
    let rows = Code::all().iter().map(|code| {
        let row = json!({
            "id": 7, "type": code.stored().unwrap_or(code.code()), "date": "2019-05-06 10:00:00+00:00", "order_id": 52, "user_id": "VXNlcjox",
            "parameters": { "amount": "16.80", "lines": [{ "quantity": 1, "line_pk": 7, "item": "Juice" }], "message": "hi" },
        });
        (code.group(), row)
    });
    let rows: Vec<(Group, Value)> = rows.collect();
    let mut random = Random::seeded("rows of Saleor");
    let cases = cases(CASES);
    let (mut read, mut known) = (0_u64, 0_u64);
    for case in 0..cases {
        let (group, row) = &rows[(case % rows.len() as u64) as usize];
        let Ok(row) = serde_json::from_slice::<Row>(&changed_body(&mut random, row)) else { continue };
        read += 1;
        let again: Row = serde_json::from_value(serde_json::to_value(&row).unwrap()).unwrap();
        assert!(again == row, "{row:?} is read again as {again:?}");
        let code = Code::parse(*group, &row.r#type);
        let event = row.into_event(*group);
        assert_eq!(code.is_ok(), event.is_ok());
        known += u64::from(event.is_ok());
    }
    println!("{cases} rows, {read} of them read, {known} of a known event");
    assert!(known > cases / 100 && read > known, "{read} {known}");
}

#[test]
fn no_input_makes_a_code_panic() {
    let texts: Vec<&str> = Code::all()
        .iter()
        .flat_map(|code| code.graphql().iter().copied().chain([code.code(), code.name()]).chain(code.stored()))
        .collect();
    let mut random = Random::seeded("codes of Saleor");
    let cases = cases(CASES);
    let mut known = 0_u64;
    for case in 0..cases {
        let group = GROUPS[(case % 3) as usize];
        let text = changed_text(&mut random, texts[(case % texts.len() as u64) as usize]);
        match Code::parse(group, &text) {
            Ok(code) => {
                let mut names = code.graphql().iter().copied().chain([code.code()]).chain(code.stored());
                assert!(code.group() == group && names.any(|name| name == text));
                known += 1;
            }
            Err(error) => assert!(error.group() == group && error.text().chars().count() <= 80),
        }
    }
    println!("{cases} texts, {known} of them codes");
    assert!(known > cases / 100, "{known}");
}
