//! What is sent, and what its answers mean.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use serde_json::Value;

use crate::{
    backend::{Append, AppendError, AppendErrorKind, Appended, BackendError, BackendErrorKind, Query},
    bus::{
        Bus,
        again::{self, Cause},
        error::PublishError,
        kind::PublishErrorKind,
        outgoing::Outgoing,
        published::{Comparison, Published},
    },
    event::recorded::{EventId, NewEvent},
    join,
    name::EventName,
};

/// Events that [`Bus::publish_all`] has in flight at once.
const WINDOW: usize = 256;

/// What follows when the log has another event under the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnOther {
    /// The publisher is told that its event is not in the log.
    Refuse,
    /// It is what an earlier attempt at this event has published; that one stands, however long ago it was.
    FirstStands(Cause),
}

/// Whether this bus may read the log. Who may not is told so once: a server notes each refusal in its log.
#[derive(Debug, Clone, Default)]
pub(super) struct Readable(Arc<AtomicBool>);

type Outcome = Result<Published, PublishError>;

/// Sends one event.
pub(super) async fn one(bus: &Bus, event: NewEvent, on_other: OnOther) -> Outcome {
    if let OnOther::FirstStands(cause) = on_other {
        match again::published(bus, &event, cause).await {
            Ok(None) => {}
            Ok(Some(earlier)) => return answered(bus, event, earlier, on_other).await,
            Err(error) => return Err(PublishError::append(error.into(), Outgoing::checked(event))),
        }
    }
    // The backend takes the event; what could not be stored goes back to the publisher.
    let sent = event.clone();
    match bus.backend().append(Append::one(event)).await {
        Ok(appended) => match appended[..] {
            [appended] => answered(bus, sent, appended, on_other).await,
            _ => Err(PublishError::append(no_answer(), Outgoing::checked(sent))),
        },
        Err(error) => Err(PublishError::append(error, Outgoing::checked(sent))),
    }
}

/// Sends events, each on its own and many in flight. After a window with an error no further one is sent.
pub(super) async fn each(bus: &Bus, mut events: impl Iterator<Item = NewEvent>) -> Vec<Outcome> {
    let mut results = Vec::with_capacity(events.size_hint().0);
    loop {
        // A window is sent in order from one task, so the log has the events in the order they were given.
        let sent = events.by_ref().take(WINDOW).map(|event| one(bus, event, OnOther::Refuse));
        let outcomes = join::all(sent).await;
        let last = outcomes.is_empty() || outcomes.iter().any(Result::is_err);
        results.extend(outcomes);
        if last {
            results.extend(events.map(|event| Err(not_sent(Ok(event)))));
            return results;
        }
    }
}

/// Sends events of which all are stored or none.
pub(super) async fn batch(bus: &Bus, events: Vec<NewEvent>) -> Vec<Outcome> {
    let limit = bus.backend().abilities().max_batch;
    if events.is_empty() {
        return Vec::new();
    }
    if events.len() > limit {
        return refused(AppendError::new(AppendErrorKind::TooMany { events: events.len(), limit }), events);
    }
    let sent = events.clone();
    match bus.backend().append(Append::batch(events)).await {
        Ok(appended) if appended.len() == sent.len() => {
            let answers = sent.into_iter().zip(appended);
            join::all(answers.map(|(event, appended)| answered(bus, event, appended, OnOther::Refuse))).await
        }
        Ok(_) => refused(no_answer(), sent),
        Err(error) => refused(error, sent),
    }
}

/// An event that is not sent because of another one, unless something is wrong with it itself.
pub(super) fn not_sent(event: Result<NewEvent, PublishError>) -> PublishError {
    match event {
        Ok(event) => PublishError::of(PublishErrorKind::NotSent, Outgoing::checked(event)),
        Err(error) => error,
    }
}

/// What it means for each event of a batch that it was refused.
fn refused(error: AppendError, events: Vec<NewEvent>) -> Vec<Outcome> {
    let kind = error.kind();
    let guilty = match kind {
        AppendErrorKind::Conflict { index, .. } | AppendErrorKind::TooLarge { index, .. } if index < events.len() => {
            index
        }
        _ => 0,
    };
    let mut error = Some(error);
    let result = |(index, event): (usize, NewEvent)| {
        let event = Outgoing::checked(event);
        Err(match (kind, error.take_if(|_| index == guilty)) {
            (_, Some(error)) => PublishError::append(error, event),
            (AppendErrorKind::Unknown, None) => PublishError::of(PublishErrorKind::Append(kind), event),
            _ => PublishError::of(PublishErrorKind::NotSent, event),
        })
    };
    events.into_iter().enumerate().map(result).collect()
}

/// A backend that does not answer for each event leaves open what became of it.
fn no_answer() -> AppendError {
    AppendError::unknown(BackendError::new(BackendErrorKind::Other, "the log gave no answer for each event"))
}

/// What the log's answer means.
async fn answered(bus: &Bus, event: NewEvent, appended: Appended, on_other: OnOther) -> Outcome {
    let Appended { sequence, duplicate } = appended;
    if !duplicate {
        return Ok(Published { id: event.id, sequence, duplicate, comparison: None });
    }
    let comparison = compared(bus, &event, sequence).await;
    if comparison == Comparison::Different {
        // The other event has none before its time.
        let sequence = sequence.unwrap_or(0);
        if on_other == OnOther::Refuse {
            return Err(PublishError::of(PublishErrorKind::IdTaken { sequence }, Outgoing::checked(event)));
        }
        tracing::warn!(
            name = %event.name, id = %event.id, sequence,
            "an earlier attempt has published this event with another body; that one stands"
        );
    }
    Ok(Published { id: event.id, sequence, duplicate, comparison: Some(comparison) })
}

/// Compares an event with the one that has its id already: in the log, or waiting for its time.
async fn compared(bus: &Bus, event: &NewEvent, sequence: Option<u64>) -> Comparison {
    let refused = &bus.0.readable.0;
    if refused.load(Ordering::Relaxed) {
        return Comparison::NotCompared;
    }
    let found = match sequence {
        Some(sequence) => stored(bus, sequence).await,
        None => scheduled(bus, &event.id).await,
    };
    match found {
        Ok(Some((id, ..))) if id != event.id => Comparison::NotCompared,
        Ok(Some((_, name, body))) if is_same(event, &name, &body) => Comparison::Same,
        Ok(Some(_)) => Comparison::Different,
        Ok(None) => Comparison::NotCompared,
        Err(error) => {
            tracing::debug!(%error, sequence, "an event could not be compared with the one that has its id");
            if error.kind() == BackendErrorKind::Permission {
                refused.store(true, Ordering::Relaxed);
            }
            Comparison::NotCompared
        }
    }
}

type Found = Option<(EventId, EventName, Bytes)>;

/// What an event of the log has that is compared.
async fn stored(bus: &Bus, sequence: u64) -> Result<Found, BackendError> {
    let query = Query::all().after(sequence.saturating_sub(1)).upto(sequence).limit(1);
    let page = bus.backend().read(query).await?;
    Ok(page.events.first().map(|event| (event.id.clone(), event.name.clone(), event.body.clone())))
}

/// The same of an event that waits for its time.
async fn scheduled(bus: &Bus, id: &EventId) -> Result<Found, BackendError> {
    Ok(bus.backend().scheduled(id).await?.map(|event| (event.id, event.name, event.body)))
}

/// Whether name and body are the same. A publisher in another language may write the same JSON in another way.
fn is_same(event: &NewEvent, name: &EventName, found: &Bytes) -> bool {
    let parse = |body: &[u8]| serde_json::from_slice::<Value>(body).ok();
    let same_json = || parse(&event.body).is_some_and(|body| parse(found) == Some(body));
    event.name == *name && (event.body == *found || same_json())
}
