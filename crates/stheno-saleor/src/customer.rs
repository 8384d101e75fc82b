//! Customer events: what Saleor records of a customer.

use crate::{
    Id,
    define::of_user,
    examples::{EMAIL, RECORDED_ORDER},
    order::OrderLineRef,
};

of_user! {
    /// The customer’s account was created
    #[event(name = "saleor.customer.account_created", section = "Customer Events")]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct CustomerAccountCreated {}

    /// The password reset email was sent
    #[event(name = "saleor.customer.password_reset_link_sent", section = "Customer Events", note = "The request, without a token: `saleor.notify.account_password_reset` has it.")]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct CustomerPasswordResetLinkSent {}

    /// The customer reset (changed) their password
    #[event(
        name = "saleor.customer.password_reset",
        section = "Customer Events",
        note = "The change is done. Medusa's `customer.password_reset` is the request, and has a token."
    )]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct CustomerPasswordReset {}

    /// The customer placed an order
    #[event(name = "saleor.customer.placed_order", section = "Customer Events")]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct CustomerPlacedOrder {
        /// The order; undocumented, and stored beside the parameters.
        #[field(nullable, kind = "string_or_number", example = RECORDED_ORDER)]
        pub order_id: Option<Id>,
    }

    /// The customer added a note to one of their orders
    #[event(name = "saleor.customer.note_added_to_order", section = "Customer Events")]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct CustomerNoteAddedToOrder {
        /// The order; undocumented, and stored beside the parameters.
        #[field(nullable, kind = "string_or_number", example = RECORDED_ORDER)]
        pub order_id: Option<Id>,
        /// The note.
        #[field(personal, example = "Please ring twice.")]
        pub message: String,
    }

    /// The customer or another user (anonymous) downloaded an ordered digital good
    #[event(
        name = "saleor.customer.digital_link_downloaded",
        section = "Customer Events",
        note = "The program stores the primary key of the line as `order_line_pk`; both are read."
    )]
    #[event(note = "Versions read: 2.11 to 3.23; later ones do not have it.")]
    pub struct CustomerDigitalLinkDownloaded {
        /// The order; undocumented, and stored beside the parameters.
        #[field(nullable, kind = "string_or_number", example = RECORDED_ORDER)]
        pub order_id: Option<Id>,
        /// The fulfilled digital order line that was downloaded.
        #[field(alias = "order_line_pk", kind = "any", fields, example = <OrderLineRef as stheno::Payload>::example())]
        pub order_line: OrderLineRef,
    }

    /// The staff user deleted one or more customers (anonymous)
    #[event(name = "saleor.customer.customer_deleted", section = "Customer Events", note = "The user is the staff user who did it.")]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct CustomerCustomerDeleted {
        /// How many were deleted.
        #[field(example = 1)]
        pub count: i64,
    }

    /// The staff user assigned a new email address to a customer
    #[event(name = "saleor.customer.email_assigned", section = "Customer Events", note = "The user is the staff user who did it.")]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct CustomerEmailAssigned {
        /// The new address.
        #[field(personal, example = EMAIL)]
        pub message: String,
    }

    /// The staff user assigned a new full name to a customer
    #[event(name = "saleor.customer.name_assigned", section = "Customer Events", note = "The user is the staff user who did it.")]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct CustomerNameAssigned {
        /// The new name.
        #[field(personal, example = "Ada Example")]
        pub message: String,
    }

    /// The staff user added a note to a customer
    #[event(name = "saleor.customer.note_added", section = "Customer Events", note = "The user is the staff user who did it.")]
    #[event(note = "Versions read: 2.11 to 3.24.")]
    pub struct CustomerNoteAdded {
        /// The note.
        #[field(personal, example = "Called about the invoice.")]
        pub message: String,
    }
}
