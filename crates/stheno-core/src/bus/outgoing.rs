//! Events before they are sent: typed ones, and raw ones that are checked against the catalogs.

use std::{cell::Cell, time::Duration};

use bytes::Bytes;
use serde_json::Value;

use crate::{
    bus::{
        given::{Given, Setting},
        kind::PublishErrorKind,
    },
    catalog::{EventDescriptor, set::Catalogs},
    event::{
        envelope,
        recorded::{EventId, NewEvent},
        typed::{DecodeError, Event, decode_json},
    },
    headers::{self, HeaderError, Headers},
    key::{Key, KeyError},
    name::EventName,
    time::{Clock, Timestamp},
};

/// An event before it is sent. Every typed [`Event`] turns into one; [`Outgoing::raw`] makes one of a name and JSON.
///
/// A mistake made while building it (an empty id, a wildcard in the name) is kept and returned when it is published.
#[derive(Debug)]
pub struct Outgoing {
    event: Result<NewEvent, Box<Refused>>,
    origin: Origin,
    /// How long after it is published it comes into the log; its bus knows the time.
    delay: Option<Duration>,
    /// What was said of it, once each.
    given: Given,
}

/// An event that is wrong, or that the log did not take.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) kind: PublishErrorKind,
    pub(crate) name: String,
    /// The event, unless something was wrong with it while it was built.
    pub(crate) event: Option<Outgoing>,
}

impl Refused {
    pub(crate) fn of(kind: PublishErrorKind, event: Outgoing) -> Self {
        let refused = Self::without_event(kind, event.as_event().map_or("", |event| event.name.as_str()));
        Self { event: Some(event), ..refused }
    }

    fn without_event(kind: PublishErrorKind, name: &str) -> Self {
        Self { kind, name: name.chars().take(80).collect(), event: None }
    }
}

/// Who wrote the body, and so what has to be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// Its payload type.
    Typed,
    /// Somebody by hand, who may have misspelt a field.
    Raw,
    /// The platform whose event it is.
    Received,
    /// The same, under a name that the platform has not documented.
    Undocumented,
}

impl Origin {
    /// Whether a platform wrote the body: then it is kept whatever it is.
    fn is_platform(self) -> bool {
        matches!(self, Self::Received | Self::Undocumented)
    }
}

/// A key, or two texts that make one.
pub trait IntoKey {
    /// Makes the key.
    ///
    /// # Errors
    /// [`KeyError`] when the texts make none.
    fn into_key(self) -> Result<Key, KeyError>;
}

impl IntoKey for Key {
    fn into_key(self) -> Result<Key, KeyError> {
        Ok(self)
    }
}

impl IntoKey for &str {
    fn into_key(self) -> Result<Key, KeyError> {
        Key::parse(self)
    }
}

impl IntoKey for (&str, &str) {
    fn into_key(self) -> Result<Key, KeyError> {
        Key::new(self.0, self.1)
    }
}

impl<E: Event> From<E> for Outgoing {
    fn from(event: E) -> Self {
        let text = Event::name(&event);
        let refused = |kind| Box::new(Refused::without_event(kind, &text));
        let made = EventName::new(&*text).map_err(|error| refused(PublishErrorKind::Name(error))).and_then(|name| {
            let body = to_json(&event)
                .map_err(|error| refused(PublishErrorKind::Payload(DecodeError::new("", error.to_string()))))?;
            let mut new = NewEvent::new(name, body);
            new.key = event.key();
            Ok(new)
        });
        Self { event: made, origin: Origin::Typed, delay: None, given: Given::default() }
    }
}

/// The most room that is made for a body beforehand, in bytes.
const ROOM: usize = 16 * 1024;

/// The body of an event. A thread often publishes events of one size: room for one like the last saves moving it as it grows.
fn to_json(event: &impl Event) -> serde_json::Result<Vec<u8>> {
    thread_local! {
        static LAST: Cell<usize> = const { Cell::new(0) };
    }
    let mut body = Vec::with_capacity(LAST.get().clamp(64, ROOM));
    serde_json::to_writer(&mut body, event)?;
    LAST.set(body.len());
    Ok(body)
}

impl Outgoing {
    /// An event by its name and JSON body; the body is checked against what the name documents.
    pub fn raw(name: &str, body: &Value) -> Self {
        Self::raw_bytes(name, body.to_string())
    }

    /// The same with a body that is already JSON text, which is stored byte for byte.
    pub fn raw_bytes(name: &str, body: impl Into<Bytes>) -> Self {
        let event = EventName::new(name).map(|name| NewEvent::new(name, body));
        let event = event.map_err(|error| Box::new(Refused::without_event(PublishErrorKind::Name(error), name)));
        Self { event, origin: Origin::Raw, delay: None, given: Given::default() }
    }

    /// Says that the body is as the platform itself wrote it, such as a webhook: it is kept whatever it is, because the platform will
    /// not send it again. A body that a typed subscriber cannot read is marked with the reason in the header
    /// [`stheno-unread`](crate::headers::UNREAD), and becomes a dead letter of each such subscriber; it has its key if its id can be
    /// read. The name has to be known, a body must not be an envelope, and it is no longer than the bus allows.
    ///
    /// ```
    /// # use stheno_core::Outgoing;
    /// let webhook = Outgoing::raw_bytes("order.placed", r#"{"id":"order_1","no_notification":"maybe"}"#).as_received();
    /// # let _ = webhook;
    /// ```
    #[must_use]
    pub fn as_received(mut self) -> Self {
        if self.origin == Origin::Raw {
            self.origin = Origin::Received;
        }
        self
    }

    /// An event that a platform sent and that no catalog has: a new verb, a code that is not documented. It is kept as it came, under
    /// a name that no catalog need know. Give it the [key](Self::key) of what it is about, if its id can be read.
    ///
    /// A subscriber of such names declares them with `declare_event!`.
    pub fn undocumented(name: &str, body: impl Into<Bytes>) -> Self {
        Self { origin: Origin::Undocumented, ..Self::raw_bytes(name, body) }
    }

    /// Gives the key, in place of the one the catalog's rule finds.
    #[must_use]
    pub fn key(self, key: impl IntoKey) -> Self {
        let key = key.into_key();
        self.set(Setting::Key, |event| {
            event.key = Some(key.map_err(PublishErrorKind::Key)?);
            Ok(())
        })
    }

    /// Gives the id: the same id is the same event.
    #[must_use]
    pub fn id(self, id: &str) -> Self {
        self.set(Setting::Id, |event| {
            event.id = EventId::new(id).map_err(PublishErrorKind::Id)?;
            Ok(())
        })
    }

    /// Says where the event comes from.
    #[must_use]
    pub fn source(self, source: &str) -> Self {
        self.set(Setting::Source, |event| {
            check_source(source)?;
            event.source = Some(source.into());
            Ok(())
        })
    }

    /// Says when it happened, if not now.
    #[must_use]
    pub fn time(self, time: Timestamp) -> Self {
        self.set(Setting::Time, |event| {
            event.time = Some(time);
            Ok(())
        })
    }

    /// Adds a header.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        self.change(|event, given| {
            given.header_once(name)?;
            event.headers.set(name, value).map_err(PublishErrorKind::Header)
        })
    }

    /// Says which conversation it belongs to.
    #[must_use]
    pub fn correlation(self, id: &str) -> Self {
        self.header(headers::CORRELATION, id)
    }

    /// Stores it only if the last event of its key has this sequence; 0 if there must be none. The event needs a key.
    #[must_use]
    pub fn expect_last(self, sequence: u64) -> Self {
        self.set(Setting::ExpectLast, |event| {
            event.expected = Some(sequence);
            Ok(())
        })
    }

    /// Puts it into the log this much later than it is published.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = Some(delay);
        self.set(Setting::Delay, |_| Ok(()))
    }

    /// Puts it into the log at this time, or now if that has passed.
    #[must_use]
    pub fn at(self, time: Timestamp) -> Self {
        self.set(Setting::At, |event| {
            event.not_before = Some(time);
            Ok(())
        })
    }

    /// The same, which cannot be published for this reason. The error gives the event back.
    pub(crate) fn refused(self, kind: PublishErrorKind) -> Self {
        if self.event.is_err() {
            return self;
        }
        let origin = self.origin;
        Self { event: Err(Box::new(Refused::of(kind, self))), origin, delay: None, given: Given::default() }
    }

    /// What a handler publishes: what the event does not say itself, its cause says.
    pub(crate) fn caused_by(self, id: &str, correlation: &str, causation: &str) -> Self {
        self.change(|event, given| {
            if !given.has(Setting::Id) {
                event.id = EventId::new(id).map_err(PublishErrorKind::Id)?;
            }
            for (name, value) in [(headers::CORRELATION, correlation), (headers::CAUSATION, causation)] {
                if !given.has_header(name) {
                    event.headers.set(name, value).map_err(PublishErrorKind::Header)?;
                }
            }
            Ok(())
        })
    }

    /// Takes a setting that is given once.
    fn set(self, setting: Setting, set: impl FnOnce(&mut NewEvent) -> Result<(), PublishErrorKind>) -> Self {
        self.change(|event, given| {
            given.once(setting)?;
            set(event)
        })
    }

    fn change(mut self, change: impl FnOnce(&mut NewEvent, &mut Given) -> Result<(), PublishErrorKind>) -> Self {
        if let Ok(event) = &mut self.event
            && let Err(kind) = change(event, &mut self.given)
        {
            // Without what was refused it would be another event: with another key, or another id.
            self.event = Err(Box::new(Refused::without_event(kind, event.name.as_str())));
        }
        self
    }

    /// An event that has passed the checks.
    pub(crate) fn checked(event: NewEvent) -> Self {
        Self { event: Ok(event), origin: Origin::Typed, delay: None, given: Given::default() }
    }

    /// Its id, also when something was wrong with the event.
    pub(crate) fn id_of(&self) -> Option<&EventId> {
        match &self.event {
            Ok(event) => Some(&event.id),
            Err(refused) => refused.event.as_ref()?.id_of(),
        }
    }

    /// The event if nothing was wrong so far.
    pub(crate) fn as_event(&self) -> Option<&NewEvent> {
        self.event.as_ref().ok()
    }

    /// The checks that need the bus: the name is known, the body is no longer than it may be, a raw one is what the name
    /// documents, the key is found.
    pub(crate) fn finish(self, terms: &Terms<'_>) -> Result<NewEvent, Box<Refused>> {
        let Self { event, origin, delay, given } = self;
        let mut event = event?;
        if let Some(delay) = delay {
            event.not_before = Some(terms.clock.now().plus(delay));
        }
        match complete(&mut event, origin, terms) {
            Ok(()) => Ok(event),
            Err(kind) => Err(Box::new(Refused::of(kind, Self { event: Ok(event), origin, delay: None, given }))),
        }
    }
}

/// What a bus checks events against.
pub(crate) struct Terms<'b> {
    pub(crate) catalogs: &'b Catalogs,
    pub(crate) clock: &'b dyn Clock,
    /// Longest body in bytes.
    pub(crate) max_body: usize,
}

fn complete(event: &mut NewEvent, origin: Origin, terms: &Terms<'_>) -> Result<(), PublishErrorKind> {
    let Terms { catalogs, max_body, .. } = *terms;
    if let Some(duplicate) = catalogs.duplicates().first() {
        return Err(PublishErrorKind::Catalogs(duplicate.clone()));
    }
    let content_type = event.headers.get(envelope::CONTENT_TYPE);
    let refusal = envelope::refusal(event.name.as_str(), content_type, &event.body);
    if let Some(problem) = refusal.or_else(|| envelope::refusal_of_headers(&event.headers)) {
        return Err(PublishErrorKind::Payload(DecodeError::new("", problem)));
    }
    let descriptor = catalogs.find(&event.name);
    match (origin, descriptor) {
        (Origin::Typed, _) | (Origin::Undocumented, None) => {}
        (Origin::Raw | Origin::Received, None) => {
            return Err(PublishErrorKind::UnknownName { nearest: catalogs.nearest(event.name.as_str()) });
        }
        (Origin::Raw, Some(known)) => known.check(&event.name, &event.body).map_err(PublishErrorKind::Payload)?,
        (Origin::Received | Origin::Undocumented, Some(known)) => {
            if let Err(unread) = known.check_received(&event.name, &event.body) {
                mark_unread(event, &unread)?;
            }
        }
    }
    if event.key.is_none() && origin != Origin::Typed {
        event.key = catalogs.key_of(&event.name, &event.body);
    }
    if event.key.is_none() && !origin.is_platform() {
        check_key(descriptor, event)?;
    }
    match event.body.len() {
        length if length > max_body => Err(PublishErrorKind::TooLarge { length, limit: max_body }),
        _ => Ok(()),
    }
}

/// Most characters of the reason that is said of a body that cannot be read.
const MOST_OF_REASON: usize = 200;

/// Says in a header of the event that its body cannot be read, and why.
fn mark_unread(event: &mut NewEvent, unread: &DecodeError) -> Result<(), PublishErrorKind> {
    tracing::warn!(
        name = %event.name, id = %event.id, error = %unread,
        "what a platform sent cannot be read; it is kept, and becomes a dead letter of who reads it by its type"
    );
    let printable = |character: char| if (' '..='~').contains(&character) { character } else { '?' };
    let reason: String = unread.to_string().chars().take(MOST_OF_REASON).map(printable).collect();
    event.headers.set(headers::UNREAD, &reason).map_err(PublishErrorKind::Header)
}

/// An event that has no key although its body names what it is about would lose its order without a word.
fn check_key(descriptor: Option<&EventDescriptor>, event: &NewEvent) -> Result<(), PublishErrorKind> {
    let Some(rule) = descriptor.map(|descriptor| descriptor.key).filter(|rule| !rule.sources().is_empty()) else {
        return Ok(());
    };
    let body: Value = decode_json(&event.body).map_err(PublishErrorKind::Payload)?;
    rule.check(&body).map_err(PublishErrorKind::Payload)
}

fn check_source(source: &str) -> Result<(), PublishErrorKind> {
    let checked: Result<(), HeaderError> = Headers::new().set(headers::SOURCE, source);
    checked.map_err(PublishErrorKind::Header)?;
    if source.is_empty() { Err(PublishErrorKind::EmptySource) } else { Ok(()) }
}
