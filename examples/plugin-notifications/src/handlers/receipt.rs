//! The receipt of a new order.

use commerce::Commerce;
use stheno::{medusa::OrderPlaced, prelude::*};

use crate::{
    config::Shop,
    failure::{NotifyError, classify},
    handlers::SILENCED,
    letters,
    mail::Mailer,
};

/// Sends the receipt of a new order.
#[subscriber("order.placed", id = "notifications.receipt", classify = classify)]
async fn send_receipt(
    placed: OrderPlaced,
    orders: Res<dyn Commerce>,
    shop: Res<Shop>,
    mailer: Res<Mailer>,
    cx: Cx,
) -> Result<(), NotifyError> {
    if placed.is_silenced() {
        return cx.skip(SILENCED);
    }
    let order = orders.order(&placed.id).await?;
    mailer.send(letters::receipt(&shop, &order), &cx.idempotency_key()).await?;
    Ok(())
}
