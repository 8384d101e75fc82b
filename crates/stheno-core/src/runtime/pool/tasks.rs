//! Tasks of one owner, which ends them when it goes.

use std::{
    any::Any,
    collections::HashMap,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    task::Poll,
};

use tokio::sync::mpsc;

use super::{Pool, task::Task};

/// How a task ended that did not come to its end.
#[derive(Debug)]
pub(crate) enum Cut {
    /// It panicked, with this.
    Panicked(Box<dyn Any + Send>),
    /// It was cancelled.
    Cancelled,
}

/// Tasks that a pool runs. Dropping it cancels them.
pub(crate) struct Tasks<T> {
    pool: Arc<Pool>,
    next: u64,
    running: HashMap<u64, Arc<Task>>,
    report: mpsc::UnboundedSender<(u64, Result<T, Cut>)>,
    ended: mpsc::UnboundedReceiver<(u64, Result<T, Cut>)>,
}

/// Says how a task ended, also if it is dropped before.
struct Report<T> {
    id: u64,
    to: Option<mpsc::UnboundedSender<(u64, Result<T, Cut>)>>,
}

impl<T> Report<T> {
    fn send(&mut self, result: Result<T, Cut>) {
        if let Some(to) = self.to.take() {
            // Without its owner nobody asks.
            let _ = to.send((self.id, result));
        }
    }
}

impl<T> Drop for Report<T> {
    fn drop(&mut self) {
        self.send(Err(Cut::Cancelled));
    }
}

impl<T: Send + 'static> Tasks<T> {
    /// None yet.
    pub(crate) fn new(pool: &Arc<Pool>) -> Self {
        let (report, ended) = mpsc::unbounded_channel();
        Self { pool: Arc::clone(pool), next: 0, running: HashMap::new(), report, ended }
    }

    /// Begins one, and says which it is.
    pub(crate) fn spawn(&mut self, work: impl Future<Output = T> + Send + 'static) -> u64 {
        self.next += 1;
        let id = self.next;
        let mut report = Report { id, to: Some(self.report.clone()) };
        let mut work = Box::pin(work);
        let caught = poll_fn(move |context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(value)) => {
                report.send(Ok(value));
                Poll::Ready(())
            }
            Err(panic) => {
                report.send(Err(Cut::Panicked(panic)));
                Poll::Ready(())
            }
        });
        let task = Task::new(&self.pool.0, Box::pin(caught));
        self.running.insert(id, Arc::clone(&task));
        self.pool.push(task);
        id
    }

    /// How the next one ended; nothing, if there is none. Cancelling this loses nothing.
    pub(crate) async fn next_end(&mut self) -> Option<(u64, Result<T, Cut>)> {
        if self.running.is_empty() {
            return None;
        }
        let (id, result) = self.ended.recv().await?;
        self.running.remove(&id);
        Some((id, result))
    }

    /// Ends all of them where they wait. One that holds its thread ends when it gives it back.
    pub(crate) fn cancel(&self) {
        self.running.values().for_each(|task| task.cancel());
    }
}

impl<T> Drop for Tasks<T> {
    fn drop(&mut self) {
        self.running.values().for_each(|task| task.cancel());
    }
}
