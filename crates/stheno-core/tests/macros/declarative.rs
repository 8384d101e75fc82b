//! `plugin!`, `plugins!`, `catalog!`, `declare_event!`, `register_subscriber!` and `text_enum!`.

use stheno::{
    AnyEvent, Catalog, Cx, Event, Failure, MissingResource, Payload, Plugin, Resources, Setup, Subscriber, async_trait,
    plugin::discovery,
};

mod receipts {
    stheno::plugin!("receipts");
}

mod stock {
    stheno::plugin!("stock", setup = super::set_up);
}

async fn set_up(setup: &mut Setup) -> Result<(), Failure> {
    setup.provide(5_u32);
    Ok(())
}

stheno::plugins!(receipts, stock);

#[derive(Payload, Event)]
#[event(name = "points.earned", key = "customer:/customer_id")]
struct PointsEarned {
    #[field(example = "cus_1")]
    customer_id: String,
}

stheno::catalog!("loyalty"; PointsEarned);
stheno::declare_event!("warehouse.counted", "Somebody counted.");
stheno::declare_event!("warehouse.closed");

struct Count {
    _limit: u32,
}

#[async_trait]
impl Subscriber for Count {
    type Event = AnyEvent;

    async fn handle(&self, _event: AnyEvent, _cx: Cx) -> Result<(), Failure> {
        Ok(())
    }
}

fn count(resources: &Resources) -> Result<Count, MissingResource> {
    Ok(Count { _limit: *resources.get::<u32>()? })
}

stheno::register_subscriber!(id = "stock.count", on = ["points.*"], count);
stheno::register_subscriber!(id = "stock.any", |resources| Ok(Count { _limit: *resources.get::<u32>()? }));

#[test]
fn a_host_gets_the_plugins_it_names_in_that_order() {
    let written = plugins();
    let names: Vec<&str> = written.iter().map(Plugin::name).collect();
    assert_eq!(names, ["receipts", "stock"]);
    assert!(written.iter().all(|plugin| plugin.crate_name() == env!("CARGO_PKG_NAME")));
}

#[test]
fn a_catalog_is_linked_and_equals_the_one_by_hand() {
    let by_hand =
        Catalog::new("loyalty", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")).event(PointsEarned::descriptor());
    let linked = discovery::catalogs().into_iter().find(|catalog| catalog.name() == "loyalty").unwrap();
    for catalog in [linked, catalog()] {
        assert_eq!(catalog.crate_name(), by_hand.crate_name());
        assert_eq!(catalog.crate_version(), by_hand.crate_version());
        let patterns = |catalog: &Catalog| catalog.events().iter().map(|event| event.pattern).collect::<Vec<_>>();
        assert_eq!(patterns(&catalog), patterns(&by_hand));
    }
}

#[test]
fn declared_names_are_linked() {
    let declared = discovery::declared();
    let find = |name| declared.iter().find(|event| event.pattern == name).map(|event| event.description);
    assert_eq!(find("warehouse.counted"), Some("Somebody counted."));
    assert_eq!(find("warehouse.closed"), Some(""));
}

stheno::text_enum! {
    /// Which mail it was.
    enum Mail {
        /// For a new order.
        Confirmation = "confirmation" | "ORDER" | "ORDER_CONFIRMATION",
        /// Goods were sent.
        Shipping = "shipping"
    }

    /// How far it is.
    pub(crate) enum Progress {
        /// All of it.
        Done = "partially fulfilled",
    }
}

#[test]
fn a_text_of_a_list_is_read_by_all_its_names_and_written_by_its_first() {
    for text in ["confirmation", "ORDER", "ORDER_CONFIRMATION"] {
        assert_eq!(serde_json::from_value::<Mail>(text.into()).unwrap(), Mail::Confirmation);
    }
    assert_eq!(serde_json::to_value(Mail::Confirmation).unwrap(), "confirmation");
    assert_eq!((Mail::from("shipping"), Mail::Shipping.as_str()), (Mail::Shipping, "shipping"));
    assert_eq!(serde_json::from_str::<Progress>(r#""partially fulfilled""#).unwrap(), Progress::Done);
}

#[test]
fn a_text_that_is_not_in_the_list_is_kept() {
    for text in ["", "Shipping", "order", "\u{e9} \"quoted\""] {
        let read: Mail = serde_json::from_str(&serde_json::to_string(text).unwrap()).unwrap();
        assert_eq!(read, Mail::Other(text.into()));
        assert_eq!(serde_json::to_value(&read).unwrap(), text);
    }
    assert!(serde_json::from_str::<Mail>("1").is_err());
}
