//! Group commit: whatever has gathered is written in one transaction, and everybody is answered after it.
//!
//! There is no thread that waits for work. Whoever brings work while nobody writes starts one short blocking task, which
//! commits what has gathered, answers, and goes on while more has gathered meanwhile. Callers may go away at any time:
//! what they brought is written all the same.

use std::{
    mem,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use stheno_core::{
    Clock, NewEvent,
    backend::{AppendError, Appended, BackendError, RecordError, RecordWrite, Revision},
};
use tokio::sync::oneshot;

use crate::{
    commit::{self, Op, Pending},
    error::{self, Trouble},
    place::FileIdentity,
    session::{Session, lock},
    signal::Signal,
};

/// Commits in a row before a task makes room for others on the runtime's blocking threads.
const COMMITS_PER_TURN: usize = 64;

/// Writes to the log and the records.
pub(crate) struct Writer {
    place: String,
    /// Where the file is and which one it was when it was opened; `None` in memory.
    file: Option<(PathBuf, Option<FileIdentity>)>,
    clock: Arc<dyn Clock>,
    dedup_window: Duration,
    signal: Arc<Signal>,
    /// The one connection that writes; gone once the log is closed.
    session: Arc<Mutex<Option<Session>>>,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    /// In the order it was brought, which is the order it is written in.
    gathered: Vec<Op>,
    /// Whether a task is there that will look at `gathered` again before it ends.
    writing: bool,
    closed: bool,
}

impl Writer {
    pub(crate) fn new(
        place: String,
        path: Option<PathBuf>,
        clock: Arc<dyn Clock>,
        dedup_window: Duration,
        signal: Arc<Signal>,
        session: Arc<Mutex<Option<Session>>>,
    ) -> Self {
        let file = path.map(|path| {
            let identity = FileIdentity::of(&path);
            (path, identity)
        });
        Self { place, file, clock, dedup_window, signal, session, queue: Mutex::default() }
    }

    /// Appends a batch. It has its place in the order once the future was polled the first time.
    pub(crate) async fn append(self: &Arc<Self>, events: Vec<NewEvent>) -> Result<Vec<Appended>, AppendError> {
        let (pending, answer) = Pending::new(events);
        self.bring(Op::Append(pending));
        self.answer_of(answer).await
    }

    pub(crate) async fn write_records(
        self: &Arc<Self>,
        writes: Vec<RecordWrite>,
    ) -> Result<Vec<Revision>, RecordError> {
        let (pending, answer) = Pending::new(writes);
        self.bring(Op::Records(pending));
        self.answer_of(answer).await
    }

    /// Moves scheduled events that are due into the log.
    pub(crate) async fn move_due(self: &Arc<Self>) -> Result<(), BackendError> {
        let (pending, answer) = Pending::new(());
        self.bring(Op::MoveDue(pending));
        self.answer_of(answer).await
    }

    /// Waits until everything that was brought is answered; what is brought later is refused.
    pub(crate) async fn finish(self: &Arc<Self>) {
        let (pending, answer) = Pending::new(());
        self.bring(Op::Finish(pending));
        lock(&self.queue).closed = true;
        // An error means that it was closed before, or that the writing task ended: nothing is left to wait for.
        let _: Result<(), BackendError> = self.answer_of(answer).await;
    }

    /// Closes the connection. Blocks.
    pub(crate) fn let_go(&self) {
        lock(&self.session).take();
    }

    async fn answer_of<T, E: From<Trouble>>(&self, answer: oneshot::Receiver<Result<T, E>>) -> Result<T, E> {
        match answer.await {
            Ok(answer) => answer,
            Err(_) => Err(Trouble::vanished(&self.place).into()),
        }
    }

    fn bring(self: &Arc<Self>, op: Op) {
        {
            let mut queue = lock(&self.queue);
            if queue.closed {
                drop(queue);
                op.settle(Some(&error::closed()));
                return;
            }
            queue.gathered.push(op);
            if mem::replace(&mut queue.writing, true) {
                return;
            }
        }
        Turn::start(Arc::clone(self));
    }

    /// Commits everything that has gathered. False when there was nothing; then nobody writes any more.
    fn commit_gathered(&self) -> bool {
        let mut ops = {
            let mut queue = lock(&self.queue);
            if queue.gathered.is_empty() {
                queue.writing = false;
                return false;
            }
            mem::take(&mut queue.gathered)
        };
        let trouble = self.commit(&mut ops).err();
        for op in ops {
            op.settle(trouble.as_ref());
        }
        true
    }

    fn commit(&self, ops: &mut [Op]) -> Result<(), Trouble> {
        let mut session = lock(&self.session);
        let session = session.as_mut().ok_or_else(error::closed)?;
        self.check_file()?;
        let now = || self.clock.now();
        if let Some(committed) = commit::commit(session, ops, &self.place, now, self.dedup_window)? {
            // Before anybody is answered, so that who reads after an answer finds the log as long as it is.
            self.signal.advance(committed.last.cast_unsigned(), committed.next_due);
        }
        Ok(())
    }

    /// Refuses to write into a file that was moved or deleted: what is written there would be lost without a sound.
    fn check_file(&self) -> Result<(), Trouble> {
        match &self.file {
            Some((path, identity)) if FileIdentity::of(path) != *identity => {
                self.signal.changed();
                Err(error::log_changed(&self.place))
            }
            _ => Ok(()),
        }
    }
}

/// The one task that writes, while it lasts.
struct Turn {
    writer: Arc<Writer>,
    /// Whether it left the queue in order: empty, or with a next turn that goes on.
    done: bool,
}

impl Turn {
    fn start(writer: Arc<Writer>) {
        let turn = Turn { writer, done: false };
        tokio::task::spawn_blocking(move || turn.run());
    }

    fn run(mut self) {
        for _ in 0..COMMITS_PER_TURN {
            if !self.writer.commit_gathered() {
                self.done = true;
                return;
            }
        }
        self.done = true;
        Turn::start(Arc::clone(&self.writer));
    }
}

impl Drop for Turn {
    /// The runtime was shut down before the task ran, or the task panicked. What has gathered is refused instead of left
    /// waiting; the next caller, perhaps on another runtime, starts anew.
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let refused = {
            let mut queue = lock(&self.writer.queue);
            queue.writing = false;
            mem::take(&mut queue.gathered)
        };
        let trouble = Trouble::new(
            stheno_core::backend::BackendErrorKind::Unavailable,
            format!("the runtime that wrote to {} was shut down before this was written; try again", self.writer.place),
        );
        for op in refused {
            op.settle(Some(&trouble));
        }
    }
}
