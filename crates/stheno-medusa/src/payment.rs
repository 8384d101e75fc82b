//! Payments: money that a provider holds or has taken for a cart or an order.

use crate::{
    define::whole,
    entity::{EventError, Payment, Refund},
};

whole! {
    /// Triggered when a payment is created.
    #[event(name = "payment.created", key = "payment:/id", section = "Payment Events")]
    pub struct PaymentCreated { payment: Payment }

    /// Triggered when a payment is updated.
    #[event(name = "payment.updated", key = "payment:/id", section = "Payment Events")]
    pub struct PaymentUpdated { payment: Payment }

    /// Triggered when a payment is captured.
    #[event(name = "payment.payment_captured", key = "payment:/id", section = "Payment Events")]
    pub struct PaymentCaptured { payment: Payment }

    /// Triggered when the capturing of a payment fails.
    #[event(
        name = "payment.payment_capture_failed",
        key = "payment:/id",
        section = "Payment Events",
        status = "lossy_upstream",
        note = "Medusa sends it in a transaction that it then rolls back, so it is lost unless a caller swallows the error. `error` is the JSON of an error: `nessage` is documented, `message` is sent, and it may be `{}`."
    )]
    pub struct PaymentCaptureFailed { payment: Payment = Payment::example().error(EventError::example()) }

    /// Triggered when a refund of a payment is created.
    #[event(
        name = "payment.payment_refund_created",
        key("payment:/payment_id", "refund:/id"),
        section = "Payment Events",
        note = "The payload is the refund, not the payment."
    )]
    pub struct PaymentRefundCreated { refund: Refund }

    /// Triggered when a payment's refund fails.
    #[event(
        name = "payment.payment_refund_failed",
        key = "payment:/id",
        section = "Payment Events",
        status = "lossy_upstream",
        note = "Medusa sends it in a transaction that it then rolls back, so it is lost unless a caller swallows the error. It carries an `error` too."
    )]
    pub struct PaymentRefundFailed { payment: Payment }
}
