//! Bodies that are not the payload but an envelope around it.
//!
//! A body is the documented payload and nothing around it. A program that puts it into an envelope by mistake would be believed
//! all the same wherever the envelope has fields of the payload: the `id` of a CloudEvent would be taken for that of an order.
//! So a CloudEvent is known by its fields, and by the content type that says it is one. A backend that other programs publish
//! to [opens](open) it, and reads one in binary mode by its headers. One that cannot be opened or read, and envelopes of other
//! kinds, are refused by name: when they are published, and when a handler reads them.

use std::{borrow::Cow, fmt};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::{
    event::tolerant,
    headers::{self, Headers},
    shown::shown,
    time::Timestamp,
};

/// The header that says what a body is.
pub const CONTENT_TYPE: &str = "content-type";
/// The content type of an envelope begins so.
const CLOUD_EVENTS: &str = "application/cloudevents";
/// The type that Dapr gives to every event, unless its publisher chooses another.
const DAPRS_OWN: &str = "com.dapr.event.sent";

/// A body, looked at.
#[derive(Debug, PartialEq)]
#[non_exhaustive]
pub enum Envelope {
    /// It is no envelope.
    No,
    /// It is a CloudEvent: its attributes and its data.
    Opened(Opened),
    /// It is an envelope, and not opened, for a reason.
    Refused(String),
}

/// A CloudEvent that was opened.
#[derive(Debug, PartialEq)]
#[non_exhaustive]
pub struct Opened {
    /// The attributes (`id`, `source`, `time`, ..) and what they say.
    pub attributes: Vec<(String, String)>,
    /// The data, byte for byte.
    pub data: Bytes,
}

/// Whether a content type says that the body is a CloudEvent, or a batch of them.
pub fn is_declared(content_type: &str) -> bool {
    let content_type = content_type.trim_start();
    content_type.get(..CLOUD_EVENTS.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(CLOUD_EVENTS))
}

/// Looks at the body of an event of this name. The content type says more than the body, if there is one.
///
/// What has `specversion` beside `id`, `source` and `type`, or beside its data, is a CloudEvent. It is opened if its version is
/// 1, its data is there and is JSON, and its `type` is the name, ends with it (`com.example.order.placed`), or is Dapr's own.
///
/// ```
/// use bytes::Bytes;
/// use stheno_core::event::envelope::{Envelope, open};
/// let body = r#"{"specversion":"1.0","type":"order.placed","source":"/shop","id":"e7","data":{"id":"order_1"}}"#;
/// let Envelope::Opened(opened) = open("order.placed", None, &Bytes::from(body)) else { panic!("it is one") };
/// assert_eq!(opened.data, r#"{"id":"order_1"}"#);
/// assert_eq!(open("order.placed", None, &Bytes::from(r#"{"id":"order_1"}"#)), Envelope::No);
/// ```
pub fn open(name: &str, content_type: Option<&str>, body: &Bytes) -> Envelope {
    let declared = content_type.filter(|content_type| is_declared(content_type));
    if declared.is_none() && !may_be_one(body) {
        return Envelope::No;
    }
    if let Some(declared) = declared
        && let Some(problem) = wrong_format(declared)
    {
        return Envelope::Refused(problem);
    }
    let plain = serde_json::from_slice::<Members<'_>>(body);
    // A byte order mark in front, or half a character somewhere, hides no envelope.
    let mended = if plain.is_err() { tolerant::of_same_length(body) } else { None };
    let (text, read) = match &mended {
        Some(mended) => (mended.as_slice(), serde_json::from_slice::<Members<'_>>(mended)),
        None => (&body[..], plain),
    };
    match read {
        Ok(members) if declared.is_some() || members.are_a_cloud_event() => match members.open(name, text, body) {
            Ok(opened) => Envelope::Opened(opened),
            Err(problem) => {
                Envelope::Refused(format!("the body is a CloudEvents envelope that cannot be opened: {problem}"))
            }
        },
        Ok(members) => members.foreign(name).map_or(Envelope::No, |kind| {
            let fix = "publish the documented payload and nothing around it";
            Envelope::Refused(format!("the body looks like an envelope of {kind}; {fix}"))
        }),
        Err(_) if first_of_batch(text).is_some_and(|first| first.are_a_cloud_event()) => Envelope::Refused(batch()),
        Err(_) if declared.is_some() => Envelope::Refused(
            "the content type says that the body is a CloudEvents envelope, and it is no JSON object".to_owned(),
        ),
        // What is no object is none of these.
        Err(_) => Envelope::No,
    }
}

/// Why a body is not read as the payload of its event, if it is an envelope of any kind.
pub(crate) fn refusal(name: &str, content_type: Option<&str>, body: &Bytes) -> Option<String> {
    match open(name, content_type, body) {
        Envelope::No => None,
        Envelope::Opened(_) => Some(
            "the body is a CloudEvents envelope; publish what is in its `data`, and give its `id` and `source` as those of the \
             event"
                .to_owned(),
        ),
        Envelope::Refused(problem) => Some(problem),
    }
}

/// Why nobody reads the body of an event whose headers say that it is a CloudEvent in binary mode: of a version that is not
/// known, or with a time that is none.
pub(crate) fn refusal_of_headers(event: &Headers) -> Option<String> {
    if let Some(version) = event.get(headers::SPEC_VERSION)
        && !is_known(version)
    {
        let (name, version) = (headers::SPEC_VERSION, shown(version));
        return Some(format!(
            "its header `{name}` says that it is a CloudEvent of version `{version}`, and 1.0 is read"
        ));
    }
    let time = event.get(headers::TIME).filter(|time| time.parse::<Timestamp>().is_err())?;
    let (name, time) = (headers::TIME, shown(time));
    Some(format!(
        "its header `{name}` is `{time}`, which is no time; write it as 2026-11-22T10:00:00Z, or leave it out"
    ))
}

/// Whether this is a version of CloudEvents that is read.
fn is_known(version: &str) -> bool {
    version == "1" || version.starts_with("1.")
}

fn batch() -> String {
    "the body is a batch of CloudEvents; publish each as an event of its own".to_owned()
}

/// What keeps a body of this declared type from being opened.
fn wrong_format(content_type: &str) -> Option<String> {
    let format = content_type.trim_start().get(CLOUD_EVENTS.len()..).unwrap_or_default();
    let format = format.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match format.as_str() {
        "" | "+json" => None,
        _ if format.starts_with("-batch") => Some(batch()),
        other => Some(format!(
            "the body is a CloudEvents envelope in the format `{}`; only `+json` is read",
            shown(other.trim_start_matches('+'))
        )),
    }
}

/// Whether some text in the body may be a member that only envelopes have. Most bodies have none, and are not parsed here.
fn may_be_one(body: &[u8]) -> bool {
    const MARKS: [&[u8]; 20] = [
        b"detail",
        b"payload\"",
        b"message\"",
        b"body\"",
        b"eventType\"",
        b"TopicArn\"",
        b"messageType\"",
        b"before\"",
        b"object\"",
        b"subscription\"",
        b"cloudEventsVersion\"",
        b"data\"",
        b"trigger\"",
        b"record\"",
        b"resource_type\"",
        b"occurred_at\"",
        b"notificationType\"",
        b"jsonrpc\"",
        b"ReceiptHandle\"",
        b"Records\"",
    ];
    let quotes = body.iter().enumerate().filter(|(_, byte)| **byte == b'"').map(|(at, _)| &body[at + 1..]);
    quotes.into_iter().any(|rest| {
        let Some(first) = rest.first() else { return false };
        match first {
            // A name may be written in escapes.
            b's' | b'S' | b'\\' => {
                let name = rest.get(..11);
                *first == b'\\' || name.is_some_and(|name| name.eq_ignore_ascii_case(b"specversion"))
            }
            _ => MARKS.iter().any(|mark| mark.first() == Some(first) && rest.starts_with(mark)),
        }
    })
}

/// The members of an object, in order, none parsed.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    members.push((Cow::Owned(name), value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(All)
    }
}

/// The first object of an array.
fn first_of_batch(body: &[u8]) -> Option<Members<'_>> {
    let items: Vec<&RawValue> = serde_json::from_slice(body).ok()?;
    serde_json::from_str(items.first()?.get()).ok()
}

impl Members<'_> {
    fn get(&self, name: &str) -> Option<&RawValue> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    /// Whether the member is there, and not null.
    fn has(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.get() != "null")
    }

    fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.get(name)?.get()).ok()
    }

    /// Whether they are those of a CloudEvent, whole or not.
    fn are_a_cloud_event(&self) -> bool {
        let is = |name: &str| self.0.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        let context = ["id", "source", "type"].into_iter().filter(|name| is(name)).count();
        is("specversion") && (context == 3 || context > 0 && (is("data") || is("data_base64")))
    }

    /// Opens it. The text is that of the body, byte for byte at the same place.
    fn open(&self, name: &str, text: &[u8], body: &Bytes) -> Result<Opened, String> {
        let names = self.0.iter().map(|(name, _)| name);
        if let Some(twice) =
            names.clone().enumerate().find_map(|(at, name)| names.clone().take(at).find(|other| *other == name))
        {
            return Err(format!("`{}` is there twice", shown(twice)));
        }
        let attribute = |name: &str| {
            let found = self.text(name).filter(|text| !text.is_empty());
            found.ok_or_else(|| match self.has(name) {
                true => format!("its `{name}` is not a text, or empty"),
                false => format!("it has no `{name}`"),
            })
        };
        let version = attribute("specversion")?;
        if !is_known(&version) {
            return Err(format!("its `specversion` is `{}`, and 1.0 is read", shown(&version)));
        }
        for name in ["id", "source"] {
            attribute(name)?;
        }
        let said = attribute("type")?;
        let says_name =
            said == name || said == DAPRS_OWN || said.strip_suffix(name).is_some_and(|before| before.ends_with('.'));
        if !says_name {
            return Err(format!("its `type` is `{}`, and it was published as `{}`", shown(&said), shown(name)));
        }
        if let Some(kind) = self.get("datacontenttype").filter(|_| self.has("datacontenttype"))
            && !serde_json::from_str::<String>(kind.get()).is_ok_and(|kind| is_json(&kind))
        {
            return Err("its `datacontenttype` is not JSON".to_owned());
        }
        let data = match (self.get("data").filter(|_| self.has("data")), self.has("data_base64")) {
            (Some(_), true) => return Err("it has both `data` and `data_base64`".to_owned()),
            (Some(data), false) => {
                let start = data.get().as_ptr().addr() - text.as_ptr().addr();
                body.slice(start..start + data.get().len())
            }
            (None, true) => {
                let bytes = self.text("data_base64").and_then(|text| BASE64.decode(text).ok());
                bytes.ok_or("its `data_base64` is not base64")?.into()
            }
            (None, false) => return Err("it has no `data`".to_owned()),
        };
        let others = self.0.iter().filter(|(name, _)| name != "data" && name != "data_base64");
        let attributes = others.filter_map(|(name, value)| Some((name.to_string(), said_by(value)?))).collect();
        Ok(Opened { attributes, data })
    }

    /// Which other envelope they are those of.
    fn foreign(&self, name: &str) -> Option<&'static str> {
        const KINDS: [(&str, &[&str]); 19] = [
            ("Amazon EventBridge", &["detail-type", "detail", "source"]),
            ("Azure Event Grid", &["eventType", "eventTime", "data"]),
            ("Amazon SNS", &["Type", "MessageId", "TopicArn"]),
            ("MassTransit", &["messageId", "messageType", "message"]),
            ("Debezium", &["before", "after", "op", "source"]),
            ("Google Pub/Sub", &["message", "subscription"]),
            ("CloudEvents 0.1", &["cloudEventsVersion", "eventType"]),
            ("CloudEvents without `specversion`", &["id", "source", "type", "data", "datacontenttype"]),
            ("Hasura", &["trigger", "table", "event", "created_at"]),
            ("Supabase", &["type", "table", "schema", "record"]),
            ("PayPal", &["event_type", "resource", "resource_type"]),
            ("Chargebee", &["event_type", "content", "occurred_at"]),
            ("commercetools", &["notificationType", "resource", "projectKey"]),
            ("JSON-RPC", &["jsonrpc", "method"]),
            ("an outbox's row", &["aggregate_type", "event_type", "payload"]),
            ("Kafka Connect", &["schema", "payload"]),
            ("Amazon SQS", &["MessageId", "ReceiptHandle", "Body"]),
            ("AWS Lambda", &["Records"]),
            ("ActivityStreams", &["@context", "type", "object"]),
        ];
        let is = |names: &[&str]| names.iter().all(|name| self.get(name).is_some());
        if let Some((kind, _)) = KINDS.into_iter().find(|(_, names)| is(names)) {
            return Some(kind);
        }
        let is_stripe = self.text("object").is_some_and(|object| match object.as_str() {
            "event" => is(&["id", "type", "data"]),
            other => other.starts_with("v2.core.event") && is(&["id", "type"]),
        });
        // Nothing but an envelope repeats the name of the event, and has something inside.
        let has_inside = ["data", "payload", "detail", "message", "body"].into_iter().any(|inside| self.has(inside));
        let repeats =
            |(_, value): &(_, &RawValue)| serde_json::from_str::<String>(value.get()).is_ok_and(|text| text == name);
        let is_other = has_inside && self.0.iter().any(repeats);
        is_stripe.then_some("Stripe").or(is_other.then_some("another kind, which repeats the name of the event"))
    }
}

fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind.ends_with("/json") || kind.ends_with("+json")
}

/// Attributes are texts, numbers and truth values; null is as if it were missing.
fn said_by(value: &RawValue) -> Option<String> {
    match serde_json::from_str(value.get()) {
        Ok(serde_json::Value::String(text)) => Some(text),
        Ok(serde_json::Value::Null) | Err(_) => None,
        Ok(_) => Some(value.get().to_owned()),
    }
}

#[cfg(test)]
mod tests;
