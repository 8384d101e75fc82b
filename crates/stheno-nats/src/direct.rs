//! A few messages of one filter in a single question: Direct Get, which makes no consumer.
//!
//! Each message carries its place in five headers, so this is for few messages. Of several servers any may answer, also
//! one that is behind the leader; whoever asks looks at what the leader says it has missed.

use std::time::Duration;

use async_nats::{HeaderMap, Message, StatusCode};
use futures_util::{FutureExt, StreamExt};
use serde_json::json;
use stheno_core::Timestamp;
use tokio::time::Instant;

use crate::{api::Api, error::Trouble, link::PATIENCE, message::Stored};

/// More messages than this are better read by a consumer.
pub(crate) const MOST: usize = 256;
/// After how long without an answer it is looked whether the server has refused the question.
const LOOK: Duration = Duration::from_millis(100);
/// Bytes that are asked for at once; a single message is always less.
const BYTES: usize = 8 * 1024 * 1024;

/// The first messages of a filter from a sequence on; none when there is none.
pub(crate) async fn next(
    api: &Api,
    stream: &str,
    from: u64,
    filter: &str,
    most: usize,
) -> Result<Vec<Stored>, Trouble> {
    let inbox = api.link.new_inbox();
    let mut health = api.link.health();
    let lost = health.borrow_and_update().lost;
    let mut replies = api.link.subscribe(inbox.clone()).await.map_err(|_| Trouble::Unanswered)?;
    let bytes = BYTES.max(2 * api.link.max_payload());
    let body = json!({ "seq": from.max(1), "next_by_subj": filter, "batch": most.min(MOST), "max_bytes": bytes });
    let subject = api.send_for(&format!("DIRECT.GET.{stream}"), &inbox, &body).await?;
    let until = Instant::now() + PATIENCE + Duration::from_secs(1);
    let mut found = Vec::new();
    loop {
        let message = match replies.next().now_or_never() {
            Some(message) => message,
            None => tokio::select! {
                message = replies.next() => message,
                _ = health.wait_for(|health| health.lost != lost || health.closed) => None,
                () = tokio::time::sleep(LOOK) => match api.link.denial(std::slice::from_ref(&subject)) {
                    Some(said) => return Err(Trouble::Denied(said)),
                    None if Instant::now() < until => continue,
                    None => None,
                },
            },
        };
        let message = message.ok_or(Trouble::Unanswered)?;
        match message.status {
            None => found.push(stored(message)?),
            // The end of what was asked for, or nothing there.
            Some(status) if status.as_u16() == 204 || status == StatusCode::NOT_FOUND => return Ok(found),
            Some(StatusCode::NO_RESPONDERS) => return Err(Trouble::NoResponders),
            Some(status) => return Err(Trouble::Garbled(format!("Direct Get answers {status}"))),
        }
    }
}

fn stored(message: Message) -> Result<Stored, Trouble> {
    let place = message.headers.as_ref().and_then(place);
    let (subject, sequence, stored) =
        place.ok_or_else(|| Trouble::Garbled("a message without its place".to_owned()))?;
    Ok(Stored { subject: subject.into(), sequence, stored, headers: message.headers, body: message.payload })
}

fn place(headers: &HeaderMap) -> Option<(String, u64, Timestamp)> {
    let said = |name: &str| headers.get_last(name).map(|value| value.as_str());
    let stored = humantime::parse_rfc3339(said("Nats-Time-Stamp")?).ok()?;
    Some((said("Nats-Subject")?.to_owned(), said("Nats-Sequence")?.parse().ok()?, Timestamp::from(stored)))
}
