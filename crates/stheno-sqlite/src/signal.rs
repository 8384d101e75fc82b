//! How those who wait learn that something happened to the log.

use stheno_core::Timestamp;
use tokio::sync::watch;

/// What is known about the log now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct News {
    /// The last sequence, as far as this process has heard.
    pub(crate) last: u64,
    /// When the next scheduled event is due.
    pub(crate) due: Option<Timestamp>,
    /// Whether the log can still be used.
    pub(crate) state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Open,
    /// The file is no longer the one that was opened.
    Changed,
    /// It is damaged.
    Damaged,
    Closed,
}

/// Tells all who listen. What they hear is the newest state and not every step.
pub(crate) struct Signal(watch::Sender<News>);

impl Signal {
    pub(crate) fn new(last: u64, due: Option<Timestamp>) -> Self {
        Self(watch::Sender::new(News { last, due, state: State::Open }))
    }

    pub(crate) fn listen(&self) -> watch::Receiver<News> {
        self.0.subscribe()
    }

    /// The last sequence, as far as this process has heard.
    pub(crate) fn last(&self) -> u64 {
        self.0.borrow().last
    }

    pub(crate) fn is_open(&self) -> bool {
        self.0.borrow().state == State::Open
    }

    /// The log reaches to `last`, and the next scheduled event is due then.
    pub(crate) fn advance(&self, last: u64, due: Option<Timestamp>) {
        self.0.send_if_modified(|news| {
            // A look at the file and a commit may report in any order; the log never becomes shorter.
            let newer = News { last: news.last.max(last), due, ..*news };
            let modified = *news != newer;
            *news = newer;
            modified
        });
    }

    /// The file is no longer the one that was opened.
    pub(crate) fn changed(&self) {
        self.leave_open_for(State::Changed);
    }

    /// The log is damaged.
    pub(crate) fn damaged(&self) {
        self.leave_open_for(State::Damaged);
    }

    fn leave_open_for(&self, state: State) {
        self.0.send_if_modified(|news| {
            let was_open = news.state == State::Open;
            if was_open {
                news.state = state;
            }
            was_open
        });
    }

    pub(crate) fn closed(&self) {
        self.0.send_modify(|news| news.state = State::Closed);
    }
}
