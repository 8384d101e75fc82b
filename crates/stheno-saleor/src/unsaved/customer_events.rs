//! Making customer events: a function for each, which checks and fills the required fields and touches nothing.
//!
//! An anonymous user is written as `"user_id": null`, where the event may have one. An event happened when it is stored,
//! unless [`Unsaved::at`] says when.
//!
//! The customer's `placed_order` is made by [`order_events::placed`](super::order_events::placed).

use crate::{
    CustomerAccountCreated, CustomerCustomerDeleted, CustomerDigitalLinkDownloaded, CustomerEmailAssigned,
    CustomerNameAssigned, CustomerNoteAdded, CustomerNoteAddedToOrder, CustomerPasswordReset,
    CustomerPasswordResetLinkSent, Id, OrderLineRef,
    unsaved::{
        Actor, FieldError, FieldProblem, OrderRef, Unsaved,
        order_events::{filled, identified},
    },
};

type Made<E> = Result<Unsaved<E>, FieldError>;

/// Functions for events without parameters, which are of a customer who is known.
macro_rules! plain {
    ($( $(#[$doc:meta])+ $name:ident => $event:ident; )+) => {$(
        $(#[$doc])+
        ///
        /// # Errors
        /// [`FieldError`] when the customer is anonymous.
        pub fn $name(customer: &Actor) -> Made<$event> {
            Ok(Unsaved::new($event::new().user_id(known(<$event as stheno::Event>::PATTERN, customer)?)))
        }
    )+};
}

/// Functions for events with a message, which are of a user who is known.
macro_rules! message {
    ($( $(#[$doc:meta])+ $name:ident => $event:ident; )+) => {$(
        $(#[$doc])+
        ///
        /// # Errors
        /// [`FieldError`] when the message is empty, or the user anonymous.
        pub fn $name(user: &Actor, message: &str) -> Made<$event> {
            let name = <$event as stheno::Event>::PATTERN;
            filled(name, "message", message)?;
            Ok(Unsaved::new($event::new(message).user_id(known(name, user)?)))
        }
    )+};
}

plain! {
    /// The account of a customer was created.
    account_created => CustomerAccountCreated;
    /// The mail with the link that resets a password was sent.
    password_reset_link_sent => CustomerPasswordResetLinkSent;
    /// The customer has changed the password.
    password_reset => CustomerPasswordReset;
}

message! {
    /// Somebody on the staff gave a customer another address for mails, which is the message.
    email_assigned => CustomerEmailAssigned;
    /// Somebody on the staff gave a customer another name, which is the message.
    name_assigned => CustomerNameAssigned;
    /// Somebody on the staff added a note to a customer.
    note_added => CustomerNoteAdded;
}

/// The customer added a note to an order.
///
/// # Errors
/// [`FieldError`] when the message is empty, or the customer anonymous.
pub fn note_added_to_order(order: &OrderRef, customer: &Actor, message: &str) -> Made<CustomerNoteAddedToOrder> {
    let name = "saleor.customer.note_added_to_order";
    filled(name, "message", message)?;
    let event = CustomerNoteAddedToOrder::new(message).user_id(known(name, customer)?);
    Ok(Unsaved::new(event.order_id(order.id().clone())))
}

/// The customer, or somebody anonymous, downloaded a digital good.
///
/// # Errors
/// [`FieldError`] when it is not said which line of the order it was, or the quantity of the line is not above zero.
pub fn digital_link_downloaded(
    order: &OrderRef,
    actor: &Actor,
    order_line: OrderLineRef,
) -> Made<CustomerDigitalLinkDownloaded> {
    let name = "saleor.customer.digital_link_downloaded";
    match &order_line {
        OrderLineRef::Key(key) => identified(name, "order_line", key)?,
        OrderLineRef::Line(line) => {
            identified(name, "order_line.id", &line.id)?;
            if line.quantity.is_some_and(|quantity| quantity <= 0) {
                return Err(FieldError::new(name, "order_line.quantity", FieldProblem::NotPositive));
            }
        }
    }
    let mut event = CustomerDigitalLinkDownloaded::new(order_line).order_id(order.id().clone());
    event.user_id = actor.id().cloned();
    Ok(Unsaved::new(event))
}

/// Somebody on the staff deleted so many customers.
///
/// # Errors
/// [`FieldError`] when there were none, or the user is anonymous.
pub fn customer_deleted(staff: &Actor, count: i64) -> Made<CustomerCustomerDeleted> {
    let name = "saleor.customer.customer_deleted";
    if count <= 0 {
        return Err(FieldError::new(name, "count", FieldProblem::NotPositive));
    }
    Ok(Unsaved::new(CustomerCustomerDeleted::new(count).user_id(known(name, staff)?)))
}

fn known(event: &'static str, actor: &Actor) -> Result<Id, FieldError> {
    actor.id().cloned().ok_or_else(|| FieldError::new(event, "user_id", FieldProblem::Empty))
}
