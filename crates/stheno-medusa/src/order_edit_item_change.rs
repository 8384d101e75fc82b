//! The single changes of an order edit.

use stheno::{Event, Extra, Payload};

use crate::{define::ids, examples::ITEM_CHANGE};

ids! {
    /// Triggered when an order edit item change is created.
    #[event(
        name = "order-edit-item-change.CREATED",
        key = "order-edit-item-change:/id",
        section = "Order Edit Item Changes Events",
        note = "The action is in upper case, unlike every other."
    )]
    pub struct OrderEditItemChangeCreated {
        /// ID of the item change.
        id = ITEM_CHANGE,
    }
}

/// Triggered when an order edit item change is deleted.
#[derive(Clone, PartialEq, Default, Payload, Event)]
#[event(
    name = "order-edit-item-change.DELETED",
    key("order-edit-item-change:/id", "order-edit-item-change:/ids/0"),
    section = "Order Edit Item Changes Events",
    note = "The action is in upper case. Medusa sends `{ids}`, an array, where `{id}` is documented; its key is the first id."
)]
pub struct OrderEditItemChangeDeleted {
    /// ID of the item change, as documented; Medusa sends `ids`.
    #[field(example = ITEM_CHANGE)]
    pub id: Option<String>,
    /// IDs of the item changes, as Medusa sends them.
    pub ids: Option<Vec<String>>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}

impl OrderEditItemChangeDeleted {
    /// The ids of all deleted item changes, in whichever field they came.
    pub fn all_ids(&self) -> impl Iterator<Item = &str> {
        self.id.iter().chain(self.ids.iter().flatten()).map(String::as_str)
    }
}
