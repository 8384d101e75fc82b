//! Mistakes that no one would hear of, because a later value wins or a wrong one is corrected: each is said at the start.

use std::time::Duration;

use stheno::{
    App, Catalog, Catalogs, Config, EventDescriptor, KeyRule, KeySource, Outgoing, Plugin, PublishErrorKind,
    SubscriberDef,
    app::{Problem, StartError},
    medusa::OrderPlaced,
};
use stheno_system_tests::{Seen, memory, noting};

/// A catalog of somebody else with an event of Medusa's.
fn claiming() -> Catalog {
    let claimed = EventDescriptor::of::<OrderPlaced>("stheno-elsewhere");
    Catalog::new("elsewhere", "stheno-elsewhere", "1.0.0").event(claimed)
}

fn good() -> SubscriberDef {
    noting("good.note", "order.placed", &Seen::default())
}

/// What is wrong with an app, a sentence each.
async fn said(app: App) -> Vec<String> {
    match app.start().await {
        Err(StartError::Problems(problems)) => problems.iter().map(Problem::to_string).collect(),
        Err(other) => panic!("{other}"),
        Ok(_) => Vec::new(),
    }
}

/// The one problem, which says all this.
async fn only(app: App, expected: &[&str]) {
    let said = said(app).await;
    assert_eq!(said.len(), 1, "{said:#?}");
    for expected in expected {
        assert!(said[0].contains(expected), "no `{expected}` in: {}", said[0]);
    }
}

#[tokio::test]
async fn what_is_provided_twice_is_said_with_both_places() {
    let app = || App::new(memory()).subscribe(good());
    only(app().provide(7_u8).provide(8_u8), &["`u8`", "swallowed.rs:", "and in", "remove one"]).await;
    let bus = app().bus();
    only(app().provide(bus), &["Bus", "swallowed.rs:"]).await;
    let plugin =
        Plugin::new("stock").subscriber(noting("stock.note", "order.placed", &Seen::default())).setup(|setup| {
            setup.provide(1_u16);
            setup.provide(2_u16);
            Box::pin(async { Ok(()) })
        });
    only(App::new(memory()).plugin(plugin), &["`u16`", "swallowed.rs:"]).await;
    let own = Plugin::new("stock").subscriber(noting("stock.note", "order.placed", &Seen::default())).setup(|setup| {
        setup.provide(1_u16);
        Box::pin(async { Ok(()) })
    });
    assert_eq!(
        said(App::new(memory()).provide(2_u16).plugin(own)).await,
        [""; 0],
        "a plugin's own comes before the app's"
    );
}

#[tokio::test]
async fn values_with_which_nothing_could_work_are_said_and_not_corrected() {
    let zero = Duration::ZERO;
    let second = Duration::from_secs(1);
    for (subscriber, expected) in [
        (good().attempts(0), "attempts is 0"),
        (good().timeout(zero), "timeout is 0"),
        (good().concurrency(0), "concurrency is 0"),
        (good().batch(5, second), "takes one event at a time"),
        (good().retry(second, zero, second), "retry_initial is over retry_cap"),
        (good().retry(zero, second, second), "retry_initial is 0"),
        (good().retry(second, second, zero), "retry_total is 0"),
        (good().was("a.b").was("a.c"), "`was` is said twice"),
        (good().was("good.note"), "`was`"),
    ] {
        only(App::new(memory()).subscribe(subscriber), &["good.note", expected]).await;
    }
    let app = || App::new(memory()).subscribe(good());
    only(app().lease(zero), &["lease", "10 ms"]).await;
    only(app().max_body(0), &["max_body is 0"]).await;
    only(app().source(""), &["source is empty"]).await;
    only(app().source("caf\u{e9}"), &["source", "printable ASCII"]).await;
    only(app().config(Config::default()).config(Config::default()), &["`config` is said twice"]).await;
    only(App::new(memory()).plugin(Plugin::new("a__b").subscriber(good())), &["a__b", "no name of a plugin"]).await;
    let batch = Config::parse("[subscribers.'good.note']\nbatch = 7", "stheno.toml").unwrap();
    only(app().config(batch), &["`batch` or `linger`", "takes one event at a time"]).await;
    let two = app().subscribe(noting("two.note", "order.placed", &Seen::default()).was("a.b"));
    only(
        two.subscribe(noting("three.note", "order.placed", &Seen::default()).was("a.b")),
        &["`two.note`", "`three.note`"],
    )
    .await;
    let everything = app().lease(zero).max_body(0).provide(1_u8).provide(1_u8);
    assert_eq!(said(everything).await.len(), 3, "all at once");
}

#[tokio::test]
async fn catalogs_that_contradict_each_other_publish_nothing_and_say_both_crates() {
    let bus = App::new(memory()).catalog(claiming()).bus();
    for event in
        [OrderPlaced::new("order_1").into(), Outgoing::raw("order.canceled", &serde_json::json!({ "id": "1" }))]
    {
        let refused = bus.publish(event).await.unwrap_err();
        assert!(matches!(refused.kind(), PublishErrorKind::Catalogs(_)), "{refused:?}");
        let said = refused.to_string();
        assert!(said.contains("stheno-medusa") && said.contains("stheno-elsewhere"), "{said}");
    }
    assert_eq!(bus.backend().info().await.unwrap().last, 0);
    only(App::new(memory()).catalog(claiming()).subscribe(good()), &["`order.placed`", "stheno-elsewhere"]).await;
}

#[test]
fn each_way_in_which_a_name_is_there_twice_names_both() {
    let declared = |owner: &'static str| EventDescriptor::declared("erp.synced", "", owner);
    let keyed = |owner: &'static str| {
        const BY_ID: KeyRule = KeyRule::new(&[KeySource::Body { kind: "erp", pointer: "/id" }]);
        declared(owner).key(BY_ID)
    };
    let catalog = |name: &'static str, owner: &'static str, pattern: &'static str| {
        Catalog::new(name, owner, "1").event(EventDescriptor::declared(pattern, "", owner))
    };
    let found = |catalogs: Vec<Catalog>, declared: Vec<EventDescriptor>| {
        let (all, duplicates) = Catalogs::new(catalogs, declared);
        assert_eq!(all.duplicates(), duplicates);
        duplicates.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(found(vec![], vec![declared("one"), declared("two")]), "", "several crates may hear of one name");
    let rule = found(vec![], vec![declared("one"), keyed("two")]);
    assert!(rule.contains("`one` and `two`") && rule.contains("different keys"), "{rule}");
    let twice = found(vec![], vec![declared("one"), declared("one")]);
    assert!(twice.contains("declared twice in `one`"), "{twice}");
    let wide = found(vec![catalog("a", "one", "erp.*"), catalog("b", "two", "erp.synced")], vec![]);
    assert!(wide.contains("`erp.*`") && wide.contains("`one`") && wide.contains("`two`"), "{wide}");
    let name = found(vec![catalog("a", "one", "x"), catalog("a", "two", "y")], vec![]);
    assert!(name.contains("called `a`") && name.contains("`one`") && name.contains("`two`"), "{name}");
    let changed = found(vec![catalog("a", "one", "x"), catalog("a", "one", "y")], vec![]);
    assert!(changed.contains("called `a`"), "{changed}");
    assert_eq!(
        found(vec![catalog("a", "one", "x"), catalog("a", "one", "x")], vec![]),
        "",
        "linked, and added by hand"
    );
}

#[tokio::test]
async fn two_subscribers_of_one_id_in_two_plugins_are_said_even_beside_other_mistakes() {
    let plugin = |name: &str| Plugin::new(name).subscriber(good());
    let app = App::new(memory()).plugin(plugin("a")).plugin(plugin("b")).lease(Duration::ZERO);
    assert_eq!(said(app).await.len(), 2);
}
