//! What is looked up: orders, swaps, claims, customers, as far as the examples need them.
//!
//! Amounts are whole numbers of the smallest unit of the order's currency: 1250 is 12.50 EUR, and 1250 JPY.

use std::fmt;

/// A text about a person: it is passed on, and never shows in `Debug`. There is no `Display`.
///
/// ```
/// # use commerce::Personal;
/// let email = Personal::from("ada@example.com");
/// assert_eq!(format!("{email:?}"), "[personal]");
/// assert_eq!(email.expose(), "ada@example.com");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Personal(String);

impl Personal {
    /// The text, on purpose.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[personal]")
    }
}

impl<T: Into<String>> From<T> for Personal {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Its id: `order_01H…`.
    pub id: String,
    /// The number that the customer knows it by.
    pub number: u64,
    /// Where its mails go.
    pub email: Personal,
    /// ISO 4217, in lower case as Medusa writes it: `eur`.
    pub currency: String,
    /// What was bought.
    pub lines: Vec<Line>,
    /// What it costs.
    pub totals: Totals,
    /// What was packed.
    pub fulfillments: Vec<Fulfillment>,
    /// What came back, or is to come back.
    pub returns: Vec<Return>,
}

impl Order {
    /// An order of nothing yet.
    pub fn new(id: impl Into<String>, number: u64, email: impl Into<Personal>, currency: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            number,
            email: email.into(),
            currency: currency.into(),
            lines: Vec::new(),
            totals: Totals::default(),
            fulfillments: Vec::new(),
            returns: Vec::new(),
        }
    }

    /// Adds a line, and its price to the totals.
    #[must_use]
    pub fn line(mut self, line: Line) -> Self {
        self.totals.subtotal += line.total();
        self.totals.total += line.total();
        self.lines.push(line);
        self
    }

    /// Adds what shipping costs.
    #[must_use]
    pub fn shipping(mut self, amount: i64) -> Self {
        self.totals.shipping += amount;
        self.totals.total += amount;
        self
    }

    /// Adds tax.
    #[must_use]
    pub fn tax(mut self, amount: i64) -> Self {
        self.totals.tax += amount;
        self.totals.total += amount;
        self
    }

    /// Adds a fulfillment.
    #[must_use]
    pub fn fulfillment(mut self, fulfillment: Fulfillment) -> Self {
        self.fulfillments.push(fulfillment);
        self
    }

    /// Adds a return.
    #[must_use]
    pub fn returned(mut self, returned: Return) -> Self {
        self.returns.push(returned);
        self
    }

    /// The line of this id.
    pub fn find_line(&self, id: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.id == id)
    }
}

/// Some units of one article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its id: `item_01H…`.
    pub id: String,
    /// The product: "Medusa Tee".
    pub title: String,
    /// Which one of it: "L / Black".
    pub variant: Option<String>,
    /// The id of the variant; a line that was written by hand has none.
    pub variant_id: Option<String>,
    /// How many.
    pub quantity: u32,
    /// What one costs, before tax.
    pub unit_price: i64,
}

impl Line {
    /// A line of one variant.
    pub fn new(
        id: impl Into<String>,
        title: impl Into<String>,
        variant_id: impl Into<String>,
        quantity: u32,
        unit_price: i64,
    ) -> Self {
        let (id, title, variant_id) = (id.into(), title.into(), Some(variant_id.into()));
        Self { id, title, variant: None, variant_id, quantity, unit_price }
    }

    /// Says which one of the product it is.
    #[must_use]
    pub fn variant(mut self, variant: impl Into<String>) -> Self {
        self.variant = Some(variant.into());
        self
    }

    /// What all of it costs, before tax.
    pub fn total(&self) -> i64 {
        self.unit_price.saturating_mul(i64::from(self.quantity))
    }
}

/// What an order costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// All lines, before shipping, discounts and tax.
    pub subtotal: i64,
    /// Shipping.
    pub shipping: i64,
    /// What is taken off.
    pub discount: i64,
    /// Tax.
    pub tax: i64,
    /// What is to be paid.
    pub total: i64,
}

/// Things that were packed together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fulfillment {
    /// Its id: `ful_01H…`.
    pub id: String,
    /// What is in it.
    pub lines: Vec<LineQuantity>,
    /// How to follow it.
    pub tracking: Vec<Tracking>,
}

/// A parcel that can be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracking {
    /// The carrier's number.
    pub number: String,
    /// Where to look.
    pub url: Option<String>,
}

/// Some units of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineQuantity {
    /// The line.
    pub line_id: String,
    /// How many of it.
    pub quantity: u32,
}

impl LineQuantity {
    /// Some units of a line.
    pub fn new(line_id: impl Into<String>, quantity: u32) -> Self {
        Self { line_id: line_id.into(), quantity }
    }
}

/// Things that a customer sends back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Return {
    /// Its id: `ret_01H…`.
    pub id: String,
    /// What has arrived; nothing before it has.
    pub received: Vec<LineQuantity>,
}

/// Things that a customer sends back, and gets others for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swap {
    /// Its id: `swap_01H…`.
    pub id: String,
    /// The order that the things sent back are from.
    pub order: Order,
    /// What the customer gets.
    pub new_lines: Vec<Line>,
    /// What has arrived of the things sent back; nothing before it has.
    pub received: Vec<LineQuantity>,
    /// What the customer still owes; negative when the shop does. `None` before it is known.
    pub difference_due: Option<i64>,
}

/// A complaint about wrong or broken things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Its id: `claim_01H…`.
    pub id: String,
    /// The order that the things are from.
    pub order: Order,
    /// What the customer gets back; `None` when the things are replaced.
    pub refund: Option<i64>,
}

/// Someone who buys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// Its id: `cus_01H…`.
    pub id: String,
    /// Where mails go.
    pub email: Personal,
    /// How to call them, if they said.
    pub first_name: Option<Personal>,
    /// Their family name, if they said.
    pub last_name: Option<Personal>,
}
