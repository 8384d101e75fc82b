//! Plugins in modules: each has the subscribers of its module and the modules in it, and only those enabled run.

use stheno::{App, Plugin, medusa::OrderPlaced};
use stheno_system_tests::{Seen, memory, settle};

/// One plugin crate, were it a crate.
pub mod receipts {
    use stheno::{medusa::OrderPlaced, prelude::*};
    use stheno_system_tests::Seen;

    stheno::plugin!("receipts");

    #[subscriber("order.placed", id = "receipts.send")]
    async fn send(order: OrderPlaced, seen: Res<Seen>) -> Result<(), Failure> {
        seen.note(format!("receipts.send {}", order.id));
        Ok(())
    }

    /// Deeper inside: still a subscriber of the plugin above.
    mod reminders {
        use stheno::{medusa::OrderPlaced, prelude::*};
        use stheno_system_tests::Seen;

        #[subscriber("order.placed", id = "receipts.remind")]
        async fn remind(order: OrderPlaced, seen: Res<Seen>) -> Result<(), Failure> {
            seen.note(format!("receipts.remind {}", order.id));
            Ok(())
        }
    }

    /// A plugin inside another one: what is in it belongs to it, because it is closer.
    pub mod letters {
        use stheno::{medusa::OrderPlaced, prelude::*};
        use stheno_system_tests::Seen;

        stheno::plugin!("letters");

        #[subscriber("order.placed", id = "letters.print")]
        async fn print(order: OrderPlaced, seen: Res<Seen>) -> Result<(), Failure> {
            seen.note(format!("letters.print {}", order.id));
            Ok(())
        }
    }
}

/// A module whose name begins like that of a plugin, and is not in it.
pub mod receipts_archive {
    use stheno::{medusa::OrderPlaced, prelude::*};
    use stheno_system_tests::Seen;

    stheno::plugin!("archive", setup = set_up);

    /// The plugin's own resource, which comes before the app's.
    async fn set_up(setup: &mut Setup) -> Result<(), Failure> {
        setup.provide("from the plugin");
        Ok(())
    }

    #[subscriber("order.placed", id = "archive.keep")]
    async fn keep(order: OrderPlaced, seen: Res<Seen>, place: Res<&'static str>) -> Result<(), Failure> {
        seen.note(format!("archive.keep {} {}", order.id, *place));
        Ok(())
    }
}

/// What an app with these plugins does with one event; sorted.
async fn handled_by(plugins: impl IntoIterator<Item = Plugin>) -> (Vec<String>, String) {
    let seen = Seen::default();
    let app = App::new(memory()).provide(seen.clone()).provide("from the app").plugins(plugins);
    let running = app.start().await.unwrap();
    running.bus().publish(OrderPlaced::new("order_1")).await.unwrap();
    settle(&running).await;
    let table = running.table().to_string();
    running.stop().await;
    let mut lines = seen.lines();
    lines.sort();
    (lines, table)
}

#[tokio::test]
async fn a_subscriber_belongs_to_the_closest_plugin_above_it() {
    let (handled, _) = handled_by([receipts::plugin()]).await;
    assert_eq!(handled, ["receipts.remind order_1", "receipts.send order_1"]);
    let (handled, _) = handled_by([receipts::letters::plugin()]).await;
    assert_eq!(handled, ["letters.print order_1"]);
}

#[tokio::test]
async fn every_enabled_plugin_runs_with_its_own_resources_before_those_of_the_app() {
    stheno::plugins!(receipts, receipts_archive);
    let (handled, _) = handled_by(plugins()).await;
    assert_eq!(handled, ["archive.keep order_1 from the plugin", "receipts.remind order_1", "receipts.send order_1"]);
}

#[tokio::test]
async fn a_plugin_that_is_linked_and_not_enabled_is_listed_and_does_not_run() {
    let (handled, table) = handled_by([receipts_archive::plugin()]).await;
    assert_eq!(handled, ["archive.keep order_1 from the plugin"]);
    let idle: Vec<_> = table.lines().filter(|line| line.starts_with("linked, not enabled")).collect();
    for id in ["receipts.send", "receipts.remind", "letters.print"] {
        assert!(idle.iter().any(|line| line.contains(id) && line.contains("modules.rs")), "{id} is not in {idle:?}");
    }
    assert!(!idle.iter().any(|line| line.contains("archive.keep")));
}

#[tokio::test]
async fn the_table_shows_catalogs_plugins_subscribers_patterns_and_policies() {
    let (_, table) = handled_by([receipts::plugin()]).await;
    let row = table.lines().find(|line| line.contains("receipts.send")).unwrap();
    for cell in ["receipts", "order.placed", "retry 1s doubling to 15m"] {
        assert!(row.contains(cell), "{row}");
    }
    assert!(table.contains("medusa (99 events"), "{table}");
}
