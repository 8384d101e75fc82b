//! Events that are not in the log before their time: the server keeps them beside it and stores them then.

use async_nats::{HeaderName, header};
use stheno_core::{
    NewEvent, Timestamp,
    backend::{AppendError, Appended},
    headers,
};

use crate::{
    append, cloud_events, encode,
    log::Log,
    message::Stored,
    publish::{self, Tries},
};

const WHEN: HeaderName = HeaderName::from_static("Nats-Schedule");
const TARGET: HeaderName = HeaderName::from_static("Nats-Schedule-Target");

/// Whether a message that was to be published later was sent to where events go: then the server keeps it as the only one of
/// its subject.
pub(crate) fn is_misplaced(log: &Log, message: &Stored) -> bool {
    // One header is the id.
    let scheduled = message.headers.as_ref().is_some_and(|headers| headers.len() > 1 && headers.get(WHEN).is_some());
    scheduled && !log.subjects.is_scheduled(message.subject.as_str())
}

/// Keeps an event until it is due.
pub(crate) async fn append(log: &Log, event: &NewEvent, due: Timestamp) -> Result<Appended, AppendError> {
    let mut tries = Tries::begin(log);
    let refuse = |tries: &Tries, trouble| tries.failed(log, trouble);
    if event.expected.is_some() {
        // The server would hold the expectation against the log when the time has come. It counts now.
        if let Some(sequence) = append::known(log, event).await.map_err(|trouble| refuse(&tries, trouble))? {
            return Ok(Appended::duplicate(sequence));
        }
        if let Some(kind) = append::broken(log, 0, event).await.map_err(|trouble| refuse(&tries, trouble))? {
            return Err(AppendError::new(kind));
        }
    }
    let outgoing = || {
        let mut outgoing = encode::event(event, &log.subjects, log.options.headers);
        let map = std::mem::take(&mut outgoing.headers);
        for (name, values) in map.iter() {
            let expectation = *name == header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE || *name == encode::EXPECTED_ON;
            if let Some(value) = values.first().filter(|_| !expectation) {
                outgoing.headers.insert(name.clone(), value.clone());
            }
        }
        // What is stored then has lost the message's id, so the event's id travels in a header of its own.
        outgoing.headers.insert(headers::ID, cloud_events::encode(event.id.as_str()));
        outgoing.headers.insert(WHEN, format!("@at {due}"));
        outgoing.headers.insert(TARGET, outgoing.subject.as_str());
        outgoing.subject = log.subjects.of_scheduled(&event.id).into();
        outgoing
    };
    append::fits(log, event, &outgoing)?;
    let ack = publish::publish(log, &mut tries, outgoing).await.map_err(|trouble| refuse(&tries, trouble))?;
    match ack.duplicate && !tries.unanswered {
        false => Ok(Appended::scheduled()),
        true => {
            let sequence = append::position(log, ack.seq).await.map_err(|trouble| refuse(&tries, trouble))?;
            Ok(Appended::duplicate(sequence))
        }
    }
}
