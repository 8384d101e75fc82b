//! What becomes of an event of which Medusa sends one field otherwise, and why some are refused.

use stheno_testkit::guard::{Change, Refused, guard};

use crate::every_type::every_type;

/// Columns and code are those of Medusa 1.0 to 1.20.
#[rustfmt::skip]
const TABLE: [Refused; 24] = [
    of("*", "*", &[Change::Object], "a column is of one type, and no object ever stood where a text, a number or a flag does"),
    of("*", "*id", &[Change::Quoted], "every id is a text with a prefix, `order_01H…`: a number would be of another system"),
    of("*", "*id", Change::NOTHING, "it says what happened to what; the columns of those that are required are not null"),
    of("cart.customer_updated", "", &[Change::Quoted, Change::Null], "the id of the cart is the whole payload"),
    of("currency.updated", "code", Change::NOTHING, "the code is the id of a currency"),
    of("*.password_reset", "email", Change::NOTHING, "the column is not null: nobody without an address can ask for a password"),
    of("invite.created", "user_email", Change::NOTHING, "an invitation is for an address"),
    of("order-update-token.created", "old_email", Change::NOTHING, "the token was made because of it"),
    of("order-update-token.created", "orders", &[Change::Null, Change::Dropped, Change::Word], "the token is for them"),
    of("order-update-token.created", "orders[*]", &[Change::Null], "the token is for them"),
    of("*", "token", Change::NOTHING, "the event is there to carry the token"),
    of("order.payment_capture_failed", "error", Change::NOTHING, "something was thrown, if only `{}` is left of it; nothing would be an error that is lost"),
    of("*.updated", "fields", &[Change::Null, Change::Dropped, Change::Word], "the code takes the names of what is saved, an array"),
    of("*.updated", "fields[*]", &[Change::Null], "names of columns"),
    of("*", "*no_notification", &[Change::Word], "a flag of the database: true, false or null"),
    of("*", "*has_account", &[Change::Word], "a flag of the database"),
    of("cart.updated", "*.is_*", &[Change::Word], "a flag of the database"),
    of("cart.updated", "items[*].*", &[Change::Word, Change::Quoted], "flags, and whole numbers of 32 bits, which no driver writes as texts"),
    of("*", "*amount*", &[Change::Word, Change::Quoted], "a whole number of 32 bits, which no driver writes as a text"),
    of("cart.updated", "shipping_methods[*].price", &[Change::Word, Change::Quoted], "a whole number of 32 bits"),
    of("cart.updated", "shipping_address.postal_code", &[Change::Quoted], "a text, since it may begin with a zero"),
    of("cart.updated", "shipping_address", &[Change::Word], "a row of the database, or null"),
    of("cart.updated", "*s*", &[Change::Word, Change::Null], "rows of the database, in an array"),
    of("product-variant.deleted", "metadata", &[Change::Word], "an object in the database, or null"),
];

const fn of(events: &'static str, field: &'static str, changes: &'static [Change], why: &'static str) -> Refused {
    Refused { events, field, changes, why }
}

#[test]
fn whatever_is_read_comes_back_and_whatever_is_refused_is_for_a_reason() {
    guard(&every_type(), &TABLE);
}
