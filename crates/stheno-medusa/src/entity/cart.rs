//! Carts.

use serde_json::{Map, Number, Value};
use stheno::{Extra, Payload};

use crate::{
    entity::{Address, Customer, LineItem, Payment, PaymentSession, ShippingMethod},
    examples::{ADDRESS, CART, CREATED_AT, CUSTOMER, REGION, SALES_CHANNEL, UPDATED_AT},
};

stheno::text_enum! {
    /// What a cart is for.
    pub enum CartType {
        /// A purchase.
        Default = "default",
        /// A swap.
        Swap = "swap",
        /// A draft order.
        DraftOrder = "draft_order",
        /// A link that somebody pays by.
        PaymentLink = "payment_link",
        /// A claim.
        Claim = "claim",
    }
}

/// What a customer is about to buy. Relations and totals differ from one sender of `cart.updated` to the next.
#[derive(Clone, PartialEq, Payload)]
pub struct Cart {
    /// Its id.
    #[field(example = CART)]
    pub id: String,
    /// Always `cart`.
    #[field(example = "cart")]
    pub object: Option<String>,
    /// E-mail address of the customer.
    #[field(personal, example = "ada@example.com")]
    pub email: Option<String>,
    /// The address that the bill goes to.
    pub billing_address_id: Option<String>,
    /// The address that the goods go to.
    #[field(example = ADDRESS)]
    pub shipping_address_id: Option<String>,
    /// The region, which says currency and taxes.
    #[field(example = REGION)]
    pub region_id: Option<String>,
    /// The customer.
    #[field(example = CUSTOMER)]
    pub customer_id: Option<String>,
    /// The payment, once it is authorized.
    pub payment_id: Option<String>,
    /// What it is for.
    #[field(kind = "string", example = CartType::Default)]
    pub r#type: Option<CartType>,
    /// When it became an order.
    pub completed_at: Option<String>,
    /// When its payment was authorized.
    pub payment_authorized_at: Option<String>,
    /// Key that keeps a repeated request from doing its work twice.
    pub idempotency_key: Option<String>,
    /// Where the customer came from, such as `ip` and `user_agent`.
    #[field(personal)]
    pub context: Option<Map<String, Value>>,
    /// Whatever the shop keeps with it.
    #[field(personal)]
    pub metadata: Option<Map<String, Value>>,
    /// The sales channel; absent where sales channels are switched off.
    #[field(example = SALES_CHANNEL)]
    pub sales_channel_id: Option<String>,
    /// When it was created.
    #[field(example = CREATED_AT)]
    pub created_at: Option<String>,
    /// When it last changed.
    #[field(example = UPDATED_AT)]
    pub updated_at: Option<String>,
    /// When it was deleted.
    pub deleted_at: Option<String>,

    /// Shipping, if totals were asked for.
    pub shipping_total: Option<i64>,
    /// Discounts, if totals were asked for.
    pub discount_total: Option<i64>,
    /// Discounts before rounding, if totals were asked for.
    #[field(kind = "number")]
    pub raw_discount_total: Option<Number>,
    /// Tax on the items, if totals were asked for.
    pub item_tax_total: Option<i64>,
    /// Tax on shipping, if totals were asked for.
    pub shipping_tax_total: Option<i64>,
    /// Tax, if totals were asked for.
    pub tax_total: Option<i64>,
    /// What was refunded, if totals were asked for.
    pub refunded_total: Option<i64>,
    /// What is to be paid, if totals were asked for.
    pub total: Option<i64>,
    /// Price of the items, if totals were asked for.
    pub subtotal: Option<i64>,
    /// What can still be refunded, if totals were asked for.
    pub refundable_amount: Option<i64>,
    /// What gift cards pay, if totals were asked for.
    pub gift_card_total: Option<i64>,
    /// Tax on what gift cards pay, if totals were asked for.
    pub gift_card_tax_total: Option<i64>,

    /// The address that the bill goes to, if loaded.
    #[field(fields)]
    pub billing_address: Option<Address>,
    /// The address that the goods go to, if loaded.
    #[field(fields, example = Address::example())]
    pub shipping_address: Option<Address>,
    /// The items, if loaded.
    #[field(fields, example = [LineItem::example()])]
    pub items: Option<Vec<LineItem>>,
    /// The region, if loaded.
    #[field(kind = "object")]
    pub region: Option<Value>,
    /// Discounts, if loaded.
    pub discounts: Option<Vec<Value>>,
    /// Gift cards, if loaded; whoever knows the code of one can spend it.
    #[field(secret)]
    pub gift_cards: Option<Vec<Value>>,
    /// The customer, if loaded.
    #[field(fields)]
    pub customer: Option<Customer>,
    /// The chosen payment session, if sessions were loaded.
    #[field(fields)]
    pub payment_session: Option<PaymentSession>,
    /// The payment sessions, if loaded.
    #[field(fields, example = [PaymentSession::example()])]
    pub payment_sessions: Option<Vec<PaymentSession>>,
    /// The payment, if loaded.
    #[field(fields)]
    pub payment: Option<Payment>,
    /// The shipping methods, if loaded.
    #[field(fields, example = [ShippingMethod::example()])]
    pub shipping_methods: Option<Vec<ShippingMethod>>,
    /// The sales channel, if loaded.
    #[field(kind = "object")]
    pub sales_channel: Option<Value>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
