//! The lookup port of the examples: what an order, swap, claim or customer behind an event is.
//!
//! Medusa's events are thin: `order.placed` is an id and a flag. A handler that writes a receipt looks the rest up,
//! through this port: `shop: Res<dyn Commerce>`. The host provides one of two implementations, and the plugins cannot
//! tell which:
//!
//! ```
//! use std::sync::Arc;
//! use commerce::{Commerce, FixtureCommerce, MedusaAdmin};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let made_up: Arc<dyn Commerce> = Arc::new(FixtureCommerce::example());
//! let real: Arc<dyn Commerce> = Arc::new(MedusaAdmin::new("http://localhost:9000", "api-token-of-a-user")?);
//! // app.provide_shared::<dyn Commerce>(real)
//! # let _ = (made_up, real);
//! # Ok(())
//! # }
//! ```
//!
//! A lookup sees the shop as it is now, which may be later than the event: a receipt that is sent again after a year
//! shows the order of today. What must be as it was then belongs into the event.
//!
//! Reading order: [`model`] (what is looked up), [`error`] (why a lookup failed, and whether to try again),
//! [`fixture`] (a shop in memory), [`medusa`] (Medusa's admin API).

pub mod error;
pub mod fixture;
pub mod medusa;
pub mod model;

use async_trait::async_trait;

pub use crate::{
    error::{CommerceError, CommerceErrorKind},
    fixture::FixtureCommerce,
    medusa::MedusaAdmin,
    model::{Claim, Customer, Fulfillment, Line, LineQuantity, Order, Personal, Return, Swap, Totals, Tracking},
};

/// Looks up what an event is about. Object safe: share it as `Arc<dyn Commerce>`.
#[async_trait]
pub trait Commerce: Send + Sync + 'static {
    /// An order, with its lines, totals, fulfillments and returns.
    ///
    /// # Errors
    /// [`CommerceError`]; its kind says whether another attempt can help.
    async fn order(&self, id: &str) -> Result<Order, CommerceError>;

    /// A swap, with the order it belongs to.
    ///
    /// # Errors
    /// [`CommerceError`]; its kind says whether another attempt can help.
    async fn swap(&self, id: &str) -> Result<Swap, CommerceError>;

    /// A claim, with the order it belongs to.
    ///
    /// # Errors
    /// [`CommerceError`]; its kind says whether another attempt can help.
    async fn claim(&self, id: &str) -> Result<Claim, CommerceError>;

    /// A customer.
    ///
    /// # Errors
    /// [`CommerceError`]; its kind says whether another attempt can help.
    async fn customer(&self, id: &str) -> Result<Customer, CommerceError>;
}
