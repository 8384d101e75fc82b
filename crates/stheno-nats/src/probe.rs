//! Whether the server knows an id, without storing anything.

use async_nats::{HeaderMap, header};
use bytes::Bytes;
use stheno_core::EventId;

use crate::{
    encode::Outgoing,
    error::{Trouble, code},
    log::Log,
    publish::{self, Tries},
};

/// No message has this id: ids have no spaces.
const NOBODY: &str = "no message";

/// The sequence that an id was first stored with, if that is within the window.
///
/// The message asks for something that never holds, and the server looks for its id before it looks at that.
pub(crate) async fn sequence_of(log: &Log, id: &EventId) -> Result<Option<u64>, Trouble> {
    let outgoing = || {
        let mut headers = HeaderMap::new();
        headers.insert(header::NATS_MESSAGE_ID, id.as_str());
        headers.insert(header::NATS_EXPECTED_LAST_MESSAGE_ID, NOBODY);
        Outgoing { subject: log.subjects.of_scheduled(id).into(), headers, body: Bytes::new() }
    };
    match publish::publish(log, &mut Tries::begin(log), outgoing).await {
        Ok(ack) => Ok(Some(ack.seq)),
        Err(trouble) if trouble.code() == Some(code::WRONG_LAST_ID) => Ok(None),
        Err(trouble) => Err(trouble),
    }
}
