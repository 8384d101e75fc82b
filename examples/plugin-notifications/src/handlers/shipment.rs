//! How to follow a parcel.

use commerce::{Commerce, CommerceError};
use stheno::{medusa::OrderShipmentCreated, prelude::*};

use crate::{
    config::Shop,
    failure::{NotifyError, classify},
    handlers::SILENCED,
    letters,
    mail::Mailer,
};

/// Tells the customer that a parcel is on its way.
#[subscriber("order.shipment_created", id = "notifications.shipment", classify = classify)]
async fn announce_shipment(
    shipped: OrderShipmentCreated,
    orders: Res<dyn Commerce>,
    shop: Res<Shop>,
    mailer: Res<Mailer>,
    cx: Cx,
) -> Result<(), NotifyError> {
    if shipped.is_silenced() {
        return cx.skip(SILENCED);
    }
    let order = orders.order(&shipped.id).await?;
    let parcel = order.fulfillments.iter().find(|packed| packed.id == shipped.fulfillment_id);
    let parcel = parcel.ok_or_else(|| CommerceError::not_found("fulfillment", &shipped.fulfillment_id))?;
    mailer.send(letters::shipment(&shop, &order, parcel), &cx.idempotency_key()).await?;
    Ok(())
}
