//! What was asked for, one event after the other.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_core::Stream;

use crate::{
    backend::Query,
    event::recorded::RecordedEvent,
    log::{cursor::Cursor, error::LogError, logged::Logged, reader::Reader},
};

type Read = (Box<Reader>, Result<Option<Vec<Arc<RecordedEvent>>>, LogError>);

/// Events of the log, one after the other. It is a [`Stream`]; [`next`](Self::next) needs no other crate.
///
/// It reads a page when it is asked for an event it does not have. After an error it goes on where it was when it is asked again;
/// it ends after one that [does not pass](LogError::may_pass).
///
/// ```
/// # use stheno_core::{Bus, Key, log::LogError};
/// # async fn history(bus: &Bus, order: Key) -> Result<(), LogError> {
/// let mut events = bus.log().key(order).follow().await?;
/// while let Some(event) = events.next().await {
///     match event {
///         Ok(event) => println!("{} {}", event.sequence, event.name),
///         Err(error) if error.may_pass() => eprintln!("{error}"),
///         Err(error) => return Err(error),
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a stream does nothing unless it is asked"]
pub struct Events<E> {
    state: State,
    at_hand: VecDeque<Logged<E>>,
    /// Behind the last event that was given.
    cursor: Cursor,
    /// How many may still be given.
    left: usize,
}

enum State {
    Idle(Box<Reader>),
    Reading(Pin<Box<dyn Future<Output = Read> + Send>>),
    Ended,
}

impl<E> Events<E> {
    pub(super) fn new(reader: Reader, limit: Option<usize>) -> Self {
        let cursor = reader.cursor();
        Self {
            state: State::Idle(Box::new(reader)),
            at_hand: VecDeque::new(),
            cursor,
            left: limit.unwrap_or(usize::MAX),
        }
    }

    /// The next event; `None` at the end. Giving up the wait loses nothing.
    pub async fn next(&mut self) -> Option<Result<Logged<E>, LogError>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// Where to go on behind the event that was given last.
    pub fn cursor(&self) -> Cursor {
        self.cursor
    }

    fn take(&mut self, (reader, read): Read) -> Option<Result<(), LogError>> {
        match read {
            Ok(Some(events)) => {
                self.at_hand = events.into_iter().map(Logged::new).collect();
                if self.at_hand.is_empty() {
                    self.cursor = reader.cursor();
                }
                self.state = State::Idle(reader);
                Some(Ok(()))
            }
            Ok(None) => {
                self.state = State::Ended;
                None
            }
            Err(error) => {
                self.state = if error.may_pass() { State::Idle(reader) } else { State::Ended };
                Some(Err(error))
            }
        }
    }
}

impl<E> Stream for Events<E> {
    type Item = Result<Logged<E>, LogError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if this.left == 0 {
                return Poll::Ready(None);
            }
            if let Some(event) = this.at_hand.pop_front() {
                this.left -= 1;
                this.cursor = this.cursor.behind_event(event.sequence);
                return Poll::Ready(Some(Ok(event)));
            }
            match std::mem::replace(&mut this.state, State::Ended) {
                State::Ended => return Poll::Ready(None),
                State::Idle(mut reader) => {
                    reader.limit(this.left.min(Query::DEFAULT_LIMIT));
                    this.state = State::Reading(Box::pin(async move {
                        let read = reader.next().await;
                        (reader, read)
                    }));
                }
                State::Reading(mut reading) => {
                    let Poll::Ready(read) = reading.as_mut().poll(cx) else {
                        this.state = State::Reading(reading);
                        return Poll::Pending;
                    };
                    match this.take(read) {
                        None => return Poll::Ready(None),
                        Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                        Some(Ok(())) => {}
                    }
                }
            }
        }
    }
}

impl<E> fmt::Debug for Events<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("cursor", &self.cursor).finish_non_exhaustive()
    }
}
