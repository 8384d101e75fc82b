//! What was refunded for a swap or a claim: two events, one handler.

use commerce::Commerce;
use stheno::{
    medusa::{ClaimRefundProcessed, SwapRefundProcessed},
    prelude::*,
};

use crate::{
    config::Shop,
    failure::{NotifyError, classify},
    handlers::SILENCED,
    letters,
    mail::Mailer,
};

/// A refund that went through.
#[derive(EventSum)]
enum Refunded {
    Swap(SwapRefundProcessed),
    Claim(ClaimRefundProcessed),
}

impl Refunded {
    fn is_silenced(&self) -> bool {
        match self {
            Refunded::Swap(swap) => swap.is_silenced(),
            Refunded::Claim(claim) => claim.is_silenced(),
        }
    }
}

/// Tells the customer what was refunded.
#[subscriber("swap.refund_processed", "claim.refund_processed", id = "notifications.refund", classify = classify)]
async fn announce_refund(
    refunded: Refunded,
    orders: Res<dyn Commerce>,
    shop: Res<Shop>,
    mailer: Res<Mailer>,
    cx: Cx,
) -> Result<(), NotifyError> {
    if refunded.is_silenced() {
        return cx.skip(SILENCED);
    }
    let (order, amount, reason) = match refunded {
        Refunded::Swap(swap) => {
            let swap = orders.swap(&swap.id).await?;
            // A positive difference is what the customer owes.
            (swap.order, swap.difference_due.map_or(0, |due| due.min(0).saturating_neg()), "swap")
        }
        Refunded::Claim(claim) => {
            let claim = orders.claim(&claim.id).await?;
            (claim.order, claim.refund.unwrap_or(0), "claim")
        }
    };
    // Medusa sends `swap.refund_processed` also when there was no difference.
    if amount <= 0 {
        return cx.skip("nothing was refunded");
    }
    mailer.send(letters::refund(&shop, &order, amount, reason), &cx.idempotency_key()).await?;
    Ok(())
}
