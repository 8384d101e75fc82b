//! Who waits for which reply: one inbox for all requests of a connection, and a table of those under way.
//!
//! A request costs a place in the table and a number in its reply subject. Nobody needs a timer of their own: the
//! connection's thread looks for those that are late now and then.

use std::{
    collections::VecDeque,
    fmt::Write as _,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use async_nats::{Message, Subject};
use tokio::sync::oneshot;

/// Refusals remembered, and for how long they say something about what was sent last.
const DENIED: usize = 64;
const LATELY: Duration = Duration::from_secs(10);

/// What became of a request.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The reply.
    Reply(Message),
    /// Nobody listens there now; nothing was done.
    NoResponders,
    /// The connection went while it was under way; nobody knows whether it arrived.
    Lost,
    /// No reply came in time; nobody knows whether it arrived.
    Late,
    /// The server refused it; what it said.
    Denied(String),
    /// It could not be sent; why.
    Unsent(String),
    /// The backend was closed.
    Closed,
}

/// The requests under way on one connection.
#[derive(Debug, Default)]
pub(crate) struct Replies(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    places: Vec<Option<Waiting>>,
    free: Vec<u32>,
    /// How many requests there ever were: tells a reply to an earlier user of a place, and is the order of sending.
    count: u64,
    /// What was refused last, and what the server said: messages that nobody waits for are refused too.
    denied: VecDeque<Denial>,
    /// What the server said when it refused to give us any reply, until the connection is another.
    refused: Option<Box<str>>,
    closed: bool,
}

/// A message that the server refused.
#[derive(Debug)]
struct Denial {
    at: Instant,
    subject: Box<str>,
    said: Box<str>,
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    subject: Subject,
    until: Instant,
    sender: oneshot::Sender<Answer>,
}

impl Replies {
    /// Takes a place for a request. Returns where its reply has to go: below the inbox of the connection.
    pub(crate) fn wait(&self, inbox: &str, subject: Subject, until: Instant) -> (Subject, oneshot::Receiver<Answer>) {
        let (sender, receiver) = oneshot::channel();
        let mut table = self.table();
        if table.closed {
            let _ = sender.send(Answer::Closed);
            return (Subject::from(format!("{inbox}.closed")), receiver);
        }
        if let Some(said) = &table.refused {
            let _ = sender.send(Answer::Denied(said.to_string()));
            return (Subject::from(format!("{inbox}.refused")), receiver);
        }
        table.count += 1;
        let number = table.count;
        let waiting = Some(Waiting { number, subject, until, sender });
        let place = match table.free.pop() {
            Some(place) => {
                table.places[place as usize] = waiting;
                place
            }
            None => {
                table.places.push(waiting);
                // The window bounds how many are under way, far below 2^32.
                (table.places.len() - 1) as u32
            }
        };
        drop(table);
        let mut reply = String::with_capacity(inbox.len() + 26);
        reply.push_str(inbox);
        // Writing to a text does not fail.
        let _ = write!(reply, ".{place:x}-{number:x}");
        (reply.into(), receiver)
    }

    /// Gives a reply to who waits for it, if anybody still does.
    pub(crate) fn give(&self, message: Message) {
        let token = message.subject.as_str().rsplit('.').next().unwrap_or_default();
        let Some((place, number)) = token.split_once('-') else { return };
        let (Ok(place), Ok(number)) = (u32::from_str_radix(place, 16), u64::from_str_radix(number, 16)) else { return };
        let taken = self.table().take(place, Some(number));
        let Some(waiting) = taken else { return };
        let nobody = message.status.is_some_and(|status| status == async_nats::StatusCode::NO_RESPONDERS);
        // Who has given up waiting needs no answer.
        let _ = waiting.sender.send(if nobody { Answer::NoResponders } else { Answer::Reply(message) });
    }

    /// Answers every request that is later than its time. Returns how many there were.
    pub(crate) fn expire(&self, now: Instant) -> usize {
        let late = self.answer(|waiting| (waiting.until <= now).then_some(Answer::Late));
        self.forget();
        late
    }

    /// Answers every request, and every later one over this connection, as denied: no reply can come.
    pub(crate) fn refuse(&self, said: &str) {
        self.table().refused = Some(said.into());
        self.answer(|_| Some(Answer::Denied(said.to_owned())));
    }

    /// Answers every request as lost: the connection they went over is no more.
    pub(crate) fn lose(&self) {
        self.table().refused = None;
        self.answer(|_| Some(Answer::Lost));
    }

    /// Answers the requests on a subject that the server does not permit.
    pub(crate) fn deny(&self, subject: &str, said: &str) {
        {
            let mut table = self.table();
            if table.denied.len() == DENIED {
                table.denied.pop_front();
            }
            table.denied.push_back(Denial { at: Instant::now(), subject: subject.into(), said: said.into() });
        }
        self.answer(|waiting| (waiting.subject.as_str() == subject).then(|| Answer::Denied(said.to_owned())));
    }

    /// What the server said to one of these subjects, if it refused one lately.
    pub(crate) fn denial(&self, subjects: &[Subject]) -> Option<String> {
        let table = self.table();
        let of_these = |denial: &&Denial| subjects.iter().any(|subject| subject.as_str() == &*denial.subject);
        let lately = table.denied.iter().rev().take_while(|denial| denial.at.elapsed() < LATELY);
        lately.filter(|denial| of_these(denial)).map(|denial| denial.said.to_string()).next()
    }

    /// Answers every request, and every later one, as closed.
    pub(crate) fn close(&self) {
        self.table().closed = true;
        self.answer(|_| Some(Answer::Closed));
    }

    /// Answers those that `with` has an answer for, in the order they were sent in: who sends again keeps the order.
    /// Returns how many there are who still wait.
    fn answer(&self, with: impl Fn(&Waiting) -> Option<Answer>) -> usize {
        let mut answered = Vec::new();
        {
            let mut table = self.table();
            for place in 0..table.places.len() {
                let Some(answer) = table.places[place].as_ref().and_then(&with) else { continue };
                answered.extend(table.take(place as u32, None).map(|waiting| (waiting, answer)));
            }
        }
        answered.sort_unstable_by_key(|(waiting, _)| waiting.number);
        answered.into_iter().filter_map(|(waiting, answer)| waiting.sender.send(answer).ok()).count()
    }

    /// Lets go of the places of those who no longer wait.
    fn forget(&self) {
        let mut table = self.table();
        for place in 0..table.places.len() {
            if table.places[place].as_ref().is_some_and(|waiting| waiting.sender.is_closed()) {
                table.take(place as u32, None);
            }
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn take(&mut self, place: u32, number: Option<u64>) -> Option<Waiting> {
        let waiting = self.places.get_mut(place as usize)?;
        if number.is_some_and(|number| waiting.as_ref().is_none_or(|waiting| waiting.number != number)) {
            return None;
        }
        let taken = waiting.take();
        if taken.is_some() {
            self.free.push(place);
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(subject: &Subject) -> Message {
        Message {
            subject: subject.clone(),
            reply: None,
            payload: "x".into(),
            headers: None,
            status: None,
            description: None,
            length: 1,
        }
    }

    #[test]
    fn a_reply_reaches_the_request_it_belongs_to_and_no_later_one_in_its_place() {
        let replies = Replies::default();
        let until = Instant::now() + Duration::from_secs(60);
        let (first, mut one) = replies.wait("inbox", "a".into(), until);
        let (second, mut other) = replies.wait("inbox", "a".into(), until);
        replies.give(message(&second));
        assert!(matches!(other.try_recv(), Ok(Answer::Reply(_))));
        assert!(one.try_recv().is_err());
        let (_, mut third) = replies.wait("inbox", "a".into(), until);
        replies.give(message(&second));
        assert!(third.try_recv().is_err(), "a reply that comes twice is nobody's");
        replies.give(message(&first));
        assert!(matches!(one.try_recv(), Ok(Answer::Reply(_))));
    }

    #[test]
    fn the_late_the_lost_the_denied_and_the_closed_are_told() {
        let replies = Replies::default();
        let now = Instant::now();
        let (_, mut late) = replies.wait("inbox", "a".into(), now);
        let (_, mut denied) = replies.wait("inbox", "b".into(), now + Duration::from_secs(60));
        let (_, mut lost) = replies.wait("inbox", "c".into(), now + Duration::from_secs(60));
        assert_eq!(replies.expire(now), 1);
        assert!(matches!(late.try_recv(), Ok(Answer::Late)));
        replies.deny("b", "no");
        assert!(matches!(denied.try_recv(), Ok(Answer::Denied(said)) if said == "no"));
        assert_eq!(replies.denial(&["a".into(), "b".into()]).as_deref(), Some("no"));
        assert_eq!(replies.denial(&["a".into()]), None);
        replies.refuse("no reply");
        assert!(matches!(lost.try_recv(), Ok(Answer::Denied(said)) if said == "no reply"));
        let (_, mut later) = replies.wait("inbox", "c".into(), now + Duration::from_secs(60));
        assert!(matches!(later.try_recv(), Ok(Answer::Denied(said)) if said == "no reply"));
        replies.lose();
        let (_, mut lost) = replies.wait("inbox", "c".into(), now + Duration::from_secs(60));
        replies.lose();
        assert!(matches!(lost.try_recv(), Ok(Answer::Lost)));
        replies.close();
        let (_, mut closed) = replies.wait("inbox", "d".into(), now);
        assert!(matches!(closed.try_recv(), Ok(Answer::Closed)));
    }
}
