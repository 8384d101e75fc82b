//! The threads that handlers run on: as many as it takes so that a handler that holds its thread delays nobody else's.
//!
//! A thread that runs a poll belongs to it until it returns. When nobody has taken a task from the queue for [`HELD`] although
//! tasks wait there, every thread is held, and one more is started. Every thread has entered the app's runtime: what a handler
//! spawns, its timers and its connections are the app's, and the app's own threads are never held.
//!
//! Reading order: this file (the threads, and who starts them), `task` (what is polled), `tasks` (those of one owner).

mod task;
pub(crate) mod tasks;

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use tokio::{runtime::Handle, sync::Notify};

use self::task::Task;

/// How long nothing is taken from the queue before one more thread is started.
const HELD: Duration = Duration::from_millis(10);
/// How often a task may be passed over in this way: some threads are held, and the others are slow.
const LONG: u32 = 5;
/// More threads than this are never started.
const MOST: usize = 512;

/// The threads of a process. They end when it is dropped; one that is held ends when it is given back.
pub(crate) struct Pool(Arc<Shared>);

struct Shared {
    /// The app's runtime.
    app: Handle,
    /// So many threads are kept while there is nothing to do.
    base: usize,
    queue: Mutex<Queue>,
    /// Wakes a thread that has nothing to do.
    ready: Condvar,
    /// Wakes who starts more threads.
    waits: Notify,
}

#[derive(Default)]
struct Queue {
    tasks: VecDeque<Arc<Task>>,
    /// Threads that wait for a task. One that was woken counts until it runs.
    idle: usize,
    threads: usize,
    /// Counts what was taken.
    taken: u64,
    /// Somebody looks whether a thread is needed.
    watched: bool,
    /// It was said that there are no more threads.
    said_full: bool,
    closed: bool,
}

impl Pool {
    /// Threads that have entered the app's runtime. `control` is where it is watched whether there are enough.
    pub(crate) fn new(app: Handle, control: &Handle) -> Arc<Self> {
        let base = thread::available_parallelism().map_or(2, |threads| threads.get().max(2));
        let shared =
            Arc::new(Shared { app, base, queue: Mutex::default(), ready: Condvar::new(), waits: Notify::new() });
        control.spawn(Arc::clone(&shared).watch());
        Arc::new(Self(shared))
    }

    fn push(&self, task: Arc<Task>) {
        self.0.push(task);
    }

    /// How many threads there are.
    #[cfg(test)]
    fn threads(&self) -> usize {
        self.0.queue().threads
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let left = {
            let mut queue = self.0.queue();
            queue.closed = true;
            std::mem::take(&mut queue.tasks)
        };
        self.0.ready.notify_all();
        self.0.waits.notify_one();
        // Outside of the lock: what a task has may wake others when it is dropped.
        drop(left);
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(self: &Arc<Self>, task: Arc<Task>) {
        let mut queue = self.queue();
        if queue.closed {
            return;
        }
        queue.tasks.push_back(task);
        if queue.tasks.len() <= queue.idle {
            drop(queue);
            self.ready.notify_one();
            return;
        }
        let is_started = queue.threads < self.base && self.start_thread(&mut queue);
        if !is_started && !queue.watched {
            queue.watched = true;
            drop(queue);
            self.waits.notify_one();
        }
    }

    /// One more thread, unless there are too many. Without it, what waits goes on when a thread is given back. Says whether there
    /// is one.
    fn start_thread(self: &Arc<Self>, queue: &mut Queue) -> bool {
        if queue.threads >= MOST {
            if !std::mem::replace(&mut queue.said_full, true) {
                tracing::warn!(
                    threads = MOST,
                    "handlers hold all threads there may be; other subscribers wait until one is given back. Use \
                     `tokio::task::spawn_blocking` for what blocks, or less `concurrency`"
                );
            }
            return false;
        }
        let shared = Arc::clone(self);
        match thread::Builder::new().name("stheno-handlers".into()).spawn(move || shared.run()) {
            // It ends when the pool is closed, or has nothing to do; nobody can wait for one that is held.
            Ok(thread) => {
                queue.threads += 1;
                drop(thread);
                true
            }
            Err(error) => {
                tracing::debug!(%error, "no thread could be started for handlers; trying again");
                false
            }
        }
    }

    /// One thread.
    fn run(self: Arc<Self>) {
        let _entered = self.app.enter();
        while let Some(task) = self.next() {
            task.run(&self);
        }
    }

    /// What a thread does next; nothing, if it has to end.
    fn next(&self) -> Option<Arc<Task>> {
        let mut queue = self.queue();
        loop {
            if queue.closed {
                return None;
            }
            if let Some(task) = queue.tasks.pop_front() {
                queue.taken += 1;
                return Some(task);
            }
            if queue.idle >= self.base {
                queue.threads -= 1;
                return None;
            }
            queue.idle += 1;
            queue = self.ready.wait(queue).unwrap_or_else(PoisonError::into_inner);
            queue.idle -= 1;
        }
    }

    /// Starts threads while all there are are held. Sleeps while there is nothing that waits for a thread. Runs on the control
    /// thread, for as long as that does.
    async fn watch(self: Arc<Self>) {
        loop {
            self.waits.notified().await;
            let (mut taken, mut passed) = (self.queue().taken, 0);
            loop {
                tokio::time::sleep(HELD).await;
                let mut queue = self.queue();
                if queue.closed {
                    return;
                }
                if queue.tasks.len() <= queue.idle {
                    queue.watched = false;
                    break;
                }
                passed += 1;
                if queue.taken == taken || passed == LONG {
                    passed = 0;
                    self.start_thread(&mut queue);
                }
                taken = queue.taken;
            }
        }
    }
}

#[cfg(test)]
mod tests;
