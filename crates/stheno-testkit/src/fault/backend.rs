//! The decorator that lets chosen calls fail, hang, come late, or lose their answer.

use std::{
    collections::HashMap,
    fmt,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use stheno_core::{
    EventId, NewEvent,
    backend::{
        Abilities, Append, AppendError, Appended, Backend, BackendError, BackendErrorKind, LogInfo, Page, Query,
        Record, RecordCursor, RecordError, RecordName, RecordPage, RecordWrite, Revision, Tail,
    },
};
use tokio::sync::watch;

use crate::fault::plan::{Call, Effect, Fault};

/// A backend in which something goes wrong when a test says so. Everything else goes through.
///
/// One decorator stands for one process: give each app its own, over the same log, and freeze or cut off one of them.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use stheno_core::backend::{Backend, BackendErrorKind};
/// use stheno_testkit::fault::{Call, Fault, FaultyBackend};
///
/// let faulty = FaultyBackend::new(stheno_sqlite::SqliteBackend::memory()?);
/// faulty.inject(Fault::fail(BackendErrorKind::Unavailable).on(Call::Info).times(1));
/// assert!(faulty.info().await.is_err());
/// assert!(faulty.info().await.is_ok());
/// # Ok(())
/// # }
/// ```
pub struct FaultyBackend {
    inner: Arc<dyn Backend>,
    switches: Arc<Switches>,
}

/// What goes wrong at the moment; shared with the tails.
struct Switches {
    faults: Mutex<Vec<Fault>>,
    /// How often each call was made.
    made: Mutex<HashMap<Call, u64>>,
    /// How many calls a fault has hit.
    hits: watch::Sender<u64>,
    /// Rises when the faults are cleared: stalled calls go on.
    cleared: watch::Sender<u64>,
}

/// What becomes of the answer of a call that went through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Given,
    Lost,
}

impl FaultyBackend {
    /// A decorator in which nothing goes wrong yet.
    pub fn new(inner: Arc<dyn Backend>) -> Arc<Self> {
        let switches = Switches {
            faults: Mutex::default(),
            made: Mutex::default(),
            hits: watch::Sender::new(0),
            cleared: watch::Sender::new(0),
        };
        Arc::new(Self { inner, switches: Arc::new(switches) })
    }

    /// Lets something go wrong from now on. Of several faults that concern a call, the oldest strikes.
    pub fn inject(&self, fault: Fault) {
        locked(&self.switches.faults).push(fault);
    }

    /// Mends everything; stalled calls go on.
    pub fn clear(&self) {
        locked(&self.switches.faults).clear();
        self.switches.cleared.send_modify(|times| *times += 1);
    }

    /// How often a call was made, whatever became of it.
    pub fn made(&self, call: Call) -> u64 {
        locked(&self.switches.made).get(&call).copied().unwrap_or(0)
    }

    /// How many calls were hit by a fault so far.
    pub fn hits(&self) -> u64 {
        *self.switches.hits.borrow()
    }

    /// Waits until this many calls were hit by a fault since the beginning.
    pub async fn until_hit(&self, calls: u64) {
        let mut hits = self.switches.hits.subscribe();
        // The sender lives in `self`, so it cannot go while this waits.
        let _ = hits.wait_for(|hits| *hits >= calls).await;
    }
}

impl Switches {
    /// Lets the faults have their way with a call before it is made.
    async fn pass(&self, call: Call, records: &[RecordName]) -> Result<Answer, BackendError> {
        *locked(&self.made).entry(call).or_default() += 1;
        let mut cleared = self.cleared.subscribe();
        let struck =
            locked(&self.faults).iter_mut().find_map(|fault| fault.strike(call, records).then_some(fault.effect));
        let Some(effect) = struck else { return Ok(Answer::Given) };
        self.hits.send_modify(|hits| *hits += 1);
        match effect {
            Effect::Fail(kind) => Err(BackendError::new(kind, format!("a test let {call:?} fail"))),
            Effect::LoseAnswer => Ok(Answer::Lost),
            Effect::Panic => panic!("a test let {call:?} panic"),
            Effect::Delay(by) => {
                tokio::time::sleep(by).await;
                Ok(Answer::Given)
            }
            Effect::Stall => {
                // The sender lives in `self`, so it cannot go while this waits.
                let _ = cleared.changed().await;
                Ok(Answer::Given)
            }
        }
    }
}

impl Answer {
    fn give<T>(self, answer: T) -> Result<T, BackendError> {
        match self {
            Answer::Given => Ok(answer),
            Answer::Lost => Err(lost()),
        }
    }
}

fn lost() -> BackendError {
    BackendError::new(BackendErrorKind::Unavailable, "a test lost the answer of this call")
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Backend for FaultyBackend {
    fn abilities(&self) -> Abilities {
        self.inner.abilities()
    }

    async fn info(&self) -> Result<LogInfo, BackendError> {
        let answer = self.switches.pass(Call::Info, &[]).await?;
        answer.give(self.inner.info().await?)
    }

    async fn append(&self, batch: Append) -> Result<Vec<Appended>, AppendError> {
        let answer = self.switches.pass(Call::Append, &[]).await?;
        let appended = self.inner.append(batch).await?;
        answer.give(appended).map_err(AppendError::unknown)
    }

    async fn read(&self, query: Query) -> Result<Page, BackendError> {
        let answer = self.switches.pass(Call::Read, &[]).await?;
        answer.give(self.inner.read(query).await?)
    }

    async fn count(&self, query: Query) -> Result<u64, BackendError> {
        let answer = self.switches.pass(Call::Read, &[]).await?;
        answer.give(self.inner.count(query).await?)
    }

    async fn tail(&self, query: Query) -> Result<Box<dyn Tail>, BackendError> {
        let answer = self.switches.pass(Call::Tail, &[]).await?;
        let inner = answer.give(self.inner.tail(query).await?)?;
        Ok(Box::new(FaultyTail { inner, switches: Arc::clone(&self.switches) }))
    }

    async fn scheduled(&self, id: &EventId) -> Result<Option<NewEvent>, BackendError> {
        self.inner.scheduled(id).await
    }

    async fn get_record(&self, name: &RecordName) -> Result<Option<Record>, BackendError> {
        let answer = self.switches.pass(Call::GetRecord, std::slice::from_ref(name)).await?;
        answer.give(self.inner.get_record(name).await?)
    }

    async fn list_records(&self, prefix: &str) -> Result<Vec<Record>, BackendError> {
        let answer = self.switches.pass(Call::ListRecords, &[RecordName::trusted(prefix)]).await?;
        answer.give(self.inner.list_records(prefix).await?)
    }

    async fn read_records(
        &self,
        prefix: &str,
        after: Option<&RecordCursor>,
        limit: usize,
    ) -> Result<RecordPage, BackendError> {
        let answer = self.switches.pass(Call::ListRecords, &[RecordName::trusted(prefix)]).await?;
        answer.give(self.inner.read_records(prefix, after, limit).await?)
    }

    async fn write_records(&self, writes: Vec<RecordWrite>) -> Result<Vec<Revision>, RecordError> {
        let names: Vec<_> = writes.iter().map(|write| write.name.clone()).collect();
        let answer = self.switches.pass(Call::WriteRecords, &names).await?;
        let revisions = self.inner.write_records(writes).await?;
        Ok(answer.give(revisions)?)
    }

    async fn backup(&self, to: &Path) -> Result<(), BackendError> {
        self.inner.backup(to).await
    }

    async fn find_damage(&self) -> Result<(), BackendError> {
        self.inner.find_damage().await
    }

    async fn close(&self) {
        // There is no answer that could be an error.
        let _ = self.switches.pass(Call::Close, &[]).await;
        self.inner.close().await;
    }
}

impl fmt::Debug for FaultyBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultyBackend").field("faults", &*locked(&self.switches.faults)).finish_non_exhaustive()
    }
}

struct FaultyTail {
    inner: Box<dyn Tail>,
    switches: Arc<Switches>,
}

#[async_trait]
impl Tail for FaultyTail {
    async fn next(&mut self) -> Result<Page, BackendError> {
        // A page that was read and then lost would be a gap, so a lost answer is lost before it is read.
        self.switches.pass(Call::Next, &[]).await?.give(())?;
        self.inner.next().await
    }
}

#[cfg(test)]
mod tests {
    use stheno_core::{EventName, NewEvent, backend::AppendErrorKind};
    use stheno_sqlite::SqliteBackend;

    use super::*;

    fn event() -> Append {
        Append::one(NewEvent::new(EventName::new("order.placed").unwrap(), "{}"))
    }

    #[tokio::test]
    async fn a_lost_answer_leaves_the_event_in_the_log() {
        let faulty = FaultyBackend::new(SqliteBackend::memory().unwrap());
        faulty.inject(Fault::lose_answer().on(Call::Append).times(1));
        assert_eq!(faulty.append(event()).await.unwrap_err().kind(), AppendErrorKind::Unknown);
        assert_eq!(faulty.info().await.unwrap().last, 1);
    }

    #[tokio::test]
    async fn a_stalled_call_goes_on_when_the_faults_are_cleared() {
        let faulty = FaultyBackend::new(SqliteBackend::memory().unwrap());
        faulty.inject(Fault::stall().on(Call::Append));
        let appending = tokio::spawn({
            let faulty = Arc::clone(&faulty);
            async move { faulty.append(event()).await }
        });
        faulty.until_hit(1).await;
        assert_eq!(faulty.info().await.unwrap().last, 0);
        faulty.clear();
        appending.await.unwrap().unwrap();
        assert_eq!((faulty.info().await.unwrap().last, faulty.made(Call::Append)), (1, 1));
    }

    #[tokio::test]
    async fn a_fault_of_some_records_leaves_the_others_alone() {
        let faulty = FaultyBackend::new(SqliteBackend::memory().unwrap());
        faulty.inject(Fault::fail(BackendErrorKind::Unavailable).on(Call::WriteRecords).of_records("lease/"));
        let write = |name: &str| faulty.write_records(vec![RecordWrite::put(RecordName::trusted(name), "1")]);
        assert!(write("lease/a").await.is_err());
        assert!(write("sub/a/state").await.is_ok());
    }
}
