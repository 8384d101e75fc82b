//! From an event to what it changes.

use commerce::{Commerce, CommerceError, Line, LineQuantity, Order};
use stheno::{
    EventSum,
    medusa::{OrderCanceled, OrderItemsReturned, OrderPlaced, SwapCreated, SwapReceived},
};

/// What changes how much of an article is promised to customers.
#[derive(EventSum)]
pub enum StockEvent {
    /// An order reserves its lines.
    Placed(OrderPlaced),
    /// It releases what is left of them.
    Canceled(OrderCanceled),
    /// Things came back.
    ItemsReturned(OrderItemsReturned),
    /// A swap reserves what the customer gets.
    SwapCreated(SwapCreated),
    /// The things came that it gives back.
    SwapReceived(SwapReceived),
}

/// What one event changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Units of lines are reserved, or released if they are negative.
    Units(Vec<Units>),
    /// Everything of an order that is still reserved is released.
    ReleaseOrder {
        /// The order.
        order: String,
    },
}

/// Units of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Units {
    /// The order it belongs to.
    pub order: String,
    /// The line.
    pub line: String,
    /// The article; `None` when only an earlier event can say.
    pub variant: Option<String>,
    /// How many; negative when they are released.
    pub units: i64,
}

impl Change {
    /// What an event changes, looked up in the shop.
    ///
    /// # Errors
    /// When the shop cannot say.
    pub async fn of(event: &StockEvent, shop: &dyn Commerce) -> Result<Self, CommerceError> {
        Ok(match event {
            StockEvent::Placed(placed) => {
                let order = shop.order(&placed.id).await?;
                Change::Units(reserved(&order.id, &order.lines))
            }
            StockEvent::Canceled(canceled) => Change::ReleaseOrder { order: canceled.id.clone() },
            StockEvent::ItemsReturned(returned) => {
                let order = shop.order(&returned.id).await?;
                let found = order.returns.iter().find(|one| one.id == returned.return_id);
                let found = found.ok_or_else(|| CommerceError::not_found("return", &returned.return_id))?;
                Change::Units(released(&order, &found.received))
            }
            StockEvent::SwapCreated(created) => {
                let swap = shop.swap(&created.id).await?;
                Change::Units(reserved(&swap.order.id, &swap.new_lines))
            }
            StockEvent::SwapReceived(received) => {
                let swap = shop.swap(&received.id).await?;
                Change::Units(released(&swap.order, &swap.received))
            }
        })
    }

    /// Whether it changes nothing, whatever happened before.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Change::Units(units) if units.is_empty())
    }
}

/// Lines without a variant, written by hand, are not in stock.
fn reserved(order: &str, lines: &[Line]) -> Vec<Units> {
    let in_stock = lines.iter().filter(|line| line.variant_id.is_some() && line.quantity > 0);
    let units = in_stock.map(|line| Units {
        order: order.to_owned(),
        line: line.id.clone(),
        variant: line.variant_id.clone(),
        units: i64::from(line.quantity),
    });
    units.collect()
}

fn released(order: &Order, received: &[LineQuantity]) -> Vec<Units> {
    let by_hand = |line: &str| order.find_line(line).is_some_and(|line| line.variant_id.is_none());
    let in_stock = received.iter().filter(|back| back.quantity > 0 && !by_hand(&back.line_id));
    let units = in_stock.map(|back| Units {
        order: order.id.clone(),
        line: back.line_id.clone(),
        // A line of an earlier swap is not among those of the order.
        variant: order.find_line(&back.line_id).and_then(|line| line.variant_id.clone()),
        units: -i64::from(back.quantity),
    });
    units.collect()
}
