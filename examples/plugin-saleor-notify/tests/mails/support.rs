//! The mail that a notification causes, taken apart.

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

use mailer::{Mail, MailError, Transport};
use serde_json::{Value, json};
use stheno::{EventDescriptor, Key, Outgoing, async_trait, delivery::why::Why, saleor};
use stheno_testkit::{Started, TestApp};

pub const CONFIG: &str = r#"
[plugins.saleor-notify]
from = "Saleor Store <store@example.com>"
"#;

/// Keeps what it is given.
#[derive(Default)]
pub struct Recorder(pub Mutex<Vec<String>>);

#[async_trait]
impl Transport for Recorder {
    async fn deliver(&self, mail: &Mail) -> Result<(), MailError> {
        self.0.lock().unwrap().push(String::from_utf8(mail.bytes().to_vec()).unwrap());
        Ok(())
    }
}

pub async fn start() -> (Started, Arc<Recorder>) {
    let mails = Arc::new(Recorder::default());
    let app = TestApp::new().config(CONFIG).provide_shared::<dyn Transport>(Arc::clone(&mails) as _);
    (app.plugin(plugin_saleor_notify::plugin()).start().await.unwrap(), mails)
}

/// The 14 notifications.
pub fn notifications() -> Vec<EventDescriptor> {
    let catalog = saleor::catalog();
    let all: Vec<_> =
        catalog.events().iter().filter(|event| event.pattern.starts_with("saleor.notify.")).cloned().collect();
    assert_eq!(all.len(), 14);
    all
}

/// The notification of this name.
pub fn notification(name: &str) -> EventDescriptor {
    notifications().into_iter().find(|event| short(event) == name).unwrap()
}

pub fn short(event: &EventDescriptor) -> &'static str {
    event.pattern.trim_start_matches("saleor.notify.")
}

/// The mail that a body causes.
pub async fn mail(event: &EventDescriptor, body: &Value) -> String {
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
pub fn parts(mail: &str) -> [String; 3] {
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

pub fn assert_golden(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("STHENO_UPDATE").is_some() {
        fs::write(&path, found).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(found == golden.replace("\r\n", "\n"), "{name} is another mail now:\n{found}");
}

/// Holds the mail that a notification causes once its payload was edited.
pub async fn assert_mail(golden: &str, notification: &str, edit: impl FnOnce(&mut Value)) {
    let event = self::notification(notification);
    let mut body = event.example.unwrap()();
    edit(&mut body["payload"]);
    let [headers, text, html] = parts(&mail(&event, &body).await);
    assert_golden(&format!("{golden}.txt"), &format!("{headers}{text}"));
    assert_golden(&format!("{golden}.html"), &html);
}

/// Puts a language into whatever of a payload says one.
pub fn in_language(body: &mut Value, language: &str) -> usize {
    let mut found = 0;
    for of in ["user", "order"] {
        if let Some(place) = body.pointer_mut(&format!("/payload/{of}/language_code")) {
            *place = language.into();
            found += 1;
        }
    }
    found
}

/// A line of a fulfillment that is downloaded.
pub fn downloaded(physical: &Value, name: &str, address: &str) -> Value {
    let mut line = physical.clone();
    line["order_line"]["translated_product_name"] = json!(name);
    line["order_line"]["translated_variant_name"] = json!("");
    line["order_line"]["variant_name"] = json!("");
    line["order_line"]["is_digital"] = json!(true);
    line["order_line"]["is_shipping_required"] = json!(false);
    line["order_line"]["digital_url"] = json!(address);
    line
}
