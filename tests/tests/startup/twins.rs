//! Each macro has a twin without it: both run the same.

use stheno::{App, Plugin, Res, Resources, Start, SubscriberDef, medusa::OrderPlaced, prelude::*};
use stheno_system_tests::{Seen, memory, settle};

/// With the attribute.
mod by_attribute {
    use stheno::{medusa::OrderPlaced, prelude::*};
    use stheno_system_tests::Seen;

    stheno::plugin!("by-attribute");

    #[subscriber("order.placed", id = "twin.handle", start = "beginning")]
    async fn handle(order: OrderPlaced, seen: Res<Seen>, cx: Cx) -> Result<(), Failure> {
        seen.note(format!("{} {}", cx.subscriber(), order.id));
        Ok(())
    }
}

/// The same by hand: a type, and a trait.
struct Handle {
    seen: Res<Seen>,
}

#[stheno::async_trait]
impl Subscriber for Handle {
    type Event = OrderPlaced;

    async fn handle(&self, order: OrderPlaced, cx: Cx) -> Result<(), Failure> {
        self.seen.note(format!("{} {}", cx.subscriber(), order.id));
        Ok(())
    }
}

/// Registered for the plugin of its module, without the attribute.
mod by_registration {
    stheno::plugin!("by-registration");

    stheno::register_subscriber!(id = "twin.handle", |all| Ok(super::Handle { seen: all.get()? }));
}

/// Added to a plugin, and found by nothing that is linked.
fn by_hand() -> Plugin {
    let handle = SubscriberDef::built("twin.handle", |all: &Resources| Ok(Handle { seen: all.get()? }));
    Plugin::new("by-hand").subscriber(handle.start(Start::Beginning))
}

async fn handled_with(app: impl FnOnce(App) -> App) -> Vec<String> {
    let seen = Seen::default();
    let running = app(App::new(memory()).provide(seen.clone())).start().await.unwrap();
    running.bus().publish(OrderPlaced::new("order_1")).await.unwrap();
    settle(&running).await;
    running.stop().await;
    seen.lines()
}

#[tokio::test]
async fn a_subscriber_runs_the_same_by_attribute_by_registration_and_by_hand() {
    let expected = ["twin.handle order_1"];
    assert_eq!(handled_with(|app| app.plugin(by_attribute::plugin())).await, expected);
    assert_eq!(handled_with(|app| app.plugin(by_registration::plugin())).await, expected);
    assert_eq!(handled_with(|app| app.plugin(by_hand())).await, expected);
    let own = |app: App| {
        app.subscribe(SubscriberDef::built("twin.handle", |all: &Resources| Ok(Handle { seen: all.get()? })))
    };
    assert_eq!(handled_with(own).await, expected);
}

#[tokio::test]
async fn a_value_that_is_there_needs_no_resources() {
    let seen = Seen::default();
    let value = Handle { seen: Res::from(seen.clone()) };
    let running = App::new(memory()).subscribe(SubscriberDef::new("twin.handle", value)).start().await.unwrap();
    running.bus().publish(OrderPlaced::new("order_1")).await.unwrap();
    assert_eq!(seen.at_least(1).await, ["twin.handle order_1"]);
    running.stop().await;
}

#[tokio::test]
async fn the_set_up_of_a_plugin_by_hand_runs_as_that_of_the_macro_does() {
    let by_hand = |app: App| {
        let plugin = by_hand().setup(|setup| {
            Box::pin(async move {
                let shared: Res<Seen> = setup.get()?;
                shared.note("set up");
                Ok(())
            })
        });
        app.plugin(plugin)
    };
    assert_eq!(handled_with(by_hand).await, ["set up", "twin.handle order_1"]);
}
