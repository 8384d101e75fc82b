//! What is asked for a transaction.

use stheno::{Event, Extra, Payload};

use crate::entity::{RequestedAction, Transaction};

/// Somebody on the staff, or an app, asked for a transaction to be changed.
#[derive(Clone, PartialEq, Payload, Event)]
#[event(
    name = "saleor.transaction.action_request",
    key = "saleor.order:/transaction/order_id",
    section = "Webhooks",
    note = "`checkout_id` is the text `None` in the documentation; the program sends null. Without an order there is no key."
)]
#[event(note = "Versions read: 3.4 to 3.14; later ones send the payload under other headers.")]
pub struct TransactionActionRequest {
    /// What is asked for.
    #[field(fields, example = RequestedAction::example())]
    pub action: RequestedAction,
    /// The transaction.
    #[field(fields, example = Transaction::example())]
    pub transaction: Transaction,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
