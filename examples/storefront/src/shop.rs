//! Where the plugins look things up: a real Medusa if there is one, else a shop that is made up.

use std::sync::Arc;

use commerce::{Claim, Commerce, CommerceError, Customer, FixtureCommerce, MedusaAdmin, Order, Swap};
use stheno::async_trait;

use crate::tour::story;

/// The Medusa at `MEDUSA_URL`, as the user whose API token is in `MEDUSA_TOKEN`; without them the shop of the tour.
pub(crate) fn from_env() -> stheno::Result<Arc<dyn Commerce>> {
    let Some(url) = stheno::variable("MEDUSA_URL")? else { return Ok(made_up()) };
    let token = stheno::variable("MEDUSA_TOKEN")?.ok_or_else(|| {
        stheno::Error::new("MEDUSA_URL is set and MEDUSA_TOKEN is not; set it to the API token of a user")
    })?;
    Ok(Arc::new(MedusaAdmin::new(&url, &token).map_err(stheno::Error::new)?))
}

/// The shop of the tour: whatever the example payloads and the story name.
pub(crate) fn made_up() -> Arc<dyn Commerce> {
    Arc::new(MadeUp(FixtureCommerce::example()))
}

/// A shop that knows the story of every tour, so that a dead letter of an earlier one can be redriven.
struct MadeUp(FixtureCommerce);

#[async_trait]
impl Commerce for MadeUp {
    async fn order(&self, id: &str) -> Result<Order, CommerceError> {
        match story::order(id) {
            Some(order) => Ok(order),
            None => self.0.order(id).await,
        }
    }

    async fn swap(&self, id: &str) -> Result<Swap, CommerceError> {
        match story::swap(id) {
            Some(swap) => Ok(swap),
            None => self.0.swap(id).await,
        }
    }

    async fn claim(&self, id: &str) -> Result<Claim, CommerceError> {
        self.0.claim(id).await
    }

    async fn customer(&self, id: &str) -> Result<Customer, CommerceError> {
        self.0.customer(id).await
    }
}
