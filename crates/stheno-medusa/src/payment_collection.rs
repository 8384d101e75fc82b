//! Payment collections: several payments for one order edit.

use crate::{define::whole, entity::PaymentCollection};

whole! {
    /// Triggered when a payment collection is created.
    #[event(name = "payment-collection.created", key = "payment-collection:/id", section = "Payment Collection Events")]
    pub struct PaymentCollectionCreated { payment_collection: PaymentCollection }

    /// Triggered when a payment collection is update.
    #[event(name = "payment-collection.updated", key = "payment-collection:/id", section = "Payment Collection Events")]
    pub struct PaymentCollectionUpdated { payment_collection: PaymentCollection }

    /// Triggered when a payment collection is deleted.
    #[event(
        name = "payment-collection.deleted",
        key = "payment-collection:/id",
        section = "Payment Collection Events",
        status = "lossy_upstream",
        note = "Medusa sends it after the row is removed, so the payload may have no `id`, and then there is no key either."
    )]
    pub struct PaymentCollectionDeleted { payment_collection: PaymentCollection }

    /// Triggered when a payment collection is either marked authorized or its payment session is authorized.
    #[event(
        name = "payment-collection.payment_authorized",
        key = "payment-collection:/id",
        section = "Payment Collection Events",
        note = "With `payment_sessions` and `payments` when a session was authorized, without when the collection was marked."
    )]
    pub struct PaymentCollectionPaymentAuthorized { payment_collection: PaymentCollection }
}
