//! Group commit: whatever has gathered is written in one transaction, and everybody is answered after it.
//!
//! There is no thread that waits for work. Whoever brings work while nobody writes starts one short blocking task, which
//! commits what has gathered, answers, and goes on while more has gathered meanwhile. Callers may go away at any time:
//! what they brought is written all the same.

use std::{
    mem,
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::{Duration, Instant},
};

use rusqlite::config::DbConfig;
use stheno_core::{
    Clock, NewEvent,
    backend::{AppendError, Appended, BackendError, RecordError, RecordWrite, Revision},
};
use tokio::{runtime::Handle, sync::oneshot};

use crate::{
    commit::{self, Op, Terms},
    connect::CHECKPOINT_PAGES,
    error::{self, Trouble},
    examine::Examiner,
    health::Health,
    pending::Pending,
    session::{Session, lock},
    signal::Signal,
    wal,
};

/// Commits in a row before a task makes room for others on the runtime's blocking threads.
const COMMITS_PER_TURN: usize = 64;
/// A commit waits for those who are expected at most this part of the time the last one took.
const PATIENCE_SHARE: u32 = 4;
/// A shorter wait would cost more than it gains.
const MIN_PATIENCE: Duration = Duration::from_micros(40);
/// A slow disk does not make the wait longer than this.
const MAX_PATIENCE: Duration = Duration::from_micros(500);
/// How often it is asked, at most, how much is in the write-ahead log.
const ASK_PAUSE: Duration = Duration::from_millis(5);
/// A transaction that has been open for this long takes nothing more, however much comes.
const MAX_OPEN: Duration = Duration::from_millis(5);

/// Writes to the log and the records.
pub(crate) struct Writer {
    health: Arc<Health>,
    examiner: Arc<Examiner>,
    clock: Arc<dyn Clock>,
    dedup_window: Duration,
    signal: Arc<Signal>,
    moving: Mutex<Moving>,
    /// The one connection that writes; gone once the log is closed.
    session: Arc<Mutex<Option<Session>>>,
    queue: Mutex<Queue>,
    /// Rung when as many have gathered as a commit waits for.
    complete: Condvar,
}

/// How the write-ahead log is moved into the file.
struct Moving {
    /// When its length was asked for.
    asked: Instant,
    /// Pages that could not be moved the last time, because of a reader.
    left: u64,
}

#[derive(Default)]
struct Queue {
    /// In the order it was brought, which is the order it is written in.
    gathered: Vec<Op>,
    /// Whether a task is there that will look at `gathered` again before it ends.
    writing: bool,
    closed: bool,
    /// How many the next commit is for, if those who were answered last come back at once.
    expected: usize,
    /// How long the next commit may wait for them.
    patience: Duration,
    /// How many a commit is waiting for right now; 0 when none waits.
    missing: usize,
}

impl Writer {
    pub(crate) fn new(
        health: Arc<Health>,
        examiner: Arc<Examiner>,
        clock: Arc<dyn Clock>,
        dedup_window: Duration,
        signal: Arc<Signal>,
        session: Arc<Mutex<Option<Session>>>,
    ) -> Self {
        let moving = Mutex::new(Moving { asked: Instant::now(), left: 0 });
        let (queue, complete) = (Mutex::default(), Condvar::new());
        Self { health, examiner, clock, dedup_window, signal, moving, session, queue, complete }
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
        // An error means that the writing task ended early: nothing is left to wait for.
        let _: Result<(), BackendError> = self.answer_of(answer).await;
    }

    /// Closes the connection. The last one of a log moves the write-ahead log into the file, unless one of them is damaged.
    /// Blocks.
    pub(crate) fn let_go(&self) {
        let Some(mut session) = lock(&self.session).take() else { return };
        let is_sound = self.health.may_tidy_up()
            && self.health.check_write_ahead_log(&session.connection).is_ok()
            && self.health.check_file().is_ok()
            && self.health.settle(&mut session.connection).is_ok();
        if is_sound && self.health.may_tidy_up() {
            // An error leaves the write-ahead log to whoever opens the log next.
            let _ = session.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false);
        }
        drop(session);
        self.health.put_away();
    }

    /// Moves the write-ahead log into the file when there is much in it, after a look at it: SQLite would move what is damaged
    /// too.
    fn move_into_file(&self) {
        if !wal::tells_extent() {
            return;
        }
        let session = lock(&self.session);
        let Some(session) = &*session else { return };
        let mut moving = lock(&self.moving);
        if moving.asked.elapsed() < ASK_PAUSE {
            return;
        }
        moving.asked = Instant::now();
        let Ok(Some(extent)) = wal::extent(&session.connection) else { return };
        let due = extent.pending() >= moving.left + u64::from(CHECKPOINT_PAGES);
        let health = &self.health;
        if due
            && health.check().is_ok()
            && health.check_file().is_ok()
            && health.check_write_ahead_log(&session.connection).is_ok()
        {
            // What cannot be moved now stays where it is, and is tried again when more has come.
            match wal::move_into_file(&session.connection) {
                Ok(extent) => {
                    moving.left = extent.pending();
                    health.moved();
                }
                Err(error) => drop(self.health.explain(error)),
            }
        }
    }

    async fn answer_of<T, E: From<Trouble>>(&self, answer: oneshot::Receiver<Result<T, E>>) -> Result<T, E> {
        match answer.await {
            Ok(answer) => answer,
            Err(_) => Err(Trouble::vanished(&self.health.place).into()),
        }
    }

    fn bring(self: &Arc<Self>, op: Op) {
        {
            let mut queue = lock(&self.queue);
            if queue.closed && op.writes() {
                drop(queue);
                op.settle(Some(&error::closed()));
                return;
            }
            queue.gathered.push(op);
            if queue.gathered.len() == queue.missing {
                self.complete.notify_one();
            }
            if mem::replace(&mut queue.writing, true) {
                return;
            }
        }
        Turn::start(Arc::clone(self));
    }

    /// Commits what has gathered and answers it. False when there was nothing; then nobody writes any more.
    fn commit_gathered(&self) -> bool {
        let began = Instant::now();
        let mut ops = {
            let mut queue = lock(&self.queue);
            if queue.gathered.is_empty() {
                queue.writing = false;
                return false;
            }
            mem::take(&mut queue.gathered)
        };
        let trouble = self.commit(&mut ops).err();
        {
            let mut queue = lock(&self.queue);
            // Those who are answered now often come back at once, and the others are here already.
            queue.expected = ops.len() + queue.gathered.len();
            queue.patience = (began.elapsed() / PATIENCE_SHARE).min(MAX_PATIENCE);
        }
        let committed = trouble.is_none();
        Answers { ops, trouble }.give();
        if committed {
            self.move_into_file();
            self.examiner.when_due();
        }
        true
    }

    fn commit(&self, ops: &mut Vec<Op>) -> Result<(), Trouble> {
        let mut session = lock(&self.session);
        let session = session.as_mut().ok_or_else(error::closed)?;
        self.health.check()?;
        let terms = Terms {
            place: &self.health.place,
            clock: &*self.clock,
            dedup_window: self.dedup_window,
            heard: self.signal.last(),
        };
        let mut opened = None;
        let more = |so_far| self.more(so_far, *opened.get_or_insert_with(Instant::now));
        let committed = commit::commit(session, ops, &terms, more).map_err(|trouble| self.health.note(trouble))?;
        if let Some(committed) = committed {
            self.health.acknowledge(committed.last, committed.revision);
            // Before anybody is answered, so that who reads after an answer finds the log as long as it is.
            self.signal.advance(committed.last.cast_unsigned(), committed.next_due);
        }
        Ok(())
    }

    /// What has gathered while a transaction was open. Waits a moment for those who are expected: a commit for twice as many
    /// costs far less than two commits.
    fn more(&self, so_far: usize, opened: Instant) -> Vec<Op> {
        let mut queue = lock(&self.queue);
        let open_for = opened.elapsed();
        if open_for > MAX_OPEN {
            return Vec::new();
        }
        let patience = queue.patience.saturating_sub(open_for);
        if queue.gathered.is_empty() && so_far < queue.expected && patience >= MIN_PATIENCE {
            queue.missing = queue.expected - so_far;
            let incomplete = |queue: &mut Queue| queue.gathered.len() < queue.missing;
            let waited = self.complete.wait_timeout_while(queue, patience, incomplete);
            (queue, _) = waited.unwrap_or_else(PoisonError::into_inner);
            queue.missing = 0;
        }
        mem::take(&mut queue.gathered)
    }
}

impl Drop for Writer {
    /// A log that was not closed is put away all the same, if nothing is wrong with it.
    fn drop(&mut self) {
        self.let_go();
    }
}

/// What a commit answers. Given when it is dropped, so that everybody is answered also when the runtime is shut down.
struct Answers {
    ops: Vec<Op>,
    trouble: Option<Trouble>,
}

impl Answers {
    /// Waking hundreds of tasks from a thread outside of their runtime costs as much as the commit. So those who wait on
    /// the runtime of this thread are answered by one task in it. Those who wait on another one are answered from here: a
    /// runtime whose tasks block must not hold up what others wait for, such as the renewal of a lease.
    fn give(mut self) {
        let here = Handle::current().id();
        let near: Vec<Op> = self.ops.extract_if(.., |op| op.home() == here).collect();
        let near = Answers { ops: near, trouble: self.trouble.clone() };
        drop(self);
        tokio::spawn(async move { drop(near) });
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        for op in self.ops.drain(..) {
            op.settle(self.trouble.as_ref());
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
            format!(
                "the runtime that wrote to {} was shut down before this was written; try again",
                self.writer.health.place
            ),
        );
        drop(Answers { ops: refused, trouble: Some(trouble) });
    }
}
