//! Communication events: which mails an order caused. They are the values of `email_type` in `saleor.order.email_sent`.

use crate::{define::of_order, examples::EMAIL};

macro_rules! mails {
    ($( $(#[$about:meta])* pub struct $event:ident )+) => {
        of_order! {$(
            $(#[$about])*
            pub struct $event {
                /// Where the mail went, if it is said.
                #[field(personal, example = EMAIL)]
                pub email: Option<String>,
            }
        )+}
    };
}

mails! {
    /// The order was fully paid
    #[event(name = "saleor.communication.payment_confirmation", section = "Communication Events")]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct CommunicationPaymentConfirmation

    /// The order was shipped
    #[event(name = "saleor.communication.shipping_confirmation", section = "Communication Events")]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct CommunicationShippingConfirmation

    /// The shipping tracking number was updated
    #[event(name = "saleor.communication.tracking_updated", section = "Communication Events")]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct CommunicationTrackingUpdated

    /// The order was placed
    #[event(name = "saleor.communication.order_confirmation", section = "Communication Events")]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct CommunicationOrderConfirmation

    /// One or more of the order’s items was fulfilled (either physical or digital)
    #[event(name = "saleor.communication.fulfillment_confirmation", section = "Communication Events")]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct CommunicationFulfillmentConfirmation

    /// The links to the order’s digital goods were sent
    #[event(name = "saleor.communication.digital_links", section = "Communication Events")]
    #[event(note = "Versions read: 2.11 to 3.23; later ones do not have it.")]
    pub struct CommunicationDigitalLinks
}
