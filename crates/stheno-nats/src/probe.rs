//! What the server tells those who may not read: whether it knows an id, and where the last event of a key is. Nothing is
//! stored.

use async_nats::{HeaderMap, HeaderValue, Subject, header};
use bytes::Bytes;
use stheno_core::{Key, NewEvent};

use crate::{
    append,
    encode::{EXPECTED_ON, Outgoing},
    error::{Refusal, Trouble, code},
    log::Log,
    publish::{self, Tries},
};

/// What no server understands as a value of the header for roll-ups.
const NONSENSE: &str = "nothing";
/// No event has this sequence.
const NEVER: u64 = 1 << 53;
/// What the server says before the sequence that is there.
const THERE: &str = "wrong last sequence: ";

/// The sequence that the id of an event was first stored with, if that is within the window.
///
/// The message asks for something that there is not, and the server, alone or of several, looks for its id before it looks
/// at that. It goes to where nobody reads; a user who may not publish there asks where the event itself goes.
///
/// An expected last message id would do the same on a single server. Of several (2.15.1) each refuses it when it is about
/// to store the message, takes that for a disk that cannot be written, and the stream stands still until they are restarted.
pub(crate) async fn sequence_of(log: &Log, event: &NewEvent) -> Result<Option<u64>, Trouble> {
    let mut headers = HeaderMap::new();
    headers.insert(header::NATS_MESSAGE_ID, event.id.as_str());
    headers.insert(header::NATS_ROLLUP, NONSENSE);
    let aside = Subject::from(log.subjects.of_scheduled(&event.id));
    let answer = match never(log, aside, &headers).await {
        Err(Trouble::Denied(_)) => never(log, own(log, event), &headers).await,
        answer => answer,
    };
    match answer {
        Ok(ack) if ack.duplicate => Ok(Some(ack.seq)),
        Ok(_) => Err(Trouble::Garbled("a message with a roll-up that there is not was taken".to_owned())),
        Err(trouble) if trouble.code() == Some(code::ROLLUP_FAILED) => Ok(None),
        Err(trouble) => Err(trouble),
    }
}

/// The sequence of the last event of a key, 0 for none, learnt by an append of this event that expects another: whoever
/// may append it may know. `None` while an append of the key is under way.
pub(crate) async fn last_of(log: &Log, event: &NewEvent, key: &Key) -> Result<Option<u64>, Trouble> {
    let mut headers = HeaderMap::new();
    headers.insert(header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, HeaderValue::from(NEVER));
    headers.insert(EXPECTED_ON, log.subjects.of_key(key));
    match never(log, own(log, event), &headers).await {
        Err(trouble) if append::is_conflict(&trouble) => Ok(trouble.refusal().and_then(there)),
        Err(trouble) => Err(trouble),
        Ok(_) => Err(Trouble::Garbled("a message with an expectation that cannot hold was taken".to_owned())),
    }
}

fn there(refusal: &Refusal) -> Option<u64> {
    refusal.description.strip_prefix(THERE)?.parse().ok()
}

fn own(log: &Log, event: &NewEvent) -> Subject {
    log.subjects.of_event(event.key.as_ref(), &event.name).into()
}

/// Sends a message that is never stored.
async fn never(log: &Log, subject: Subject, headers: &HeaderMap) -> Result<publish::Ack, Trouble> {
    let outgoing = || Outgoing { subject: subject.clone(), headers: headers.clone(), body: Bytes::new() };
    publish::publish(log, &mut Tries::begin(log), outgoing).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_that_is_there_is_read_from_what_the_server_says() {
        let refusal = |description: &str| Refusal { code: 400, err_code: 10071, description: description.to_owned() };
        assert_eq!(there(&refusal("wrong last sequence: 12")), Some(12));
        assert_eq!(there(&refusal("wrong last sequence: 0")), Some(0));
        assert_eq!(there(&refusal("wrong last sequence")), None);
    }
}
