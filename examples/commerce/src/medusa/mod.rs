//! The port over Medusa's admin API, as version 1 has it.
//!
//! | what | where it is |
//! |---|---|
//! | order | `GET /admin/orders/{id}` |
//! | swap | `GET /admin/swaps/{id}`, then its order: that one has the lines and the address |
//! | customer | `GET /admin/customers/{id}` |
//! | claim | nowhere by its id: claims are in their orders, and `claim.*` events do not name the order. The newest orders are searched for it |
//!
//! Reading order: this file, `http` (one request, and what each status means), `shape` (the JSON of the answers).

mod http;
mod shape;

use std::time::Duration;

use async_trait::async_trait;

use crate::{Claim, Commerce, CommerceError, CommerceErrorKind, Customer, Order, Swap, medusa::http::AdminApi};

/// How long one request may take: less than an attempt's 30 s, so that the handler sees the error.
pub const TIMEOUT: Duration = Duration::from_secs(10);
/// How many of the newest orders are searched for a claim.
pub const CLAIM_SEARCH: usize = 500;
/// Orders in one page of that search.
const PAGE: usize = 50;

/// Looks up through Medusa's admin API. Cloning shares the connections.
#[derive(Debug, Clone)]
pub struct MedusaAdmin {
    api: AdminApi,
    claim_search: usize,
}

impl MedusaAdmin {
    /// A client of the Medusa at this address (`http://localhost:9000`), as the user whose API token this is.
    ///
    /// # Errors
    /// When the address is none, or is `https` and the crate was built without its feature `tls`.
    pub fn new(url: &str, api_token: &str) -> Result<Self, CommerceError> {
        Ok(Self { api: AdminApi::new(url, api_token, TIMEOUT)?, claim_search: CLAIM_SEARCH })
    }

    /// How long one request may take; [`TIMEOUT`] by default.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.api = self.api.timeout(timeout);
        self
    }

    /// How many of the newest orders are searched for a claim; [`CLAIM_SEARCH`] by default. A backend with a route of
    /// its own that finds a claim by its id should be asked there instead.
    #[must_use]
    pub fn claim_search(mut self, orders: usize) -> Self {
        self.claim_search = orders;
        self
    }

    /// The id of the order that has the claim.
    async fn order_of_claim(&self, claim: &str) -> Result<String, CommerceError> {
        http::check_id("claim", claim)?;
        for offset in (0..self.claim_search).step_by(PAGE) {
            let limit = PAGE.min(self.claim_search - offset);
            let path = format!("/admin/orders?fields=id&expand=claims&limit={limit}&offset={offset}");
            let page: shape::OrderPage = self.api.get("orders", path).await?;
            let full = page.orders.len() == limit;
            if let Some(order) = page.orders.into_iter().find(|order| order.has_claim(claim)) {
                return Ok(order.id);
            }
            if !full {
                return Err(CommerceError::not_found("claim", claim));
            }
        }
        let searched = self.claim_search;
        let message = format!(
            "claim {claim:?} is in none of the newest {searched} orders; search more of them with `claim_search`"
        );
        Err(CommerceError::new(CommerceErrorKind::NotFound, message))
    }
}

#[async_trait]
impl Commerce for MedusaAdmin {
    async fn order(&self, id: &str) -> Result<Order, CommerceError> {
        let found: shape::OrderAnswer = self.api.get_one("order", "orders", id).await?;
        Ok(found.order.into())
    }

    async fn swap(&self, id: &str) -> Result<Swap, CommerceError> {
        let found: shape::SwapAnswer = self.api.get_one("swap", "swaps", id).await?;
        let order = self.order(&found.swap.order_id).await?;
        Ok(found.swap.with(order))
    }

    async fn claim(&self, id: &str) -> Result<Claim, CommerceError> {
        let order = self.order_of_claim(id).await?;
        let found: shape::OrderAnswer = self.api.get_one("order", "orders", &order).await?;
        found.order.claim(id).ok_or_else(|| CommerceError::not_found("claim", id))
    }

    async fn customer(&self, id: &str) -> Result<Customer, CommerceError> {
        let found: shape::CustomerAnswer = self.api.get_one("customer", "customers", id).await?;
        Ok(found.customer.into())
    }
}
