//! Which mails the notifications cause, byte for byte; and that nothing in a payload can be more than text.
//!
//! `STHENO_UPDATE=1 cargo test -p plugin-saleor-notify --test mails` writes the golden mails anew.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

use mailer::{Mail, MailError, MailErrorKind, Transport};
use serde_json::{Value, json};
use stheno::{EventDescriptor, Key, Outgoing, async_trait, delivery::why::Why, saleor};
use stheno_testkit::{Started, TestApp};

const CONFIG: &str = r#"
[plugins.saleor-notify]
from = "Saleor Store <store@example.com>"
"#;

/// Keeps what it is given.
#[derive(Default)]
struct Recorder(Mutex<Vec<String>>);

#[async_trait]
impl Transport for Recorder {
    async fn deliver(&self, mail: &Mail) -> Result<(), MailError> {
        self.0.lock().unwrap().push(String::from_utf8(mail.bytes().to_vec()).unwrap());
        Ok(())
    }
}

async fn start() -> (Started, Arc<Recorder>) {
    let mails = Arc::new(Recorder::default());
    let app = TestApp::new().config(CONFIG).provide_shared::<dyn Transport>(Arc::clone(&mails) as _);
    (app.plugin(plugin_saleor_notify::plugin()).start().await.unwrap(), mails)
}

/// The 14 notifications.
fn notifications() -> Vec<EventDescriptor> {
    let catalog = saleor::catalog();
    let all: Vec<_> =
        catalog.events().iter().filter(|event| event.pattern.starts_with("saleor.notify.")).cloned().collect();
    assert_eq!(all.len(), 14);
    all
}

fn short(event: &EventDescriptor) -> &'static str {
    event.pattern.trim_start_matches("saleor.notify.")
}

/// The mail that a body causes.
async fn mail(event: &EventDescriptor, body: &Value) -> String {
    let (app, mails) = start().await;
    // The id is a part of the mail's id, so it must be the same in every run of the test. No key can be made of a hostile
    // id, so one is given, as a publisher would have to.
    let key = Key::new("saleor.user", "1").unwrap();
    let published = app.when(Outgoing::raw(event.pattern, body).id("event_1").key(key)).await.unwrap();
    let subscriber = format!("saleor-notify.{}", short(event).replace('_', "-"));
    assert_eq!(app.outcome(&subscriber, &published).await.unwrap(), Why::Handled, "{subscriber}");
    let mut mails = mails.0.lock().unwrap();
    assert_eq!(mails.len(), 1, "{}", event.pattern);
    mails.remove(0)
}

/// The headers, the text and the HTML of a mail.
fn parts(mail: &str) -> [String; 3] {
    let boundary = mail.split("boundary=\"").nth(1).unwrap().split('"').next().unwrap();
    let pieces: Vec<&str> = mail.split(&format!("--{boundary}")).collect();
    let [headers, text, html, "--\r\n"] = pieces.as_slice() else { panic!("{mail}") };
    let undated = headers.split_inclusive("\r\n").filter(|line| !line.starts_with("Date: ")).collect::<String>();
    [undated, decoded(text), decoded(html)].map(|part| part.replace("\r\n", "\n"))
}

/// A part without its headers, and without its encoding.
fn decoded(part: &str) -> String {
    let (headers, body) = part.split_once("\r\n\r\n").unwrap();
    if headers.contains("quoted-printable") {
        return unquoted(body);
    }
    assert!(headers.contains("7bit"), "{headers}");
    body.to_owned()
}

fn unquoted(body: &str) -> String {
    let body = body.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = body.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = (*first == b'=').then(|| std::str::from_utf8(after.get(..2)?).ok()).flatten();
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn assert_golden(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("STHENO_UPDATE").is_some() {
        fs::write(&path, found).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(found == golden.replace("\r\n", "\n"), "{name} is another mail now:\n{found}");
}

#[tokio::test]
async fn every_notification_causes_its_mail_in_text_and_html() {
    for event in notifications() {
        let [headers, text, html] = parts(&mail(&event, &event.example.unwrap()()).await);
        assert_golden(&format!("{}.txt", short(&event)), &format!("{headers}{text}"));
        assert_golden(&format!("{}.html", short(&event)), &html);
    }
}

/// Puts a language into whatever of a payload says one.
fn in_language(body: &mut Value, language: &str) -> usize {
    let mut found = 0;
    for of in ["user", "order"] {
        if let Some(place) = body.pointer_mut(&format!("/payload/{of}/language_code")) {
            *place = language.into();
            found += 1;
        }
    }
    found
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

/// Holds the mail that a notification causes once its payload was edited.
async fn assert_mail(golden: &str, notification: &str, edit: impl FnOnce(&mut Value)) {
    let event = notifications().into_iter().find(|event| short(event) == notification).unwrap();
    let mut body = event.example.unwrap()();
    edit(&mut body["payload"]);
    let [headers, text, html] = parts(&mail(&event, &body).await);
    assert_golden(&format!("{golden}.txt"), &format!("{headers}{text}"));
    assert_golden(&format!("{golden}.html"), &html);
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

/// A line of a fulfillment that is downloaded.
fn downloaded(physical: &Value, name: &str, address: &str) -> Value {
    let mut line = physical.clone();
    line["order_line"]["translated_product_name"] = json!(name);
    line["order_line"]["translated_variant_name"] = json!("");
    line["order_line"]["variant_name"] = json!("");
    line["order_line"]["is_digital"] = json!(true);
    line["order_line"]["is_shipping_required"] = json!(false);
    line["order_line"]["digital_url"] = json!(address);
    line
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
async fn the_best_image_of_the_web_is_shown_and_none_is_needed() {
    let event = notifications().into_iter().find(|event| short(event) == "order_confirmation").unwrap();
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

/// What nobody should be able to write into a mail.
const HOSTILE: &str =
    "<script>alert(1)</script>\"'><img src=x onerror=y>\r\nBcc: all@example.com\r\n\r\n{site}{number}";

/// Puts the hostile text before every text of a payload but the addresses that mails go to, and what is no free text.
fn made_hostile(value: &mut Value, name: &str) {
    const KEPT: [&str; 11] = [
        "notify_event",
        "recipient_email",
        "currency",
        "language_code",
        "created",
        "modified",
        "amount",
        "tracking_number",
        "issued_at",
        "total",
        "captured_amount",
    ];
    match value {
        Value::String(text)
            if !KEPT.contains(&name)
                && !name.ends_with("_amount")
                && !name.ends_with("_value")
                && name != "tax_rate" =>
        {
            *text = format!("{HOSTILE} {text}");
        }
        Value::Array(items) => items.iter_mut().for_each(|item| made_hostile(item, name)),
        Value::Object(object) => object.iter_mut().for_each(|(name, value)| made_hostile(value, name)),
        _ => {}
    }
}

#[tokio::test]
async fn nothing_in_a_payload_can_be_more_than_text() {
    for event in notifications() {
        let mut body = event.example.unwrap()();
        made_hostile(&mut body, "");
        if let Some(tracking) = body.pointer_mut("/payload/fulfillment/tracking_number") {
            *tracking = json!("javascript:alert(1)");
        }
        body["payload"]["logo_url"] = json!("javascript:alert(1)");
        in_language(&mut body, "en");
        let whole = mail(&event, &body).await;
        assert!(!whole.to_lowercase().contains("\nbcc:"), "{whole}");
        let [_, text, html] = parts(&whole);
        for forbidden in ["<script", "<img", "onerror=y>", "'>", "href=\"javascript", "href=\"&lt;"] {
            assert!(!html.contains(forbidden), "{}: {forbidden} in {html}", event.pattern);
        }
        assert!(html.contains("&lt;script&gt;"), "what was written is shown as it was written");
        assert!(text.contains("<script>"));
        // As many tags as without the hostile text, but for the links, which are none any more.
        let tags = |html: &str| html.matches("<td").count() + html.matches("<p").count();
        let [_, _, plain] = parts(&mail(&event, &event.example.unwrap()()).await);
        assert!(tags(&html) <= tags(&plain) + 1, "{}", event.pattern);
    }
}

#[tokio::test]
async fn a_notification_to_nobody_is_a_dead_letter_and_its_token_is_nowhere() {
    let (app, mails) = start().await;
    let event = notifications().into_iter().find(|event| short(event) == "account_delete").unwrap();
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
