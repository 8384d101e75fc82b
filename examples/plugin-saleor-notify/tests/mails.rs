//! Which mails the notifications cause, byte for byte; and that nothing in a payload can be more than text.
//!
//! `STHENO_UPDATE=1 cargo test -p plugin-saleor-notify --test mails` writes the golden mails anew.

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

use mailer::{Mail, MailError, Transport};
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

#[tokio::test]
async fn an_order_with_everything_in_german() {
    let event = notifications().into_iter().find(|event| short(event) == "order_confirmation").unwrap();
    let mut body = event.example.unwrap()();
    in_language(&mut body, "de");
    let order = &mut body["payload"]["order"];
    // Gross prices that add up: 8.00 + 8.00 + 4.90 - 2.00, of which 3.02 is tax.
    order["display_gross_prices"] = json!(true);
    order["subtotal_gross_amount"] = json!("16.00");
    order["shipping_price_gross_amount"] = json!("4.90");
    order["discount_amount"] = json!("2.00");
    order["tax_amount"] = json!("3.02");
    order["total_gross_amount"] = json!("18.90");
    order["order_details_url"] = json!("https://shop.example/orders/1?token=not-a-real-token");
    let mut second = order["lines"][0].clone();
    second["translated_product_name"] = json!("Grüner Tee");
    second["translated_variant_name"] = json!("");
    second["variant_name"] = json!("");
    second["quantity"] = json!(1);
    order["lines"].as_array_mut().unwrap().push(second);
    let [headers, text, html] = parts(&mail(&event, &body).await);
    assert_golden("order_in_german.txt", &format!("{headers}{text}"));
    assert_golden("order_in_german.html", &html);
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

#[tokio::test]
async fn a_mail_that_is_sent_again_is_the_same_mail() {
    let event = notifications().remove(0);
    let body = event.example.unwrap()();
    let [first, second] = [mail(&event, &body).await, mail(&event, &body).await]
        .map(|mail| mail.split_inclusive("\r\n").filter(|line| !line.starts_with("Date: ")).collect::<String>());
    assert_eq!(first, second);
}
