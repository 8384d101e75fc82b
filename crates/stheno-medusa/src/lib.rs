//! Medusa's events: the 99 of its reference, each a Rust type with the documented JSON.
//!
//! ```
//! use stheno_core::{Event, EventName};
//! use stheno_medusa::OrderPlaced;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let name = EventName::new("order.placed")?;
//! let placed = OrderPlaced::decode(&name, br#"{"id":"order_1","no_notification":null,"channel":"web"}"#)?;
//! assert_eq!(placed.id, "order_1");
//! assert!(!placed.is_silenced());
//! assert_eq!(placed.extra.get("channel").and_then(|channel| channel.as_str()), Some("web"));
//!
//! let body = serde_json::to_string(&OrderPlaced::new("order_1").no_notification(true))?;
//! assert_eq!(body, r#"{"id":"order_1","no_notification":true}"#);
//! # Ok(())
//! # }
//! ```
//!
//! # What to know
//!
//! - A type is named as its event: `order.placed` is [`OrderPlaced`], `order-edit-item-change.DELETED` is
//!   [`OrderEditItemChangeDeleted`]. Where the name says its family twice, the type says it once:
//!   `payment.payment_captured` is [`PaymentCaptured`].
//! - Names and payloads are those of Medusa 1.7, whose reference lists 99 events; 1.20 sends the same payloads for them.
//!   What Medusa's code does otherwise than its reference says is in the `note` of each [`descriptor`], and decodes.
//! - Writing gives the documented shape. Reading is lenient: what nobody documented is kept in `extra` and written back,
//!   null is the same as absent, and a text that is not in a list is its `Other`.
//! - `is_silenced` tells whether the flag `no_notification` is set.
//! - Tokens, password hashes and what payment providers keep are secret, what tells of a person is personal: neither is
//!   ever in `Debug` output. A reader that needs one says so: `token.expose()`.
//! - Events about one whole entity (`customer.created`, `payment.created`) hold it in one field; see [`entity`].
//! - `cart.updated` and `product.updated` come in several shapes, so they are enums.
//!
//! [`descriptor`]: stheno::Event::descriptor

#![cfg_attr(not(test), deny(clippy::expect_used, clippy::panic, clippy::unreachable, clippy::unwrap_used))]

// As an outside catalog would: the macros write `::stheno::..`, and this crate needs the contract alone.
extern crate stheno_core as stheno;

mod define;
pub mod entity;
mod examples;
mod shapes;

mod batch;
mod cart;
mod claim;
mod claim_item;
mod currency;
mod customer;
mod draft_order;
mod gift_card;
mod invite;
mod note;
mod oauth;
mod order;
mod order_edit;
mod order_edit_item_change;
mod payment;
mod payment_collection;
mod product;
mod product_category;
mod product_variant;
mod publishable_api_key;
mod region;
mod sales_channel;
mod swap;
mod token;
mod user;

pub use self::{
    batch::*, cart::*, claim::*, claim_item::*, currency::*, customer::*, draft_order::*, gift_card::*, invite::*,
    note::*, oauth::*, order::*, order_edit::*, order_edit_item_change::*, payment::*, payment_collection::*,
    product::*, product_category::*, product_variant::*, publishable_api_key::*, region::*, sales_channel::*, swap::*,
    token::*, user::*,
};

stheno::catalog!("medusa";
    // Batch Jobs Events
    BatchCreated, BatchUpdated, BatchCanceled, BatchPreProcessed, BatchConfirmed, BatchProcessing, BatchCompleted,
    BatchFailed,
    // Cart Events
    CartCustomerUpdated, CartCreated, CartUpdated,
    // Claim Events
    ClaimCreated, ClaimUpdated, ClaimCanceled, ClaimFulfillmentCreated, ClaimShipmentCreated, ClaimRefundProcessed,
    // Claim Item Events
    ClaimItemCreated, ClaimItemUpdated, ClaimItemCanceled,
    // Currency Events
    CurrencyUpdated,
    // Customer Events
    CustomerCreated, CustomerUpdated, CustomerPasswordReset,
    // Draft Order Events
    DraftOrderCreated, DraftOrderUpdated,
    // Gift Card Events
    GiftCardCreated,
    // Invite Events
    InviteCreated,
    // Note Events
    NoteCreated, NoteUpdated, NoteDeleted,
    // App Authentication Events
    OauthTokenGenerated, OauthTokenRefreshed,
    // Order Events
    OrderPlaced, OrderUpdated, OrderCanceled, OrderCompleted, OrderOrdersClaimed, OrderGiftCardCreated,
    OrderPaymentCaptured, OrderPaymentCaptureFailed, OrderFulfillmentCreated, OrderShipmentCreated,
    OrderFulfillmentCanceled, OrderReturnRequested, OrderItemsReturned, OrderReturnActionRequired,
    OrderRefundCreated, OrderRefundFailed, OrderSwapCreated,
    // Order Edit Events
    OrderEditCreated, OrderEditUpdated, OrderEditCanceled, OrderEditDeclined, OrderEditRequested, OrderEditConfirmed,
    // Order Edit Item Changes Events
    OrderEditItemChangeCreated, OrderEditItemChangeDeleted,
    // Payment Events
    PaymentCreated, PaymentUpdated, PaymentCaptured, PaymentCaptureFailed, PaymentRefundCreated, PaymentRefundFailed,
    // Payment Collection Events
    PaymentCollectionCreated, PaymentCollectionUpdated, PaymentCollectionDeleted, PaymentCollectionPaymentAuthorized,
    // Product Events
    ProductCreated, ProductUpdated, ProductDeleted,
    // Product Category Events
    ProductCategoryCreated, ProductCategoryUpdated, ProductCategoryDeleted,
    // Product Variant Events
    ProductVariantCreated, ProductVariantUpdated, ProductVariantDeleted,
    // Publishable API Key Events
    PublishableApiKeyCreated, PublishableApiKeyRevoked,
    // Region Events
    RegionCreated, RegionUpdated, RegionDeleted,
    // Sales Channel Events
    SalesChannelCreated, SalesChannelUpdated, SalesChannelDeleted,
    // Swap Events
    SwapCreated, SwapReceived, SwapFulfillmentCreated, SwapShipmentCreated, SwapPaymentCompleted,
    SwapPaymentCaptured, SwapPaymentCaptureFailed, SwapRefundProcessed, SwapProcessRefundFailed,
    // Token Events
    OrderUpdateTokenCreated,
    // User Events
    UserCreated, UserUpdated, UserPasswordReset, UserDeleted,
);
