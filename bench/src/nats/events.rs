//! The events that are sent: 65 bytes as Medusa sends them, and 5 KB as a plugin of one's own might. What the raw loops
//! decode into has the same fields, derived by serde.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use stheno::prelude::*;

use crate::Fallible;

stheno::catalog!("bench"; OrderExported);

/// An order with everything in it, as an export to another system has it.
#[derive(Clone, PartialEq, Payload, Event)]
#[event(name = "bench.order_exported", key = "order:/id")]
pub struct OrderExported {
    /// ID of the order.
    #[field(example = "order_01H8X4Q2V5Z7")]
    pub id: String,
    /// The customer's address.
    #[field(example = "jane@example.com")]
    pub email: String,
    /// The currency of all amounts.
    #[field(example = "eur")]
    pub currency_code: String,
    /// What is to be paid, in cents.
    #[field(example = 123450)]
    pub total: i64,
    /// What was ordered.
    #[field(kind = "objects", example = exported(0).items)]
    pub items: Vec<Item>,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// ID of the line.
    pub id: String,
    /// What it says on the invoice.
    pub title: String,
    /// Options of the article.
    pub subtitle: Option<String>,
    /// A picture of it.
    pub thumbnail: Option<String>,
    /// The article.
    pub variant_sku: Option<String>,
    /// How many.
    pub quantity: i64,
    /// What one costs, in cents.
    pub unit_price: i64,
    /// Whether a discount may lower the price.
    pub is_discountable: Option<bool>,
    /// What the shop notes about it.
    pub note: Option<String>,
}

/// What the raw loops make of a small event.
#[derive(Debug, Serialize, Deserialize)]
pub struct Placed {
    /// ID of the order.
    pub id: String,
    /// Whether nobody should hear of it.
    pub no_notification: Option<bool>,
}

/// What the raw loops make of a large event.
#[derive(Debug, Serialize, Deserialize)]
pub struct Exported {
    /// ID of the order.
    pub id: String,
    /// The customer's address.
    pub email: String,
    /// The currency of all amounts.
    pub currency_code: String,
    /// What is to be paid, in cents.
    pub total: i64,
    /// What was ordered.
    pub items: Vec<Item>,
}

/// How large the events are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Size {
    /// 65 bytes: `order.placed`.
    Small,
    /// 5 KB: `bench.order_exported`.
    Large,
}

impl Size {
    /// The name of the event.
    pub fn event(self) -> &'static str {
        match self {
            Size::Small => "order.placed",
            Size::Large => "bench.order_exported",
        }
    }

    /// Makes the body of an event, as the raw loops do it.
    ///
    /// # Errors
    /// None in practice: these types can always be written.
    pub fn body(self, number: u64) -> serde_json::Result<Vec<u8>> {
        match self {
            Size::Small => serde_json::to_vec(&Placed { id: id(number), no_notification: Some(false) }),
            Size::Large => serde_json::to_vec(&exported(number)),
        }
    }

    /// Decodes the body of an event, as the raw loops do it, and gives its id.
    ///
    /// # Errors
    /// When it is none of these events.
    pub fn decode(self, body: &[u8]) -> serde_json::Result<String> {
        match self {
            Size::Small => {
                let placed: Placed = serde_json::from_slice(body)?;
                std::hint::black_box(placed.no_notification);
                Ok(placed.id)
            }
            Size::Large => {
                let exported: Exported = serde_json::from_slice(body)?;
                std::hint::black_box((&exported.email, exported.total, &exported.items));
                Ok(exported.id)
            }
        }
    }
}

/// The id of an order, which ends with its number.
pub fn id(number: u64) -> String {
    format!("order_01H{number:023}")
}

/// A large event.
pub fn exported(number: u64) -> Exported {
    let item = |line: i64| Item {
        id: format!("ordli_01H{line:023}"),
        title: format!("Medusa T-Shirt number {line}"),
        subtitle: Some("L / Black".to_owned()),
        thumbnail: Some(format!("https://cdn.example/image/{line}/tee-black-front.png")),
        variant_sku: Some(format!("SHIRT-L-BLACK-{line}")),
        quantity: line + 1,
        unit_price: 1000 + line,
        is_discountable: Some(true),
        note: Some("wrapped as a gift, without a card".to_owned()),
    };
    Exported {
        id: id(number),
        email: "jane.doe@example.com".to_owned(),
        currency_code: "eur".to_owned(),
        total: 123_450,
        items: (0..17).map(item).collect(),
    }
}

impl From<Exported> for OrderExported {
    fn from(exported: Exported) -> Self {
        Self::new(exported.id, exported.email, exported.currency_code, exported.total, exported.items)
    }
}

/// Notes which orders came: as many as there are, and every one of them.
#[derive(Debug, Default)]
pub struct Ledger {
    count: AtomicU64,
    sum: AtomicU64,
    squares: AtomicU64,
}

impl Ledger {
    /// Notes one order by its id; says how many there were before. One whose id has no number spoils the sum.
    pub fn note(&self, id: &str) -> u64 {
        let number: u64 = id.get(9..).and_then(|digits| digits.parse().ok()).unwrap_or(u64::MAX / 3);
        self.sum.fetch_add(number, Ordering::Relaxed);
        self.squares.fetch_add(number.wrapping_mul(number), Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    /// Adds what another ledger noted.
    pub fn add(&self, other: &Ledger) {
        for (mine, others) in [(&self.count, &other.count), (&self.sum, &other.sum), (&self.squares, &other.squares)] {
            mine.fetch_add(others.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    /// How many came so far.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Whether the first so many orders came, each as often as said.
    ///
    /// # Errors
    /// When not.
    pub fn check(&self, orders: u64, times: u64) -> Fallible<()> {
        let sums = (0..orders).fold((0_u64, 0_u64), |(sum, squares), number| {
            (sum.wrapping_add(number), squares.wrapping_add(number.wrapping_mul(number)))
        });
        let seen = (self.count(), self.sum.load(Ordering::Relaxed), self.squares.load(Ordering::Relaxed));
        let expected = (orders * times, sums.0.wrapping_mul(times), sums.1.wrapping_mul(times));
        match seen == expected {
            true => Ok(()),
            false => Err(format!("{orders} events were to come {times} times; seen {seen:?}, not {expected:?}").into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sizes_are_what_they_are_called() {
        assert_eq!(Size::Small.body(7).unwrap().len(), 65);
        let large = Size::Large.body(7).unwrap();
        assert!((5_000..5_300).contains(&large.len()), "{}", large.len());
        assert_eq!(Size::Large.decode(&large).unwrap(), id(7));
        let ours: OrderExported = exported(7).into();
        assert_eq!(serde_json::to_vec(&ours).unwrap(), large);
    }

    #[test]
    fn a_ledger_knows_one_that_came_twice_for_one_that_did_not_come() {
        let ledger = Ledger::default();
        for number in [0, 1, 2, 3] {
            ledger.note(&id(number));
        }
        assert!(ledger.check(4, 1).is_ok());
        assert!(ledger.check(5, 1).is_err());
        let ledger = Ledger::default();
        for number in [0, 2, 2, 2] {
            ledger.note(&id(number));
        }
        assert!(ledger.check(4, 1).is_err());
    }
}
