//! What notifications and webhooks are about, as Saleor 3.x writes it.
//!
//! The field trees are those of the 21 example payloads of Saleor's documentation. What may be null, absent or of another type is
//! read off the serializers of Saleor 3.0 to 3.24. Money is an exact decimal in a string,
//! but where Saleor sums from a whole zero: then it is the number 0. Lines do not add up to the subtotal in any example, so
//! nobody should check sums. Whatever else came is in `extra` and is written back; a whole number in it that is longer than
//! 64 bits becomes the nearest `f64`.
//!
//! Source: "Webhook Payloads" of the documentation of Saleor 3.x.
//!
//! Reading order: [`Order`] with its [`OrderLine`]s, [`Product`], [`Variant`], [`Address`] and [`Discount`]; then what stands
//! beside an order ([`Fulfillment`], [`FulfillmentLine`], [`Payment`], [`Invoice`]); [`User`]; what has a payload of its own
//! ([`Checkout`], [`Transaction`]); [`Meta`].

mod address;
mod checkout;
mod discount;
mod fulfillment;
mod invoice;
mod line;
mod meta;
mod order;
mod payment;
mod product;
mod transaction;
mod user;

pub use self::{
    address::Address,
    checkout::{Checkout, CheckoutLine, CheckoutUser, ShippingMethod},
    discount::Discount,
    fulfillment::{Fulfillment, FulfillmentLine},
    invoice::Invoice,
    line::OrderLine,
    meta::{IssuingPrincipal, Meta},
    order::Order,
    payment::Payment,
    product::{Assigned, Assignment, Attribute, AttributeValue, Image, Product, Variant},
    transaction::{RequestedAction, Transaction},
    user::User,
};
