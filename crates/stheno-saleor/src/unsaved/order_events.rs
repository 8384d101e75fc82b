//! Making order events: a function for each, which checks and fills the required fields and touches nothing.
//!
//! An anonymous author is written as `"user_id": null`. An event happened when it is stored, unless
//! [`Unsaved::at`] says when.

use stheno::Decimal;

use crate::{
    CustomerPlacedOrder, DraftLine, EmailType, Id, OrderCanceled, OrderCaptured, OrderDraftAddedProducts,
    OrderDraftCreated, OrderDraftPlaced, OrderDraftRemovedProducts, OrderEmailSent, OrderFulfilledItems,
    OrderFulfillmentCanceled, OrderMarkedAsPaid, OrderNoteAdded, OrderOther, OrderOversoldItems, OrderPaid,
    OrderPaymentFailed, OrderPlaced, OrderRefunded, OrderRestockedItems, OrderUpdated, OrderVoided,
    unsaved::{Actor, FieldError, FieldProblem, OrderRef, Unsaved},
};

/// What a function gives that has something to check.
type Made<E> = Result<Unsaved<E>, FieldError>;

/// Functions for events without parameters.
macro_rules! plain {
    ($( $(#[$doc:meta])+ $name:ident => $event:ident; )+) => {$(
        $(#[$doc])+
        pub fn $name(order: &OrderRef, actor: &Actor) -> Unsaved<$event> {
            Unsaved::new(by($event::new(order.id().clone()), actor, |event| &mut event.user_id))
        }
    )+};
}

/// Functions for events of a payment: how much, which payment, through which gateway.
macro_rules! of_payment {
    ($( $(#[$doc:meta])+ $name:ident => $event:ident, $make:expr; )+) => {$(
        $(#[$doc])+
        ///
        /// # Errors
        /// [`FieldError`] when the amount is below zero, or the payment or its gateway is empty.
        pub fn $name(
            order: &OrderRef,
            actor: &Actor,
            amount: Decimal,
            payment_id: &str,
            payment_gateway: &str,
        ) -> Made<$event> {
            let name = <$event as stheno::Event>::PATTERN;
            if amount.is_negative() {
                return Err(FieldError::new(name, "amount", FieldProblem::Negative));
            }
            filled(name, "payment_id", payment_id)?;
            filled(name, "payment_gateway", payment_gateway)?;
            let event: $event = ($make)(order.id().clone(), amount, payment_id, payment_gateway);
            Ok(Unsaved::new(by(event, actor, |event| &mut event.user_id)))
        }
    )+};
}

/// Functions for events of lines of a draft.
macro_rules! of_lines {
    ($( $(#[$doc:meta])+ $name:ident => $event:ident; )+) => {$(
        $(#[$doc])+
        ///
        /// # Errors
        /// [`FieldError`] when there is no line, or one has no quantity, no primary key or no name.
        pub fn $name(order: &OrderRef, actor: &Actor, lines: Vec<DraftLine>) -> Made<$event> {
            check_lines(<$event as stheno::Event>::PATTERN, &lines)?;
            Ok(Unsaved::new(by($event::new(order.id().clone(), lines), actor, |event| &mut event.user_id)))
        }
    )+};
}

plain! {
    /// A draft order was created by somebody on the staff.
    draft_created => OrderDraftCreated;
    /// An order was made of a draft by somebody on the staff.
    draft_placed => OrderDraftPlaced;
    /// The order was cancelled.
    canceled => OrderCanceled;
    /// Somebody on the staff marked the order as paid.
    marked_as_paid => OrderMarkedAsPaid;
    /// For events of earlier versions.
    other => OrderOther;
    /// The order was updated; of the documentation of 2019.
    updated => OrderUpdated;
}

of_payment! {
    /// The order was fully paid by the customer.
    order_paid => OrderPaid, |order, amount, payment: &str, gateway: &str| OrderPaid {
        amount: Some(amount),
        payment_id: Some(payment.into()),
        payment_gateway: Some(gateway.to_owned()),
        ..OrderPaid::new(order)
    };
    /// The payment was captured.
    captured => OrderCaptured, OrderCaptured::new;
    /// The payment was refunded.
    refunded => OrderRefunded, OrderRefunded::new;
}

of_lines! {
    /// Products were added to a draft order.
    draft_added_products => OrderDraftAddedProducts;
    /// Products were removed from a draft order.
    draft_removed_products => OrderDraftRemovedProducts;
}

/// An order was placed by a customer. With a customer who is known it is two events: the customer's
/// `saleor.customer.placed_order` is saved with it or not at all. An anonymous customer has none.
pub fn placed(order: &OrderRef, customer: &Actor) -> Unsaved<OrderPlaced> {
    let placed = Unsaved::new(by(OrderPlaced::new(order.id().clone()), customer, |event| &mut event.user_id));
    match customer.id() {
        Some(user) => placed.with(CustomerPlacedOrder::new().user_id(user.clone()).order_id(order.id().clone())),
        None => placed,
    }
}

/// An order was made of a draft, and some items were oversold.
///
/// # Errors
/// [`FieldError`] when no item is named.
pub fn oversold_items(order: &OrderRef, actor: &Actor, oversold_items: Vec<String>) -> Made<OrderOversoldItems> {
    let name = "saleor.order.oversold_items";
    if oversold_items.is_empty() {
        return Err(FieldError::new(name, "oversold_items", FieldProblem::Empty));
    }
    for (index, item) in oversold_items.iter().enumerate() {
        filled(name, &format!("oversold_items[{index}]"), item)?;
    }
    let event = OrderOversoldItems::new(order.id().clone(), oversold_items);
    Ok(Unsaved::new(by(event, actor, |event| &mut event.user_id)))
}

/// A mail was sent to the customer.
///
/// # Errors
/// [`FieldError`] when the address is empty, or the type of the mail is an empty text.
pub fn email_sent(order: &OrderRef, actor: &Actor, email: &str, email_type: EmailType) -> Made<OrderEmailSent> {
    let name = "saleor.order.email_sent";
    filled(name, "email", email)?;
    filled(name, "email_type", email_type.as_str())?;
    let event = OrderEmailSent::new(order.id().clone(), email_type).email(email);
    Ok(Unsaved::new(by(event, actor, |event| &mut event.user_id)))
}

/// The payment was voided. Saleor's program never says how much.
///
/// # Errors
/// [`FieldError`] when the payment or its gateway is empty.
pub fn voided(order: &OrderRef, actor: &Actor, payment_id: &str, payment_gateway: &str) -> Made<OrderVoided> {
    let name = "saleor.order.voided";
    filled(name, "payment_id", payment_id)?;
    filled(name, "payment_gateway", payment_gateway)?;
    let event = OrderVoided::new(order.id().clone(), payment_id, payment_gateway);
    Ok(Unsaved::new(by(event, actor, |event| &mut event.user_id)))
}

/// The payment failed: which one, and through which gateway, if there was one.
///
/// # Errors
/// [`FieldError`] when the message is empty, or the id or the gateway of a payment is.
pub fn payment_failed(
    order: &OrderRef,
    actor: &Actor,
    message: &str,
    payment_id: Option<&str>,
    payment_gateway: Option<&str>,
) -> Made<OrderPaymentFailed> {
    let name = "saleor.order.payment_failed";
    filled(name, "message", message)?;
    for (field, given) in [("payment_id", payment_id), ("payment_gateway", payment_gateway)] {
        given.map_or(Ok(()), |given| filled(name, field, given))?;
    }
    let mut event = OrderPaymentFailed::new(order.id().clone(), message);
    event.payment_id = payment_id.map(Into::into);
    event.payment_gateway = payment_gateway.map(str::to_owned);
    Ok(Unsaved::new(by(event, actor, |event| &mut event.user_id)))
}

/// A fulfillment was canceled.
///
/// # Errors
/// [`FieldError`] when it is not said which.
pub fn fulfillment_canceled(
    order: &OrderRef,
    actor: &Actor,
    composed_id: impl Into<Id>,
) -> Made<OrderFulfillmentCanceled> {
    let composed_id = composed_id.into();
    identified("saleor.order.fulfillment_canceled", "composed_id", &composed_id)?;
    let event = OrderFulfillmentCanceled::new(order.id().clone()).composed_id(composed_id);
    Ok(Unsaved::new(by(event, actor, |event| &mut event.user_id)))
}

/// Items were put back into stock; of which warehouse, if it is known. Saleor's program says it, its documentation does
/// not.
///
/// # Errors
/// [`FieldError`] when there were none, or the warehouse is empty.
pub fn restocked_items(
    order: &OrderRef,
    actor: &Actor,
    quantity: i64,
    warehouse: Option<Id>,
) -> Made<OrderRestockedItems> {
    let name = "saleor.order.restocked_items";
    if quantity <= 0 {
        return Err(FieldError::new(name, "quantity", FieldProblem::NotPositive));
    }
    warehouse.iter().try_for_each(|warehouse| identified(name, "warehouse", warehouse))?;
    let mut event = OrderRestockedItems::new(order.id().clone(), quantity);
    event.warehouse = warehouse;
    Ok(Unsaved::new(by(event, actor, |event| &mut event.user_id)))
}

/// Lines of the order were fulfilled.
///
/// # Errors
/// [`FieldError`] when no line is named, or the name of one is empty.
pub fn fulfilled_items(order: &OrderRef, actor: &Actor, fulfilled_items: Vec<Id>) -> Made<OrderFulfilledItems> {
    let name = "saleor.order.fulfilled_items";
    if fulfilled_items.is_empty() {
        return Err(FieldError::new(name, "fulfilled_items", FieldProblem::Empty));
    }
    for (index, line) in fulfilled_items.iter().enumerate() {
        identified(name, &format!("fulfilled_items[{index}]"), line)?;
    }
    let event = OrderFulfilledItems::new(order.id().clone(), fulfilled_items);
    Ok(Unsaved::new(by(event, actor, |event| &mut event.user_id)))
}

/// Somebody on the staff added a note to the order.
///
/// # Errors
/// [`FieldError`] when the message is empty.
pub fn note_added(order: &OrderRef, actor: &Actor, message: &str) -> Made<OrderNoteAdded> {
    filled("saleor.order.note_added", "message", message)?;
    let event = OrderNoteAdded::new(order.id().clone(), message);
    Ok(Unsaved::new(by(event, actor, |event| &mut event.user_id)))
}

/// The event with who did it.
fn by<E>(mut event: E, actor: &Actor, user_id: impl FnOnce(&mut E) -> &mut Option<Id>) -> E {
    *user_id(&mut event) = actor.id().cloned();
    event
}

/// A text that has to say something.
pub(super) fn filled(event: &'static str, field: &str, text: &str) -> Result<(), FieldError> {
    match text.trim() {
        "" => Err(FieldError::new(event, field, FieldProblem::Empty)),
        _ => Ok(()),
    }
}

/// An id that has to identify something.
pub(super) fn identified(event: &'static str, field: &str, id: &Id) -> Result<(), FieldError> {
    match id.is_empty() {
        true => Err(FieldError::new(event, field, FieldProblem::Empty)),
        false => Ok(()),
    }
}

fn check_lines(event: &'static str, lines: &[DraftLine]) -> Result<(), FieldError> {
    if lines.is_empty() {
        return Err(FieldError::new(event, "lines", FieldProblem::Empty));
    }
    for (index, line) in lines.iter().enumerate() {
        if line.quantity <= 0 {
            return Err(FieldError::new(event, format!("lines[{index}].quantity"), FieldProblem::NotPositive));
        }
        identified(event, &format!("lines[{index}].line_pk"), &line.line_pk)?;
        filled(event, &format!("lines[{index}].item_name"), &line.item_name)?;
    }
    Ok(())
}
