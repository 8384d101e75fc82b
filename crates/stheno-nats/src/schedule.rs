//! Events that are not in the log before their time: the server keeps them beside it and stores them then.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_nats::{HeaderName, header};
use stheno_core::{
    EventId, EventName, NewEvent, Timestamp,
    backend::{AppendError, Appended, BackendError},
    headers,
};

use crate::{
    append, cloud_events, encode,
    log::Log,
    message::Stored,
    publish::{self, Tries},
    subject,
};

/// The latest time the server keeps an event for, 2262-04-11T23:47:16Z: it counts nanoseconds since 1970 in 64 bits, and stores
/// at once what is due after that.
pub(crate) const LATEST: Timestamp = Timestamp::from_micros(i64::MAX / 1_000);
const WHEN: HeaderName = HeaderName::from_static("Nats-Schedule");
/// The server's own, on what a schedule made: when it makes the next, or `purge` after the last.
const NEXT: HeaderName = HeaderName::from_static("Nats-Schedule-Next");
const MADE_BY: HeaderName = HeaderName::from_static("Nats-Scheduler");
const TARGET: HeaderName = HeaderName::from_static("Nats-Schedule-Target");

/// Whether a message that was to be published later was sent to where events go: then the server keeps it as the only one of
/// its subject.
pub(crate) fn is_misplaced(log: &Log, message: &Stored) -> bool {
    // One header is the id.
    let scheduled = message.headers.as_ref().is_some_and(|headers| headers.len() > 1 && headers.get(WHEN).is_some());
    scheduled && !log.subjects.is_scheduled(message.subject.as_str())
}

/// Schedules that make events again and again, each with an id of its own, so that no idempotency helps. Stheno makes none.
#[derive(Debug, Default)]
pub(crate) struct Repeating(Mutex<HashMap<String, Instant>>);

/// How often at most a repeating schedule is named.
const SAY: Duration = Duration::from_secs(3_600);
/// Schedules that are remembered as named.
const NAMED: usize = 100;

impl Repeating {
    /// Names the schedule that made a message, now and then, if it will make another.
    pub(crate) fn look(&self, log: &Log, message: &Stored) {
        if let Some(schedule) = repeats(message)
            && self.is_news(schedule)
        {
            let (sequence, event) = (message.sequence, message.subject.as_str());
            let end = match log.subjects.is_scheduled(schedule) {
                true => format!("nats stream purge {} --subject {} --force", log.stream(), shell_word(schedule)),
                // Where events go, that would delete them too.
                false => format!(
                    "an ordinary event published to {} ends it; a purge would delete events",
                    shell_word(schedule)
                ),
            };
            tracing::warn!(
                schedule,
                event,
                sequence,
                %end,
                "a schedule makes this event again and again, each time with another id, so that handlers act each time; if nobody \
                 wants that, end it as `end` says, and take `schedule.*` from whoever published it"
            );
        }
    }

    fn is_news(&self, schedule: &str) -> bool {
        let mut named = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if named.get(schedule).is_some_and(|at| at.elapsed() < SAY) {
            return false;
        }
        named.retain(|_, at| at.elapsed() < SAY);
        let has_room = named.len() < NAMED;
        if has_room {
            named.insert(schedule.to_owned(), Instant::now());
        }
        has_room
    }
}

/// The schedule that made a message and will make another.
fn repeats(message: &Stored) -> Option<&str> {
    let headers = message.headers.as_ref().filter(|headers| headers.len() > 1)?;
    headers.get(NEXT).filter(|next| next.as_str() != "purge")?;
    Some(headers.get(MADE_BY)?.as_str())
}

/// One word for a shell, which gets the very text. A stranger wrote it, and it is shown on a terminal: so what does more there
/// than stand there is written as `$'\x1b'`, which bash, zsh and ksh know.
fn shell_word(text: &str) -> String {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    let escaped = |byte: u8| match byte {
        b'\'' | b'\\' => format!("\\{}", char::from(byte)),
        _ if byte.is_ascii_graphic() => char::from(byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    };
    format!("$'{}'", text.bytes().map(escaped).collect::<String>())
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
            // It is kept or stored, whether or not it can be said where.
            let sequence = append::position(log, event, ack.seq).await;
            let sequence = sequence.map_err(|trouble| AppendError::unknown(log.explain(trouble)))?;
            Ok(Appended::duplicate(sequence))
        }
    }
}

/// The event of an id that is kept until it is due.
pub(crate) async fn find(log: &Log, id: &EventId) -> Result<Option<NewEvent>, BackendError> {
    log.check_open()?;
    let subject = log.subjects.of_scheduled(id);
    let kept = log.writing.last(log.stream(), &subject).await.map_err(|trouble| log.explain(trouble))?;
    Ok(kept.and_then(|kept| {
        let target = kept.headers.as_ref()?.get(TARGET)?;
        let (key, name) = log.subjects.target(target.as_str())?;
        let mut event = NewEvent::new(EventName::new(name).ok()?, kept.body);
        event.id = id.clone();
        event.key = key.and_then(subject::key);
        Some(event)
    }))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::shell_word;

    #[test]
    fn a_shell_reads_the_very_word_and_a_terminal_sees_none_of_it() {
        for text in ["schedule.x", "a'b\"c$(d)`e`\\", "x\u{202e}\u{1b}[31m 'ö\\'\n"] {
            let word = shell_word(text);
            assert!(word.bytes().all(|byte| byte.is_ascii_graphic()), "{word}");
            let output = Command::new("bash").arg("-c").arg(format!("printf %s {word}")).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stdout), text, "{word}");
        }
    }
}
