//! Medusa's entities, as whole-entity payloads carry them.
//!
//! What a row has is typed; what is only there when it was loaded (a relation, a total) is an `Option`, and relations
//! that no event is about stay plain JSON. Money is a whole number in the smallest unit of its currency, a time is the
//! text Medusa sends (ISO 8601, UTC). Whatever else came is in `extra` and is written back.
//!
//! Source: the entities of Medusa 1.20, whose event payloads equal those of the 1.7 reference.
//!
//! Whole entities: [`Cart`], [`Customer`], [`Payment`], [`PaymentCollection`], [`Product`], [`Refund`]. Inside them:
//! [`Address`], [`LineItem`], [`PaymentSession`], [`ShippingMethod`], [`EventError`]. Where they should not be: [`Swap`].

mod address;
mod cart;
mod customer;
mod event_error;
mod line_item;
mod payment;
mod payment_collection;
mod payment_session;
mod product;
mod refund;
mod shipping_method;
mod swap;

pub use self::{
    address::Address,
    cart::{Cart, CartType},
    customer::Customer,
    event_error::{ErrorDetails, EventError},
    line_item::LineItem,
    payment::Payment,
    payment_collection::{PaymentCollection, PaymentCollectionStatus, PaymentCollectionType},
    payment_session::{PaymentSession, PaymentSessionStatus},
    product::{Product, ProductStatus},
    refund::{Refund, RefundReason},
    shipping_method::ShippingMethod,
    swap::Swap,
};
