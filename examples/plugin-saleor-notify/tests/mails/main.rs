//! Which mails the notifications cause, byte for byte; and that nothing in a payload can be more than text.
//!
//! `STHENO_UPDATE=1 cargo test -p plugin-saleor-notify --test mails` writes the golden mails anew.

mod hostile;
mod real;
mod support;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use mailer::{Mail, MailError, MailErrorKind, Transport};
use serde_json::{Value, json};
use stheno::{Outgoing, async_trait, delivery::why::Why};
use stheno_testkit::TestApp;

use self::support::{
    CONFIG, assert_golden, assert_mail, downloaded, in_language, mail, notification, notifications, parts, short, start,
};

#[tokio::test]
async fn every_notification_causes_its_mail_in_text_and_html() {
    for event in notifications() {
        let [headers, text, html] = parts(&mail(&event, &event.example.unwrap()()).await);
        assert_golden(&format!("{}.txt", short(&event)), &format!("{headers}{text}"));
        assert_golden(&format!("{}.html", short(&event)), &html);
    }
}

#[tokio::test]
async fn mails_are_in_the_language_of_the_payload() {
    for event in notifications() {
        let mut subjects = Vec::new();
        for (code, language) in [("en", "en"), ("de-at", "de"), ("fr", "fr"), ("xx", "en")] {
            let mut body = event.example.unwrap()();
            if in_language(&mut body, code) == 0 {
                assert_eq!(short(&event), "invoice_ready", "the only payload that says no language");
                continue;
            }
            let [headers, _, html] = parts(&mail(&event, &body).await);
            assert!(html.contains(&format!("<html lang=\"{language}\">")), "{html}");
            subjects.push(headers.lines().find(|line| line.starts_with("Subject: ")).unwrap().to_owned());
        }
        subjects.dedup();
        assert!(subjects.is_empty() || subjects.len() == 4, "{subjects:?}");
    }
}

#[tokio::test]
async fn a_mail_about_an_account_in_each_language() {
    for (golden, language) in [("account_in_german", "de"), ("account_in_french", "fr-CA")] {
        assert_mail(golden, "account_change_email_request", |payload| {
            payload["user"]["language_code"] = json!(language);
        })
        .await;
    }
}

/// Makes an order with everything: two lines, one of them long, shipping, a discount, tax, a page in the shop, a logo.
fn made_full(payload: &mut Value) {
    payload["logo_url"] = json!("https://shop.example/media/logo.png");
    let order = &mut payload["order"];
    order["currency"] = json!("EUR");
    // Gross prices that add up: 1200.00 + 60.00 + 4.90 - 2.00, of which 201.63 is tax.
    order["display_gross_prices"] = json!(true);
    order["subtotal_gross_amount"] = json!("1260.00");
    order["subtotal_net_amount"] = json!("1058.82");
    order["shipping_price_gross_amount"] = json!("4.90");
    order["shipping_price_net_amount"] = json!("4.12");
    order["discount_amount"] = json!("2.00");
    order["tax_amount"] = json!("201.63");
    order["total_gross_amount"] = json!("1262.90");
    order["total_net_amount"] = json!("1061.27");
    order["order_details_url"] = json!("https://shop.example/orders/1?token=not-a-real-token");
    let mut long = order["lines"][0].clone();
    long["translated_product_name"] = json!("Gyokuro Uji Asahi, 100 g, in a hand-made tin of Japanese paper");
    long["translated_variant_name"] = json!("");
    long["variant_name"] = json!("");
    long["variant"] = Value::Null;
    long["product"]["first_image"] = Value::Null;
    long["product"]["images"] = json!([]);
    for (line, [quantity, net, gross]) in
        [(&mut order["lines"][0], ["2", "1008.40", "1200.00"]), (&mut long, ["1", "50.42", "60.00"])]
    {
        line["currency"] = json!("EUR");
        line["quantity"] = json!(quantity.parse::<i64>().unwrap());
        line["total_net_amount"] = json!(net);
        line["total_gross_amount"] = json!(gross);
    }
    order["lines"].as_array_mut().unwrap().push(long);
}

#[tokio::test]
async fn an_order_with_everything_in_each_language() {
    for (golden, language) in [
        ("order_in_german", "de"),
        ("order_in_austria", "de-at"),
        ("order_in_french", "fr"),
        ("order_in_brazil", "pt-br"),
    ] {
        assert_mail(golden, "order_confirmation", |payload| {
            made_full(payload);
            payload["order"]["language_code"] = json!(language);
        })
        .await;
    }
}

#[tokio::test]
async fn a_refund_says_what_of_which_order_in_each_language() {
    for (golden, language) in [("refund_in_english", "en"), ("refund_in_german", "de"), ("refund_in_french", "fr")] {
        assert_mail(golden, "order_refund_confirmation", |payload| {
            made_full(payload);
            payload["order"]["language_code"] = json!(language);
            payload["amount"] = json!("60.000");
            payload["currency"] = json!("EUR");
        })
        .await;
    }
}

#[tokio::test]
async fn net_prices_are_shown_without_tax_which_is_added() {
    assert_mail("order_with_net_prices", "order_confirmation", |payload| {
        made_full(payload);
        // 1008.40 + 50.42 + 4.12 - 1.68 + 201.64.
        payload["order"]["display_gross_prices"] = json!(false);
        payload["order"]["discount_amount"] = json!("1.68");
        payload["order"]["tax_amount"] = json!("201.64");
    })
    .await;
}

#[tokio::test]
async fn an_order_that_is_not_sent_has_no_address_and_no_shipping() {
    assert_mail("order_without_shipping", "order_confirmation", |payload| {
        payload["order"]["shipping_address"] = Value::Null;
        payload["order"]["shipping_method_name"] = Value::Null;
        payload["order"]["shipping_price_gross_amount"] = json!("0.00");
        payload["order"]["subtotal_gross_amount"] = json!("240.82");
    })
    .await;
}

#[tokio::test]
async fn a_discount_that_is_written_with_a_minus_has_one_minus() {
    for discount in ["2.00", "-2.00"] {
        assert_mail("order_with_discount", "order_confirmation", |payload| {
            payload["order"]["discount_amount"] = json!(discount);
        })
        .await;
    }
}

#[tokio::test]
async fn a_tracking_number_that_is_no_address_is_text() {
    assert_mail("fulfillment_with_tracking_number", "order_fulfillment_confirmation", |payload| {
        payload["fulfillment"] = json!({ "tracking_number": "00340434161094042557", "is_tracking_number_url": false });
    })
    .await;
}

#[tokio::test]
async fn downloads_are_links_and_make_no_empty_table() {
    assert_mail("fulfillment_of_downloads", "order_fulfillment_confirmation", |payload| {
        let [book, song, later] = [
            ("The Book of Tea", "https://shop.example/digital-download/book-not-a-real-token/"),
            ("A Song of Tea", "https://shop.example/digital-download/song-not-a-real-token/"),
            ("A Film of Tea", ""),
        ]
        .map(|(name, address)| downloaded(&payload["physical_lines"][0], name, address));
        payload["physical_lines"] = json!([]);
        payload["digital_lines"] = json!([book, song, later]);
        payload["fulfillment"] = json!({ "tracking_number": "", "is_tracking_number_url": false });
    })
    .await;
    assert_mail("fulfillment_with_download", "order_fulfillment_confirmation", |payload| {
        let address = "https://shop.example/digital-download/book-not-a-real-token/";
        payload["digital_lines"] = json!([downloaded(&payload["physical_lines"][0], "The Book of Tea", address)]);
    })
    .await;
}

#[tokio::test]
async fn what_a_payload_does_not_say_leaves_no_hole_in_its_mail() {
    let event = notification("order_fulfillment_confirmation");
    let mut body = event.example.unwrap()();
    body["payload"]["physical_lines"] = json!([]);
    body["payload"]["digital_lines"] = json!([]);
    let [_, text, _] = parts(&mail(&event, &body).await);
    assert!(!text.contains("these items") && text.contains("on their way"), "{text}");
    let event = notification("account_password_reset");
    for (domain, subject) in [("shop.example", "Reset your shop.example password"), ("", "Reset your password")] {
        let mut body = event.example.unwrap()();
        body["payload"]["site_name"] = json!("");
        body["payload"]["domain"] = json!(domain);
        let [headers, ..] = parts(&mail(&event, &body).await);
        assert!(
            headers.contains(&format!("Subject: {subject}\r\n")) || headers.contains(&format!("Subject: {subject}\n")),
            "{headers}"
        );
    }
}

#[tokio::test]
async fn the_best_image_of_the_web_is_shown_and_none_is_needed() {
    let event = notification("order_confirmation");
    let addresses = |sizes: &[(&str, &str)]| json!({ "original": BTreeMap::from_iter(sizes.iter().copied()) });
    let (small, sharp) = (("60x60", "https://shop.example/60.png"), ("120x120", "https://shop.example/120.png"));
    for (variant, product, expected) in [
        (addresses(&[small, sharp]), Value::Null, Some(sharp.1)),
        (addresses(&[small]), addresses(&[sharp]), Some(small.1)),
        (addresses(&[("120x120", "javascript:alert(1)")]), addresses(&[small]), Some(small.1)),
        (addresses(&[("120x120", "/media/120.png"), small]), Value::Null, Some(small.1)),
        (addresses(&[("120x120", "/media/120.png")]), Value::Null, None),
        (addresses(&[("90x90", "https://shop.example/90.png")]), Value::Null, Some("https://shop.example/90.png")),
        (addresses(&[]), Value::Null, None),
        (Value::Null, Value::Null, None),
    ] {
        let mut body = event.example.unwrap()();
        let line = &mut body["payload"]["order"]["lines"][0];
        for (of, image) in [("variant", variant), ("product", product)] {
            line[of]["first_image"] = image;
            line[of]["images"] = json!([]);
        }
        let [_, _, html] = parts(&mail(&event, &body).await);
        let shown = html.split("<img src=\"").nth(1).map(|rest| rest.split('"').next().unwrap());
        assert_eq!(shown, expected, "{html}");
    }
    // Goods that are no longer in the shop have neither.
    let mut body = event.example.unwrap()();
    body["payload"]["order"]["lines"][0]["variant"] = Value::Null;
    body["payload"]["order"]["lines"][0]["product"] = Value::Null;
    let [_, _, html] = parts(&mail(&event, &body).await);
    assert!(!html.contains("<img"), "{html}");
}

#[tokio::test]
async fn a_notification_to_nobody_is_a_dead_letter_and_its_token_is_nowhere() {
    let (app, mails) = start().await;
    let event = notification("account_delete");
    let mut body = event.example.unwrap()();
    body["payload"]["recipient_email"] = json!("no address");
    let published = app.when(Outgoing::raw(event.pattern, &body)).await.unwrap();
    let outcome = app.outcome("saleor-notify.account-delete", &published).await.unwrap();
    let Why::Dead(letter) = outcome else { panic!("{outcome:?}") };
    assert_eq!(letter.attempts, 1);
    let shown = format!("{letter:?}");
    assert!(!shown.contains("not-a-real-token") && !shown.contains("no address"), "{shown}");
    assert!(mails.0.lock().unwrap().is_empty());
}

/// A mail server that is busy at first.
#[derive(Default)]
struct Busy(Mutex<Vec<String>>);

#[async_trait]
impl Transport for Busy {
    async fn deliver(&self, mail: &Mail) -> Result<(), MailError> {
        let mut asked = self.0.lock().unwrap();
        asked.push(mail.id().to_string());
        if asked.len() == 1 { Err(MailError::new(MailErrorKind::Busy { code: 451 }, "not now")) } else { Ok(()) }
    }
}

#[tokio::test]
async fn a_mail_that_is_not_taken_is_tried_again_as_the_same_mail() {
    let server = Arc::new(Busy::default());
    let app = TestApp::new().config(CONFIG).provide_shared::<dyn Transport>(Arc::clone(&server) as _);
    let app = app.plugin(plugin_saleor_notify::plugin()).start().await.unwrap();
    let event = notifications().remove(0);
    let published = app.when(Outgoing::raw(event.pattern, &event.example.unwrap()())).await.unwrap();
    let subscriber = format!("saleor-notify.{}", short(&event).replace('_', "-"));
    assert!(
        matches!(app.outcome(&subscriber, &published).await.unwrap(), Why::Retrying(waiting) if waiting.attempts == 1)
    );
    app.advance_over_retries().await.unwrap();
    assert_eq!(app.outcome(&subscriber, &published).await.unwrap(), Why::Handled);
    let asked = server.0.lock().unwrap();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0], asked[1]);
}

#[tokio::test]
async fn a_mail_that_is_sent_again_is_the_same_mail() {
    let event = notifications().remove(0);
    let body = event.example.unwrap()();
    let [first, second] = [mail(&event, &body).await, mail(&event, &body).await]
        .map(|mail| mail.split_inclusive("\r\n").filter(|line| !line.starts_with("Date: ")).collect::<String>());
    assert_eq!(first, second);
}
