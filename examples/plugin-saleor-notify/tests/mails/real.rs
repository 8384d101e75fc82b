//! Notifications as Saleor really sends them: without a picture, an address, a payment; and one that breaks off.

use serde_json::{Value, json};
use stheno::{delivery::why::Why, saleor::webhook};

use crate::support::{notification, notifications, parts, short, start};

/// What becomes of a request of Saleor, and the mails it causes.
async fn outcome(name: &str, body: &[u8]) -> (Why, Vec<String>) {
    let (app, mails) = start().await;
    let published = app.when(webhook::outgoing("notify_user", body).unwrap()).await.unwrap();
    let outcome = app.outcome(&format!("saleor-notify.{}", name.replace('_', "-")), &published).await.unwrap();
    // Whatever came is in the log, byte for byte.
    assert_eq!(app.log().await.unwrap()[0].body, body);
    let mails = mails.0.lock().unwrap().clone();
    (outcome, mails)
}

/// The text and the HTML of the mail that an edited example causes.
async fn mail(name: &str, edit: impl FnOnce(&mut Value)) -> [String; 2] {
    let mut body = notification(name).example.unwrap()();
    edit(&mut body["payload"]);
    let (outcome, mails) = outcome(name, body.to_string().as_bytes()).await;
    assert_eq!(outcome, Why::Handled);
    let [_, text, html] = parts(&mails[0]);
    [text, html]
}

/// Takes fields out of an object.
fn without(object: &mut Value, fields: &[&str]) {
    fields.iter().for_each(|field| drop(object.as_object_mut().unwrap().remove(*field)));
}

#[tokio::test]
async fn goods_without_a_picture_are_shown_without_one() {
    let [text, html] = mail("order_confirmation", |payload| {
        let line = &mut payload["order"]["lines"][0];
        for of in ["product", "variant"] {
            line[of]["first_image"] = Value::Null;
            line[of]["images"] = Value::Null;
        }
        // As 3.23 and later send a line, of an order without an address of its own.
        without(line, &["is_digital", "digital_url"]);
        line["tax_rate"] = Value::Null;
        payload["order"]["email"] = Value::Null;
    })
    .await;
    assert!(text.contains("Apple Juice") && !html.contains("<img"), "{html}");
}

#[tokio::test]
async fn pictures_of_newer_versions_are_shown() {
    let [_, html] = mail("order_confirmation", |payload| {
        let image = |size: &str| format!("https://shop.example/{size}.png");
        let image = json!({ "original": { "4096": image("4096"), "32": image("32"), "128": image("128") } });
        payload["order"]["lines"][0]["variant"]["first_image"] = image;
    })
    .await;
    assert!(html.contains("https://shop.example/128.png"), "{html}");
}

#[tokio::test]
async fn a_notification_without_an_address_is_skipped_and_says_why() {
    for event in notifications() {
        for nobody in [json!(null), json!(""), json!("  ")] {
            let mut body = event.example.unwrap()();
            body["payload"]["recipient_email"] = nobody;
            let (outcome, mails) = outcome(short(&event), body.to_string().as_bytes()).await;
            let Why::Skipped { reason } = outcome else { panic!("{}: {outcome:?}", short(&event)) };
            assert!(reason.contains("`payload.recipient_email`") && mails.is_empty(), "{reason}");
        }
    }
}

#[tokio::test]
async fn a_mail_about_what_is_not_said_is_sent_without_it() {
    let [text, _] = mail("order_payment_confirmation", |payload| without(payload, &["payment"])).await;
    assert!(text.contains("received your payment for order") && !text.contains("payment of"), "{text}");
    let [text, _] = mail("invoice_ready", |payload| payload["invoice"]["number"] = Value::Null).await;
    assert!(text.starts_with("\nYour invoice\n") || text.contains("Your invoice\n"), "{text}");
    let [text, _] = mail("order_fulfillment_confirmation", |payload| without(payload, &["digital_lines"])).await;
    assert!(text.contains("on"), "{text}");
    let [text, _] = mail("order_refund_confirmation", |payload| payload["currency"] = json!("PTS")).await;
    assert!(text.contains("PTS"), "{text}");
}

#[tokio::test]
async fn a_notification_that_breaks_off_is_a_dead_letter_with_its_bytes() {
    let whole = notification("account_delete").example.unwrap()().to_string();
    let broken = &whole.as_bytes()[..whole.len() - 20];
    let (outcome, mails) = outcome("account_delete", broken).await;
    let Why::Dead(letter) = outcome else { panic!("{outcome:?}") };
    assert!(letter.attempts == 1 && mails.is_empty());
    assert!(!format!("{letter:?}").contains("not-a-real-token"));
}
