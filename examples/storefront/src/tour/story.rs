//! The story of the tour: three orders, and the shop behind them.
//!
//! Every tour has orders of its own. Grace's mail server is busy when her receipt comes; nobody lives at the address of
//! the second order; the third was taken on the telephone, and wants no mail.

use commerce::{Fulfillment, Line, LineQuantity, Order, Swap, Tracking};
use stheno::{
    Outgoing,
    medusa::{
        OrderCanceled, OrderCompleted, OrderFulfillmentCreated, OrderPaymentCaptured, OrderPlaced,
        OrderShipmentCreated, SwapCreated, SwapReceived, SwapRefundProcessed,
    },
};

/// Who has ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    /// Whose mail server is busy once.
    Grace,
    /// Whose mail server has no such mailbox.
    Nobody,
    /// Who ordered on the telephone.
    Alan,
}

impl Who {
    const ALL: [Who; 3] = [Who::Grace, Who::Nobody, Who::Alan];

    fn name(self) -> &'static str {
        match self {
            Who::Grace => "grace",
            Who::Nobody => "nobody",
            Who::Alan => "alan",
        }
    }

    fn email(self) -> &'static str {
        match self {
            Who::Grace => "grace@busy.example",
            Who::Nobody => "nobody@refused.example",
            Who::Alan => "alan@example.com",
        }
    }
}

/// The events of one tour's story, in order.
pub(crate) fn events(tour: u64) -> Vec<Outgoing> {
    let order = |who: Who| format!("order_tour{tour}_{}", who.name());
    let (grace, nobody, alan) = (order(Who::Grace), order(Who::Nobody), order(Who::Alan));
    let (swap, parcel) = (format!("swap_tour{tour}_grace"), format!("ful_tour{tour}_grace"));
    let events: Vec<Outgoing> = vec![
        OrderPlaced::new(&*grace).into(),
        OrderPlaced::new(&*nobody).into(),
        OrderPlaced::new(&*alan).no_notification(true).into(),
        OrderPaymentCaptured::new(&*grace).into(),
        OrderCanceled::new(&*nobody).into(),
        OrderFulfillmentCreated::new(&*grace, &*parcel).into(),
        OrderShipmentCreated::new(&*grace, &*parcel).into(),
        SwapCreated::new(&*swap).into(),
        SwapReceived::new(&*swap, &*grace).into(),
        SwapRefundProcessed::new(&*swap).into(),
        OrderCompleted::new(&*grace).into(),
    ];
    let numbered = events.into_iter().enumerate();
    numbered.map(|(number, event)| event.id(&format!("tour{tour}/story/{:02}", number + 1))).collect()
}

/// The order of this id, if it is one of a story.
pub(crate) fn order(id: &str) -> Option<Order> {
    let (tour, who) = id.strip_prefix("order_tour")?.split_once('_')?;
    let tour: u64 = tour.parse().ok()?;
    let who = Who::ALL.into_iter().find(|one| one.name() == who)?;
    let number = 1000 + 10 * tour + if who == Who::Grace { 1 } else { 2 };
    let line = |article: &str| format!("item_tour{tour}_{}_{article}", who.name());
    let order = Order::new(id, number, who.email(), "eur");
    Some(match who {
        Who::Grace => order
            .line(Line::new(line("hoodie"), "Medusa Hoodie", "variant_hoodie_m", 1, 5900).variant("M / Black"))
            .line(Line::new(line("mug"), "Medusa Mug", "variant_mug", 2, 1200))
            .shipping(500)
            .tax(1672)
            .fulfillment(Fulfillment {
                id: format!("ful_tour{tour}_grace"),
                lines: vec![LineQuantity::new(line("hoodie"), 1), LineQuantity::new(line("mug"), 2)],
                tracking: vec![Tracking {
                    number: format!("JD{:014}", 4_600_000 + tour),
                    url: Some("https://carrier.example/track".into()),
                }],
            }),
        Who::Nobody => order.line(Line::new(line("tee"), "Medusa Tee", "variant_tee_l", 3, 1950)).shipping(500),
        Who::Alan => order.line(Line::new(line("cap"), "Medusa Cap", "variant_cap", 1, 1500)),
    })
}

/// The swap of this id, if it is one of a story: Grace gives a mug back and gets a smaller one.
pub(crate) fn swap(id: &str) -> Option<Swap> {
    let tour = id.strip_prefix("swap_tour")?.strip_suffix("_grace")?;
    let order = order(&format!("order_tour{tour}_grace"))?;
    Some(Swap {
        id: id.to_owned(),
        order,
        new_lines: vec![Line::new(format!("item_tour{tour}_grace_cup"), "Medusa Cup", "variant_cup", 1, 900)],
        received: vec![LineQuantity::new(format!("item_tour{tour}_grace_mug"), 1)],
        difference_due: Some(-300),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tour_has_orders_of_its_own() {
        let first = order("order_tour1_grace").unwrap();
        let second = order("order_tour2_grace").unwrap();
        assert_eq!((first.number, second.number), (1011, 1021));
        assert_eq!(first.totals.total, 5900 + 2 * 1200 + 500 + 1672);
        assert!(order("order_tour1_mallory").is_none() && order("order_1").is_none());
        assert_eq!(swap("swap_tour2_grace").unwrap().order.id, "order_tour2_grace");
    }
}
