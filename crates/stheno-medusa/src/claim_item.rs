//! The items of claims.

use crate::{define::ids, examples::CLAIM_ITEM};

ids! {
    /// Triggered when claim items are created and associated with a claim. This happens during the creation of claims.
    #[event(name = "claim_item.created", key = "claim_item:/id", section = "Claim Item Events")]
    pub struct ClaimItemCreated {
        /// ID of the claim item.
        id = CLAIM_ITEM,
    }

    /// Triggered when a claim item is updated. This happens when a claim is updated.
    #[event(name = "claim_item.updated", key = "claim_item:/id", section = "Claim Item Events")]
    pub struct ClaimItemUpdated {
        /// ID of the claim item.
        id = CLAIM_ITEM,
    }

    /// Triggered when a claim is canceled.
    #[event(
        name = "claim_item.canceled",
        key = "claim_item:/id",
        section = "Claim Item Events",
        status = "documented_only",
        note = "No code of Medusa sends it. Use `claim.canceled`."
    )]
    pub struct ClaimItemCanceled {
        /// ID of the claim item.
        id = CLAIM_ITEM,
    }
}
