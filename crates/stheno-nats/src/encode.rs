//! An event on its way to the server: its subject and its headers.

use async_nats::{HeaderMap, HeaderName, HeaderValue, Subject, header};
use bytes::Bytes;
use stheno_core::{NewEvent, headers};

use crate::{cloud_events, options::HeaderMode, subject::Subjects};

/// The expectation counts events on these subjects.
pub(crate) const EXPECTED_ON: HeaderName = HeaderName::from_static("Nats-Expected-Last-Subject-Sequence-Subject");

/// A message that can be sent, again and again.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    pub(crate) subject: Subject,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Outgoing {
    /// How much of the server's largest message it takes.
    pub(crate) fn size(&self) -> usize {
        let line = |name: &HeaderName, value: &HeaderValue| {
            let name: &str = name.as_ref();
            name.len() + value.as_str().len() + 4
        };
        let lines = self.headers.iter().flat_map(|(name, values)| values.iter().map(move |value| line(name, value)));
        // The version before them and the empty line behind them.
        lines.sum::<usize>() + 14 + self.body.len()
    }
}

/// An event as it is sent to be stored now.
pub(crate) fn event(event: &NewEvent, subjects: &Subjects, mode: HeaderMode) -> Outgoing {
    let mut map = HeaderMap::new();
    map.insert(header::NATS_MESSAGE_ID, event.id.as_str());
    if mode == HeaderMode::CloudEvents {
        map.insert(headers::SPEC_VERSION, cloud_events::VERSION);
        map.insert(headers::ID, cloud_events::encode(event.id.as_str()));
        map.insert(headers::TYPE, event.name.as_str());
        map.insert(headers::SOURCE, cloud_events::NO_SOURCE);
        map.insert(headers::CONTENT_TYPE, cloud_events::JSON);
        if let Some(key) = &event.key {
            map.insert(headers::SUBJECT, cloud_events::encode(key.as_str()));
        }
    }
    if let Some(source) = &event.source {
        map.insert(headers::SOURCE, cloud_events::encode(source));
    }
    if let Some(time) = event.time {
        map.insert(headers::TIME, time.to_string());
    }
    for (name, value) in event.headers.iter() {
        match name.starts_with(headers::CLOUD_EVENTS) {
            true => map.insert(name, cloud_events::encode(value)),
            false => map.insert(name, value),
        }
    }
    if let (Some(expected), Some(key)) = (event.expected, &event.key) {
        map.insert(header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, HeaderValue::from(expected));
        map.insert(EXPECTED_ON, subjects.of_key(key));
    }
    Outgoing {
        subject: subjects.of_event(event.key.as_ref(), &event.name).into(),
        headers: map,
        body: event.body.clone(),
    }
}

#[cfg(test)]
mod tests {
    use stheno_core::{EventId, EventName, Key};

    use super::*;

    fn an_event() -> NewEvent {
        let mut event = NewEvent::new(EventName::new("order.placed").unwrap(), "{}");
        event.id = EventId::new("1").unwrap();
        event.key = Some(Key::new("order", "o1").unwrap());
        event
    }

    fn sent(outgoing: &Outgoing) -> Vec<(String, String)> {
        let pair = |(name, values): (&HeaderName, &Vec<HeaderValue>)| (name.to_string(), values[0].as_str().to_owned());
        let mut pairs: Vec<_> = outgoing.headers.iter().map(pair).collect();
        pairs.sort();
        pairs
    }

    #[test]
    fn an_event_that_says_nothing_new_has_one_header() {
        let outgoing = event(&an_event(), &Subjects::new(""), HeaderMode::Lean);
        assert_eq!(sent(&outgoing), [("Nats-Msg-Id".to_owned(), "1".to_owned())]);
        assert_eq!(outgoing.subject.as_str(), "log.order:o1.order.placed");
        assert_eq!(outgoing.size(), "NATS/1.0\r\nNats-Msg-Id: 1\r\n\r\n{}".len() + 2);
    }

    #[test]
    fn full_mode_says_every_attribute() {
        let mut full = an_event();
        full.source = Some("/shop a".into());
        let sent = sent(&event(&full, &Subjects::new(""), HeaderMode::CloudEvents));
        let names: Vec<_> = sent.iter().map(|(name, _)| name.as_str()).collect();
        let expected =
            ["Nats-Msg-Id", "ce-datacontenttype", "ce-id", "ce-source", "ce-specversion", "ce-subject", "ce-type"];
        assert_eq!(names, expected);
        assert_eq!(sent[3].1, "/shop%20a");
    }
}
