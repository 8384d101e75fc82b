//! From a stored message to an event, as leniently as possible: whoever published it, an event comes of it.
//!
//! - The subject says the name and the key. A `ce-type` that says another name is kept as a header and changes nothing.
//! - The id is `Nats-Msg-Id`, else `ce-id`, else it is made of the log's identity, the storing time and the sequence. One that
//!   cannot be an id (too long, or not printable ASCII) is kept as the header `ce-id`, at least its beginning.
//! - A version of CloudEvents that is not known, and a time that is none, are kept as headers: no handler takes such an event.
//! - Header names are compared without case; of several values the first counts; what a header cannot be is left out.
//! - An envelope (CloudEvents structured mode) is opened, whether its content type says it is one or only its fields: its data
//!   is the body, and its attributes count before `ce-` headers. One that cannot be opened stays the body, which no handler
//!   takes for a payload.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use async_nats::HeaderMap;
use stheno_core::{
    EventId, Headers, RecordedEvent, Timestamp,
    event::envelope::{self, CONTENT_TYPE, Envelope},
    headers,
};

use crate::{
    cloud_events,
    message::Stored,
    subject::{self, Subjects},
};

/// Event names remembered, so that an event of a known name allocates none.
const NAMES: usize = 1_024;
/// The header of a message's id, in lower case.
const MESSAGE_ID: &str = "nats-msg-id";
/// What the server's own headers begin with, in lower case.
const SERVERS_OWN: &str = "nats-";

/// Makes events of messages. Each reader has one of its own.
#[derive(Debug)]
pub(crate) struct Decoder {
    subjects: Subjects,
    /// The identity of the log, which ids are made of.
    log_id: Arc<str>,
    names: HashMap<Box<str>, Arc<str>>,
    /// The name of the event before: often that of the next.
    last: Arc<str>,
    /// The source of an event before: often that of the next, too.
    source: Option<Arc<str>>,
}

/// What the headers say.
#[derive(Debug, Default)]
struct Said {
    id: Option<Arc<str>>,
    cloud_id: Option<Arc<str>>,
    source: Option<Arc<str>>,
    /// The source of an event before, which this one may share.
    source_before: Option<Arc<str>>,
    time: Option<Timestamp>,
    /// A time that is none.
    bad_time: Option<String>,
    /// An id that is none.
    bad_id: Option<String>,
    /// The version of CloudEvents.
    version: Option<String>,
    /// The content type, if it says that the body is an envelope.
    envelope: Option<String>,
    headers: Headers,
}

impl Decoder {
    pub(crate) fn new(subjects: Subjects, log_id: Arc<str>) -> Self {
        Self { subjects, log_id, names: HashMap::new(), last: "".into(), source: None }
    }

    /// The event; `None` for a message that is none, such as one that is scheduled.
    pub(crate) fn event(&mut self, stored: Stored) -> Option<Arc<RecordedEvent>> {
        let (key, name) = self.subjects.parse(stored.subject.as_str())?;
        let key = key.and_then(subject::key).map(Arc::from);
        let name = self.name(name);
        let mut body = stored.body;
        let mut said = Said { source_before: self.source.clone(), ..Said::default() };
        if let Some(map) = &stored.headers {
            said.read(map, &name);
        }
        match envelope::open(&name, said.envelope.as_deref(), &body) {
            Envelope::Opened(opened) => {
                for (attribute, value) in &opened.attributes {
                    said.take(&cloud_events::as_header(attribute), value, &name);
                }
                body = opened.data;
            }
            // Kept, so that whoever reads the event knows what its body is said to be.
            _ => {
                if let Some(declared) = said.envelope.take() {
                    said.keep(CONTENT_TYPE, &declared);
                }
            }
        }
        if said.source.is_some() {
            self.source.clone_from(&said.source);
        }
        said.keep_what_cannot_be();
        let id = said.id.or(said.cloud_id).unwrap_or_else(|| self.derived_id(stored.sequence, stored.stored));
        let time = said.time.unwrap_or(stored.stored);
        Some(Arc::new(RecordedEvent::from_stored(
            stored.sequence,
            id,
            name,
            key,
            said.source,
            time,
            stored.stored,
            said.headers,
            body,
        )))
    }

    /// The id of an event that has none. The storing time tells it from another one that got its sequence after the stream was
    /// restored to an earlier state.
    fn derived_id(&self, sequence: u64, stored: Timestamp) -> Arc<str> {
        format!("{}.{}.{sequence}", self.log_id, stored.as_micros()).into()
    }

    fn name(&mut self, name: &str) -> Arc<str> {
        if *self.last == *name {
            return Arc::clone(&self.last);
        }
        self.last = match self.names.get(name) {
            Some(known) => Arc::clone(known),
            None => {
                let shared: Arc<str> = name.into();
                if self.names.len() < NAMES {
                    self.names.insert(name.into(), Arc::clone(&shared));
                }
                shared
            }
        };
        Arc::clone(&self.last)
    }
}

/// The name of a header in lower case. Most are, and that of the id is known.
fn lower(name: &str) -> Cow<'_, str> {
    match name {
        _ if name.eq_ignore_ascii_case(MESSAGE_ID) => Cow::Borrowed(MESSAGE_ID),
        _ if name.bytes().any(|byte| byte.is_ascii_uppercase()) => Cow::Owned(name.to_ascii_lowercase()),
        lower => Cow::Borrowed(lower),
    }
}

impl Said {
    fn read(&mut self, map: &HeaderMap, event: &str) {
        // The one header of an event that says nothing new.
        if map.len() == 1
            && let Some(id) = map.get(async_nats::header::NATS_MESSAGE_ID)
        {
            self.take_id(id.as_str());
            return;
        }
        let mut pairs = Vec::with_capacity(map.len());
        pairs.extend(map.iter().filter_map(|(name, values)| Some((lower(name.as_ref()), values.first()?.as_str()))));
        // The map has no order; a certain one makes what is read the same each time. The message's own id counts first.
        pairs.sort_unstable_by(|one, other| (one.0 != MESSAGE_ID, one).cmp(&(other.0 != MESSAGE_ID, other)));
        for (name, value) in pairs {
            match name.starts_with(headers::CLOUD_EVENTS) {
                true => self.take(&name, &cloud_events::decode(value), event),
                false => self.take(&name, value, event),
            }
        }
    }

    /// Takes what one header says; its name is in lower case.
    fn take(&mut self, name: &str, value: &str, event: &str) {
        match name {
            MESSAGE_ID => self.take_id(value),
            headers::ID if self.id.is_some() => {}
            headers::ID => {
                self.cloud_id = legal_id(value);
                if self.cloud_id.is_none() {
                    self.bad_id = Some(value.to_owned());
                }
            }
            headers::SOURCE if value == cloud_events::NO_SOURCE => self.source = None,
            headers::SOURCE => {
                let before = self.source_before.as_ref().filter(|before| ***before == *value);
                self.source = Some(before.map_or_else(|| value.into(), Arc::clone));
            }
            headers::TIME => match value.parse() {
                Ok(time) => self.time = Some(time),
                Err(_) => self.bad_time = Some(value.to_owned()),
            },
            headers::SPEC_VERSION => self.version = Some(value.to_owned()),
            headers::TYPE if value == event => {}
            headers::CONTENT_TYPE | headers::SUBJECT => {}
            CONTENT_TYPE if envelope::is_declared(value) => self.envelope = Some(value.to_owned()),
            CONTENT_TYPE => {}
            _ if name.starts_with(SERVERS_OWN) => {}
            _ => self.keep(name, value),
        }
    }

    fn take_id(&mut self, value: &str) {
        self.id = legal_id(value);
        if self.id.is_none() {
            self.bad_id = Some(value.to_owned());
        }
    }

    /// Keeps what cannot be what it says: whoever reads the event can see it.
    fn keep_what_cannot_be(&mut self) {
        if let Some(id) = self.bad_id.take() {
            self.keep(headers::ID, &carried(&id));
        }
        if let Some(time) = self.bad_time.take().filter(|_| self.time.is_none()) {
            self.keep(headers::TIME, &carried(&time));
        }
        if let Some(version) = self.version.take().filter(|version| version != cloud_events::VERSION) {
            self.keep(headers::SPEC_VERSION, &carried(&version));
        }
    }

    fn keep(&mut self, name: &str, value: &str) {
        if self.headers.get(name).is_none()
            && let Err(error) = self.headers.set(name, value)
        {
            tracing::debug!(%error, "a header is left out");
        }
    }
}

/// Most bytes that are kept of a value that cannot be what it says.
const CARRIED: usize = 1_024;

/// A text as a header can carry it: what is not printable ASCII is encoded, and `..` stands for the rest of a long one.
fn carried(text: &str) -> String {
    let stays = |character: char| character == ' ' || character.is_ascii_graphic();
    let whole = if text.chars().all(stays) { text.to_owned() } else { cloud_events::encode(text) };
    match whole.get(..CARRIED) {
        Some(beginning) if whole.len() > CARRIED => format!("{beginning}.."),
        _ => whole,
    }
}

fn legal_id(id: &str) -> Option<Arc<str>> {
    EventId::new(id).ok().map(Arc::from)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use stheno_core::Key;

    use super::*;

    fn event(subject: &str, pairs: &[(&str, &str)], body: &'static str) -> Arc<RecordedEvent> {
        let mut map = HeaderMap::new();
        pairs.iter().for_each(|(name, value)| map.append(*name, *value));
        let stored = Stored {
            subject: subject.to_owned().into(),
            sequence: 7,
            stored: Timestamp::from_micros(5),
            headers: (!pairs.is_empty()).then_some(map),
            body: Bytes::from_static(body.as_bytes()),
        };
        Decoder::new(Subjects::new(""), "log".into()).event(stored).unwrap()
    }

    #[test]
    fn a_bare_body_is_an_event() {
        let bare = event("log._.order.placed", &[], "{}");
        assert_eq!((bare.id.as_str(), bare.name.as_str(), &bare.key), ("log.5.7", "order.placed", &None));
        assert_eq!((bare.time, bare.stored), (Timestamp::from_micros(5), Timestamp::from_micros(5)));
    }

    #[test]
    fn binary_mode_is_read_in_any_case() {
        let pairs = [
            ("Ce-Id", "a%20b"),
            ("CE-SOURCE", "/shop%20a"),
            ("ce-type", "order.placed"),
            ("ce-specversion", "1.0"),
            ("ce-time", "2026-11-22T10:00:00.5Z"),
            ("Ce-CorrelationId", "c"),
            ("Nats-Msg-Id", "id"),
            ("X-Own", "1"),
        ];
        let read = event("log.order:1.order.placed", &pairs, "{}");
        assert_eq!((read.id.as_str(), read.source.as_deref()), ("id", Some("/shop a")));
        assert_eq!(read.key.as_ref().map(Key::as_str), Some("order:1"));
        assert_eq!(read.time.to_string(), "2026-11-22T10:00:00.500000Z");
        assert_eq!(read.headers.iter().collect::<Vec<_>>(), [("ce-correlationid", "c"), ("x-own", "1")]);
    }

    #[test]
    fn an_envelope_is_opened_and_one_that_cannot_be_stays() {
        let envelope = r#"{"specversion":"1.0","id":"e1","type":"order.placed","source":"/s","data":{"id":"o1"}}"#;
        let read = event("log._.order.placed", &[("Content-Type", "application/cloudevents+json")], envelope);
        assert_eq!((read.id.as_str(), &read.body[..]), ("e1", &br#"{"id":"o1"}"#[..]));
        let broken = event("log._.order.placed", &[("Content-Type", "application/cloudevents+json")], "{oops");
        assert_eq!(&broken.body[..], b"{oops");
        assert!(broken.payload().unwrap_err().to_string().contains("envelope"));
    }

    #[test]
    fn a_cloud_event_in_binary_mode_that_cannot_be_read_is_no_payload_and_says_why() {
        for (headers, said) in [
            (&[("ce-specversion", "0.3"), ("ce-id", "e1")][..], "version `0.3`"),
            (&[("Ce-SpecVersion", "2.0")], "version `2.0`"),
            (&[("ce-specversion", "1.0"), ("ce-time", "soon")], "`soon`, which is no time"),
            (&[("ce-time", "")], "``, which is no time"),
        ] {
            let read = event("log._.order.placed", headers, r#"{"id":"o1"}"#);
            let refused = read.payload().unwrap_err().to_string();
            assert!(refused.contains(said), "no `{said}` in: {refused}");
            assert_eq!(&read.body[..], br#"{"id":"o1"}"#, "nothing is lost");
        }
        for version in ["1.0", "1", "1.0.2"] {
            let read = event("log._.order.placed", &[("ce-specversion", version)], r#"{"id":"o1"}"#);
            assert!(read.payload().is_ok(), "{version}");
        }
        let envelope =
            r#"{"specversion":"1.0","id":"e1","type":"order.placed","source":"/s","time":"soon","data":{"id":"o1"}}"#;
        let read = event("log._.order.placed", &[], envelope);
        assert!(read.payload().unwrap_err().to_string().contains("`soon`, which is no time"));
        let envelope = envelope.replace("soon", "2026-11-22T10:00:00Z");
        let headers = [("ce-time", "soon"), ("ce-specversion", "0.3")];
        let read = event("log._.order.placed", &headers, String::leak(envelope));
        assert!(read.payload().is_ok(), "what the envelope says counts before headers");
    }

    #[test]
    fn an_id_that_cannot_be_kept_is_seen_in_the_event_and_no_two_events_share_one() {
        let long = "x".repeat(10_000);
        let envelope = format!(
            r#"{{"specversion":"1.0","id":"{long}","type":"order.placed","source":"/s","data":{{"id":"o1"}}}}"#
        );
        let read = event("log._.order.placed", &[], String::leak(envelope));
        assert_eq!(read.id.as_str(), "log.5.7");
        assert_eq!(read.headers.get("ce-id"), Some(&*format!("{}..", &long[..1_024])));
        assert!(read.payload().is_ok());
        for (name, id, kept) in [
            ("Nats-Msg-Id", "a b", "a b"),
            ("ce-id", "caf\u{e9}", "caf%C3%A9"),
            ("Nats-Msg-Id", &long[..257], &long[..257]),
        ] {
            let read = event("log._.order.placed", &[(name, id)], "{}");
            assert_eq!((read.id.as_str(), read.headers.get("ce-id")), ("log.5.7", Some(kept)));
        }
        let kept = event("log._.order.placed", &[("Nats-Msg-Id", "a b"), ("ce-id", "e1")], "{}");
        assert_eq!((kept.id.as_str(), kept.headers.get("ce-id")), ("e1", Some("a b")));
    }

    #[test]
    fn what_disagrees_or_cannot_be_has_a_defined_outcome() {
        let other_type = event("log._.order.placed", &[("ce-type", "order.canceled")], "{}");
        assert_eq!(other_type.name.as_str(), "order.placed");
        assert_eq!(other_type.headers.get("ce-type"), Some("order.canceled"));
        let twice = event("log._.a", &[("X-A", "1"), ("X-A", "2")], "{}");
        assert_eq!(twice.headers.get("x-a"), Some("1"));
        let illegal = event("log._.a", &[("Nats-Msg-Id", "a b"), ("x-a", "é"), ("ce-time", "soon")], "{}");
        assert_eq!((illegal.id.as_str(), illegal.headers.get("x-a")), ("log.5.7", None));
        assert_eq!(illegal.headers.get("ce-time"), Some("soon"));
        for subject in ["log.nocolon.a", "log.order:%07.a", "log.order:%zz.a", "log.%6Frder:1.a", "log.:1.a"] {
            assert_eq!(event(subject, &[], "{}").key, None, "{subject}");
        }
    }
}
