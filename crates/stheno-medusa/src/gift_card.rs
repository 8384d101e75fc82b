//! Gift cards.

use crate::{define::ids, examples::GIFT_CARD};

ids! {
    /// Triggered when a gift card is created.
    #[event(name = "gift_card.created", key = "gift_card:/id", section = "Gift Card Events")]
    pub struct GiftCardCreated {
        /// ID of the gift card.
        id = GIFT_CARD,
    }
}
