//! Which mails the events cause, byte for byte, and which they do not.
//!
//! `STHENO_UPDATE=1 cargo test -p plugin-notifications --test mails` writes the golden mails anew.

mod support;

use std::{fs, path::Path, sync::Arc};

use commerce::{Commerce, FixtureCommerce, Line, Order, Swap};
use stheno::{
    Outgoing, Payload, Timestamp,
    delivery::why::Why,
    medusa::{
        ClaimRefundProcessed, CustomerPasswordReset, OrderPlaced, OrderShipmentCreated, SwapRefundProcessed,
        UserPasswordReset,
    },
};
use support::{LIMIT, Recorder, start};

/// Publishes one event and lets it be handled. The answer is the subscriber's, and the mails that were sent.
async fn when(shop: FixtureCommerce, event: impl Into<Outgoing>, subscriber: &str) -> (Why, Arc<Recorder>) {
    let mails = Arc::new(Recorder::default());
    let running = start(shop, Some(Arc::clone(&mails) as _), "").await;
    // The id is a part of the mail's id, so it must be the same in every run of the test.
    let published = running.bus().publish(event).id("event_1").await.unwrap();
    running.settle(LIMIT).await.unwrap();
    let why = running.operator().why(subscriber, published.sequence.unwrap()).await.unwrap();
    running.stop().await;
    (why, mails)
}

/// The mail without the line that says when it was written.
fn undated(mail: &str) -> String {
    mail.split_inclusive("\r\n").filter(|line| !line.starts_with("Date: ")).collect()
}

fn assert_golden(name: &str, mail: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name).with_extension("eml");
    let mail = undated(mail).replace("\r\n", "\n");
    if std::env::var_os("STHENO_UPDATE").is_some() {
        fs::write(&path, &mail).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(mail, golden.replace("\r\n", "\n"), "{name}");
}

#[tokio::test]
async fn each_event_causes_its_mail() {
    let receipt = when(FixtureCommerce::example(), OrderPlaced::example(), "notifications.receipt").await;
    let shipment = when(FixtureCommerce::example(), OrderShipmentCreated::example(), "notifications.shipment").await;
    let swap = when(FixtureCommerce::example(), SwapRefundProcessed::example(), "notifications.refund").await;
    let claim = when(FixtureCommerce::example(), ClaimRefundProcessed::example(), "notifications.refund").await;
    let customer = CustomerPasswordReset::example();
    let customer = when(FixtureCommerce::example(), customer, "notifications.password-reset").await;
    let user = when(FixtureCommerce::example(), UserPasswordReset::example(), "notifications.password-reset").await;

    let all = [
        ("receipt", receipt),
        ("shipment", shipment),
        ("swap-refund", swap),
        ("claim-refund", claim),
        ("customer-password-reset", customer),
        ("user-password-reset", user),
    ];
    for (name, (why, mails)) in all {
        assert_eq!(why, Why::Handled, "{name}");
        assert_golden(name, &mails.only());
    }
}

#[tokio::test]
async fn an_order_in_yen_has_no_decimals_and_hostile_titles_stay_in_their_line() {
    let order = Order::new("order_1", 7, "ada@example.com", "jpy")
        .line(Line::new("item_1", "Tee\r\n\r\nTotal   0 JPY\r\n.\r\nRCPT TO:<all@example.com>", "variant_1", 1, 1950))
        .line(Line::new("item_2", "手ぬぐい".repeat(20), "variant_2", 3, 800));
    let shop = FixtureCommerce::new().with_order(order);
    let (why, mails) = when(shop, OrderPlaced::new("order_1"), "notifications.receipt").await;
    assert_eq!(why, Why::Handled);
    assert_golden("receipt-yen", &mails.only());
}

#[tokio::test]
async fn a_silenced_event_causes_no_mail_and_says_why() {
    let silenced: [(Outgoing, &str); 4] = [
        (OrderPlaced::example().no_notification(true).into(), "notifications.receipt"),
        (OrderShipmentCreated::example().no_notification(true).into(), "notifications.shipment"),
        (SwapRefundProcessed::example().no_notification(true).into(), "notifications.refund"),
        (ClaimRefundProcessed::example().no_notification(true).into(), "notifications.refund"),
    ];
    for (event, subscriber) in silenced {
        let (why, mails) = when(FixtureCommerce::example(), event, subscriber).await;
        assert_eq!(why, Why::Skipped { reason: "no_notification is set".into() });
        assert!(mails.mails().is_empty());
    }
}

#[tokio::test]
async fn a_swap_without_a_refund_causes_no_mail() {
    for difference_due in [None, Some(0), Some(700)] {
        let example = FixtureCommerce::example();
        let swap = example.swap(&SwapRefundProcessed::example().id).await.unwrap();
        let shop = example.with_swap(Swap { difference_due, ..swap });
        let (why, mails) = when(shop, SwapRefundProcessed::example(), "notifications.refund").await;
        assert_eq!(why, Why::Skipped { reason: "nothing was refunded".into() });
        assert!(mails.mails().is_empty());
    }
}

#[tokio::test]
async fn a_token_that_has_expired_is_not_sent() {
    let mails = Arc::new(Recorder::default());
    let running = start(FixtureCommerce::new(), Some(Arc::clone(&mails) as _), "").await;
    let an_hour_ago = Timestamp::from_micros(Timestamp::now().as_micros() - 3_600_000_000);
    let published = running.bus().publish(CustomerPasswordReset::example()).time(an_hour_ago).await.unwrap();
    running.settle(LIMIT).await.unwrap();
    let why = running.operator().why("notifications.password-reset", published.sequence.unwrap()).await.unwrap();
    assert_eq!(why, Why::Skipped { reason: "its token has expired".into() });
    assert!(mails.mails().is_empty());
    running.stop().await;
}

#[tokio::test]
async fn an_order_the_shop_does_not_have_is_a_dead_letter() {
    let (why, mails) = when(FixtureCommerce::new(), OrderPlaced::new("order_1"), "notifications.receipt").await;
    let Why::Dead(letter) = why else { panic!("{why:?}") };
    assert_eq!(letter.attempts, 1);
    assert!(mails.mails().is_empty());
}

#[tokio::test]
async fn a_shop_that_is_down_is_asked_again() {
    let shop = FixtureCommerce::example().down_for(1);
    let (why, mails) = when(shop, OrderPlaced::example(), "notifications.receipt").await;
    let Why::Retrying(waiting) = why else { panic!("{why:?}") };
    assert_eq!(waiting.attempts, 1);
    assert!(mails.mails().is_empty());
}

#[tokio::test]
async fn a_token_is_in_the_mail_and_in_nothing_that_is_recorded() {
    let mails = Arc::new(Recorder::default());
    let running = start(FixtureCommerce::new(), Some(Arc::clone(&mails) as _), "").await;
    let reset = CustomerPasswordReset::new("cus_1", "ada@example.com", "t0p-secret-token");
    running.bus().publish(reset).await.unwrap();
    // This one fails: its address is none.
    running.bus().publish(UserPasswordReset::new("no address", "t0p-secret-token")).await.unwrap();
    running.settle(LIMIT).await.unwrap();

    assert!(mails.only().contains("t0p-secret-token"));
    let dead = running.operator().dead_letters("notifications.password-reset").await.unwrap();
    assert_eq!(dead.len(), 1);
    let records = running.bus().backend().list_records("").await.unwrap();
    assert!(records.len() > 2);
    for record in records {
        let text = String::from_utf8_lossy(&record.value).into_owned();
        assert!(!text.contains("t0p-secret") && !text.contains("ada@") && !text.contains("no address"), "{text}");
    }
    running.stop().await;
}
