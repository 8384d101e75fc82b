//! Events of one's own, in one's own crate: they work exactly as the shipped ones. This file is such a crate.

use serde_json::json;
use stheno::{
    App, Catalogs, EventName, EventSum, FieldKind, Outgoing, PublishErrorKind, Sensitivity, Status,
    catalog::{redact, reference::reference_page},
    medusa::OrderPlaced,
    prelude::*,
};
use stheno_system_tests::{Seen, memory, settle};

/// A customer earned points.
#[derive(Clone, PartialEq, Payload, Event)]
#[event(name = "loyalty.points_earned", key = "customer:/customer_id", section = "Points")]
pub struct PointsEarned {
    /// Who earned them.
    #[field(example = "cus_01")]
    pub customer_id: String,
    /// How many.
    #[field(example = 25)]
    pub points: i64,
    /// Where the thanks go to.
    #[field(personal)]
    pub email: Option<String>,
    /// What the voucher is opened with.
    #[field(secret)]
    pub voucher: Option<Secret<String>>,
    /// What nobody documented.
    #[field(extra)]
    pub extra: Extra,
}

/// A customer spent points.
#[derive(Clone, PartialEq, Payload, Event)]
#[event(name = "loyalty.points_spent", key = "customer:/customer_id", section = "Points", status = "documented_only")]
pub struct PointsSpent {
    /// Who spent them.
    #[field(example = "cus_01")]
    pub customer_id: String,
}

stheno::catalog!("loyalty"; PointsEarned, PointsSpent);
stheno::declare_event!("warehouse.counted", "A shelf was counted; the warehouse says what it means.");
stheno::plugin!("loyalty");

/// Every event of points.
#[subscriber("loyalty.*", id = "loyalty.by-pattern", start = "beginning")]
async fn by_pattern(event: stheno::AnyEvent, seen: Res<Seen>) -> Result<(), Failure> {
    seen.note(format!("pattern {} {}", event.name, event.key.as_ref().map_or("-", |key| key.as_str())));
    Ok(())
}

/// One event, typed.
#[subscriber("loyalty.points_earned", id = "loyalty.typed", start = "beginning")]
async fn typed(earned: PointsEarned, seen: Res<Seen>) -> Result<(), Failure> {
    seen.note(format!("typed {}", earned.points));
    Ok(())
}

/// Own events and shipped ones side by side.
#[derive(EventSum)]
enum Joined {
    Earned(PointsEarned),
    Placed(OrderPlaced),
}

#[subscriber(id = "loyalty.joined", start = "beginning")]
async fn joined(event: Joined, seen: Res<Seen>) -> Result<(), Failure> {
    match event {
        Joined::Earned(earned) => seen.note(format!("sum {}", earned.points)),
        Joined::Placed(placed) => seen.note(format!("sum {}", placed.id)),
    }
    Ok(())
}

/// A name one only hears of.
#[subscriber("warehouse.counted", id = "loyalty.foreign", start = "beginning")]
async fn foreign(event: stheno::AnyEvent, seen: Res<Seen>) -> Result<(), Failure> {
    let body: serde_json::Value = event.json()?;
    seen.note(format!("foreign {body}"));
    Ok(())
}

fn app(seen: &Seen) -> App {
    App::new(memory()).provide(seen.clone()).plugin(plugin())
}

#[tokio::test]
async fn own_events_are_published_by_their_type_and_delivered_by_type_pattern_and_sum() {
    let seen = Seen::default();
    let running = app(&seen).start().await.unwrap();
    running.bus().publish(PointsEarned::new("cus_1", 25).email("a@example.com")).await.unwrap();
    running.bus().publish(PointsSpent::new("cus_1")).await.unwrap();
    running.bus().publish(OrderPlaced::new("order_1")).await.unwrap();
    seen.at_least(5).await;
    settle(&running).await;
    running.stop().await;
    let mut lines = seen.lines();
    lines.sort();
    let expected = [
        "pattern loyalty.points_earned customer:cus_1",
        "pattern loyalty.points_spent customer:cus_1",
        "sum 25",
        "sum order_1",
        "typed 25",
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn own_events_are_checked_by_their_documentation_when_they_are_published_raw() {
    let bus = app(&Seen::default()).bus();
    let earned = |body| bus.publish(Outgoing::raw("loyalty.points_earned", &body)).send();
    let path = async |body| match earned(body).await.unwrap_err().kind() {
        PublishErrorKind::Payload(error) => error.path().to_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(path(json!({"customer_id": "cus_1"})).await, "points");
    assert_eq!(path(json!({"customer_id": "cus_1", "points": "many"})).await, "points");
    assert_eq!(path(json!({"customer_id": "cus_1", "points": 1, "emial": "a@example.com"})).await, "emial");
    assert_eq!(earned(json!({"customer_id": "cus_1", "points": 1, "tier": "gold"})).await.unwrap().sequence, Some(1));
    let event = bus.backend().read(stheno::backend::Query::all()).await.unwrap().events.remove(0);
    assert_eq!(event.key.as_ref().map(|key| key.as_str()), Some("customer:cus_1"), "the key by the catalog's rule");

    let refused = bus.publish(Outgoing::raw("loyalty.points_earnd", &json!({}))).await.unwrap_err();
    let nearest = PublishErrorKind::UnknownName { nearest: Some("loyalty.points_earned") };
    assert_eq!(*refused.kind(), nearest);
}

#[tokio::test]
async fn a_declared_name_of_somebody_else_is_subscribed_to_and_published_with_any_json() {
    let seen = Seen::default();
    let running = app(&seen).start().await.unwrap();
    let published = running.bus().publish(Outgoing::raw("warehouse.counted", &json!([1, 2]))).await.unwrap();
    assert_eq!(published.sequence, Some(1));
    assert_eq!(seen.at_least(1).await, ["foreign [1,2]"]);
    settle(&running).await;
    assert!(running.operator().unknown_names().await.unwrap().is_empty(), "a declared name is a known one");
    let no_json = running.bus().publish(Outgoing::raw_bytes("warehouse.counted", "seven")).await.unwrap_err();
    assert!(matches!(no_json.kind(), PublishErrorKind::Payload(_)));
    running.stop().await;
}

#[test]
fn own_secrets_and_personal_data_are_not_printed_and_are_redacted_where_bodies_are_shown() {
    let mut earned = PointsEarned::new("cus_1", 25).email("a@example.com").voucher("hunter2");
    earned.extra.insert("iban", "DE02 1203");
    let printed = format!("{earned:?}");
    for hidden in ["a@example.com", "hunter2", "DE02"] {
        assert!(!printed.contains(hidden), "{printed}");
    }
    let body = serde_json::to_vec(&earned).unwrap();
    let shown = redact::redact(Some(&PointsEarned::descriptor()), &body);
    let expected = json!({
        "customer_id": "cus_1",
        "points": 25,
        "email": redact::PERSONAL,
        "voucher": redact::SECRET,
        "iban": redact::UNDOCUMENTED,
    });
    assert_eq!(shown, expected);
    let read: PointsEarned = serde_json::from_slice(&body).unwrap();
    assert!(read == earned, "what travels is all there");
}

#[test]
fn own_events_are_known_as_data_and_have_a_reference_page() {
    let own = catalog();
    assert_eq!((own.name(), own.crate_name()), ("loyalty", env!("CARGO_PKG_NAME")));
    let earned = own.find(&EventName::new("loyalty.points_earned").unwrap()).unwrap();
    assert_eq!(earned.description, "A customer earned points.");
    assert_eq!((earned.key.to_string().as_str(), earned.status), ("customer:/customer_id", Status::Emitted));
    let fields: Vec<_> =
        earned.fields.iter().map(|field| (field.name, field.kind, field.optional, field.sensitivity)).collect();
    let expected = [
        ("customer_id", FieldKind::String, false, Sensitivity::Public),
        ("points", FieldKind::Integer, false, Sensitivity::Public),
        ("email", FieldKind::String, true, Sensitivity::Personal),
        ("voucher", FieldKind::String, true, Sensitivity::Secret),
    ];
    assert_eq!(fields, expected);
    let page = reference_page(&own);
    for said in ["loyalty.points_earned", "loyalty.points_spent", "customer_id", "Who earned them.", "documented only"]
    {
        assert!(page.contains(said), "{said} is not in\n{page}");
    }
    assert_eq!(page, reference_page(&catalog()), "the page can be compared");
}

#[test]
fn an_own_catalog_stands_beside_the_shipped_one_and_every_name_has_one_owner() {
    let (both, duplicates) = Catalogs::new([stheno::medusa::catalog(), catalog()], []);
    assert!(duplicates.is_empty());
    assert_eq!(both.iter().map(|catalog| catalog.events().len()).collect::<Vec<_>>(), [99, 2]);
    let owner = |name: &str| both.find(&EventName::new(name).unwrap()).map(|event| event.owner);
    assert_eq!(owner("order.placed"), Some("stheno-medusa"));
    assert_eq!(owner("loyalty.points_spent"), Some(env!("CARGO_PKG_NAME")));
}
