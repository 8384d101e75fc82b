//! Attempts under way: begun in place, and moved to a task of their own when they have to wait.

use std::{
    collections::HashMap,
    future::{Future as _, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll, Waker},
    time::Duration,
};

use crate::{
    cx::{Cx, Scope},
    delivery::{Attempt, settle::Outcome},
    event::{input::BatchMarks, recorded::RecordedEvent},
    failure::Failure,
    marker::Run,
    runtime::{
        pool::{
            Pool,
            tasks::{Cut, Tasks},
        },
        subscription::{
            group::Group,
            lease::Lease,
            polls::{Place, Polls},
        },
    },
    subscriber::handler::{Handler, Running},
};

/// How long calls that are cut may take to end.
const CUT: Duration = Duration::from_secs(1);

/// How a call ended.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    /// The attempts of which it is known how they ended.
    pub(crate) each: Vec<(Attempt, Outcome)>,
    /// The others, if the call failed as a whole.
    pub(crate) whole: Option<FailedWhole>,
}

/// Attempts at a batch in a call that failed as a whole.
#[derive(Debug)]
pub(crate) struct FailedWhole {
    pub(crate) attempts: Vec<Attempt>,
    /// How many events the handler got: these, and those that it marked.
    pub(crate) called: usize,
    /// How many calls of theirs before this failed together with others.
    pub(crate) earlier: u32,
    pub(crate) failure: Failure,
}

/// The attempts of one subscriber that are under way.
pub(crate) struct Attempts {
    handler: Arc<dyn Handler>,
    scope: Arc<Scope>,
    timeout: Duration,
    running: Tasks<Result<(), Failure>>,
    under_way: HashMap<u64, UnderWay>,
    polls: Arc<Polls>,
    /// Where polls are made in place.
    here: Arc<Place>,
    lease: Arc<Lease>,
}

struct UnderWay {
    attempts: Vec<Attempt>,
    cx: Cx,
    batch: Option<Called>,
}

/// What is known of a call with a batch.
struct Called {
    marks: BatchMarks,
    earlier: u32,
}

/// What became of an attempt at once.
pub(crate) enum Begun {
    /// It is over.
    Ended(Attempt, Outcome),
    /// It has to wait for something.
    Waits(Waits),
}

/// An attempt that has to wait for something: it gets a task of its own.
pub(crate) struct Waits {
    pub(crate) attempt: Attempt,
    running: Running,
    cx: Cx,
}

impl Attempts {
    pub(crate) fn new(
        handler: Arc<dyn Handler>,
        scope: Arc<Scope>,
        timeout: Duration,
        pool: &Arc<Pool>,
        polls: Arc<Polls>,
        lease: Arc<Lease>,
    ) -> Self {
        let (running, here) = (Tasks::new(pool), polls.place());
        Self { handler, scope, timeout, running, under_way: HashMap::new(), polls, here, lease }
    }

    /// Attempts from here on belong to another run.
    pub(crate) fn set_run(&mut self, run: Run) {
        self.scope = Arc::new(Scope { run: run.number, marked: run, ..(*self.scope).clone() });
    }

    /// Whether a store outside of the log has seen a higher epoch than that of these attempts.
    pub(crate) fn is_outrun(&self) -> bool {
        self.scope.seen.load(Ordering::Relaxed) > self.scope.epoch
    }

    /// How many calls are under way.
    pub(crate) fn len(&self) -> usize {
        self.under_way.len()
    }

    /// Begins an attempt where it stands. Most handlers that do not wait are over with this.
    pub(crate) fn begin(&self, attempt: Attempt) -> Begun {
        let cx = Cx::new(Arc::clone(attempt.event()), attempt.number(), Arc::clone(&self.scope));
        let poll = || {
            let mut running = self.handler.call(attempt.event(), cx.clone())?;
            // If it has to wait, its own task polls it again and wakes it from then on.
            let polled = running.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            Ok((running, polled))
        };
        let first = self.here.poll(attempt.event().sequence, || catch_unwind(AssertUnwindSafe(poll)));
        match first {
            Ok(Ok((_, Poll::Ready(result)))) => Begun::Ended(attempt, outcome(result, &cx)),
            Ok(Ok((running, Poll::Pending))) => Begun::Waits(Waits { attempt, running, cx }),
            Ok(Err(undecodable)) => Begun::Ended(attempt, Outcome::Failed(Failure::undecodable(undecodable))),
            Err(panic) => Begun::Ended(attempt, Outcome::Failed(Failure::panicked(&*panic))),
        }
    }

    /// Whether attempts are begun on threads of their own now, and not in place.
    pub(crate) fn are_apart(&self) -> bool {
        self.polls.are_apart()
    }

    /// An attempt that was begun in place took so long.
    pub(crate) fn took_in_place(&self, time: Duration) {
        self.polls.took_in_place(time);
    }

    /// Begins an attempt on a thread of its own.
    pub(crate) fn begin_apart(&mut self, attempt: Attempt) {
        let cx = Cx::new(Arc::clone(attempt.event()), attempt.number(), Arc::clone(&self.scope));
        let (handler, event, for_handler) = (Arc::clone(&self.handler), Arc::clone(attempt.event()), cx.clone());
        let lease = Arc::clone(&self.lease);
        let running = async move {
            wait_for_ever_without(&lease).await;
            let running = handler.call(&event, for_handler).map_err(Failure::undecodable)?;
            running.await
        };
        self.spawn(vec![attempt], Box::pin(running), cx, None);
    }

    /// Gives an attempt that waits a task of its own.
    pub(crate) fn wait_for(&mut self, waits: Waits) {
        let Waits { attempt, running, cx } = waits;
        self.spawn(vec![attempt], running, cx, None);
    }

    /// Begins one call for many events.
    pub(crate) fn begin_batch(&mut self, group: Group) -> Option<Ended> {
        let Group { attempts, earlier } = group;
        let events: Vec<Arc<RecordedEvent>> = attempts.iter().map(|attempt| Arc::clone(attempt.event())).collect();
        let first = events.first()?;
        let highest = attempts.iter().map(|attempt| attempt.number()).max().unwrap_or(1);
        let cx = Cx::of_batch(Arc::clone(first), highest.saturating_add(earlier), Arc::clone(&self.scope));
        let marks = BatchMarks::default();
        let begun = catch_unwind(AssertUnwindSafe(|| self.handler.call_batch(&events, &marks, cx.clone())));
        match begun {
            Ok(Ok(running)) => {
                let lease = Arc::clone(&self.lease);
                let running = Box::pin(async move {
                    wait_for_ever_without(&lease).await;
                    running.await
                });
                self.spawn(attempts, running, cx, Some(Called { marks, earlier }));
                None
            }
            Ok(Err(undecodable)) => {
                Some(Called { marks, earlier }.end(attempts, Err(Failure::undecodable(undecodable)), &cx))
            }
            Err(panic) => Some(Called { marks, earlier }.end(attempts, Err(Failure::panicked(&*panic)), &cx)),
        }
    }

    fn spawn(&mut self, attempts: Vec<Attempt>, running: Running, cx: Cx, batch: Option<Called>) {
        let timeout = self.timeout;
        let mut bounded = Box::pin(async move {
            // A poll that holds its thread is not cut: its key stays shut until the thread is given back.
            let ended = tokio::time::timeout(timeout, running).await;
            ended.unwrap_or_else(|_| Err(Failure::timed_out(timeout)))
        });
        let sequence = attempts.first().map_or(0, |attempt| attempt.event().sequence);
        let (polls, place) = (Arc::clone(&self.polls), self.polls.place());
        let watched = poll_fn(move |context| place.poll_apart(&polls, sequence, || bounded.as_mut().poll(context)));
        let id = self.running.spawn(watched);
        self.under_way.insert(id, UnderWay { attempts, cx, batch });
    }

    /// Ends every call where it waits. One that never gives its thread back is not waited for. Says whether all have ended.
    pub(crate) async fn cut(&mut self) -> bool {
        self.running.cancel();
        let ended = async { while self.running.next_end().await.is_some() {} };
        // Whether they ended or not: nobody asks for their outcome any more.
        let all = tokio::time::timeout(CUT, ended).await.is_ok();
        self.under_way.clear();
        all
    }

    /// The next call that ends. Cancelling this loses nothing.
    pub(crate) async fn next_end(&mut self) -> Option<Ended> {
        loop {
            let (id, result) = self.running.next_end().await?;
            let result = result.unwrap_or_else(|cut| match cut {
                Cut::Panicked(panic) => Err(Failure::panicked(&*panic)),
                Cut::Cancelled => Err(Failure::new("the attempt was cut")),
            });
            if let Some(ended) = self.under_way.remove(&id) {
                return Some(ended.end(result));
            }
        }
    }
}

impl UnderWay {
    fn end(self, result: Result<(), Failure>) -> Ended {
        let Self { attempts, cx, batch } = self;
        match batch {
            Some(called) => called.end(attempts, result, &cx),
            None => {
                let outcome = outcome(result, &cx);
                Ended {
                    each: attempts.into_iter().next().map(|attempt| (attempt, outcome)).into_iter().collect(),
                    whole: None,
                }
            }
        }
    }
}

impl Called {
    /// An event that is marked has failed by itself, whatever became of the call.
    fn end(self, attempts: Vec<Attempt>, result: Result<(), Failure>, cx: &Cx) -> Ended {
        let Self { marks, earlier } = self;
        let called = attempts.len().saturating_sub(marks.unread());
        let mut failed: HashMap<usize, Failure> = marks.take().into_iter().collect();
        let skipped = cx.take_skip();
        let (mut each, mut others) = (Vec::new(), Vec::new());
        for (index, attempt) in attempts.into_iter().enumerate() {
            let own = || cx.take_skip_of(attempt.event().sequence).or_else(|| skipped.clone());
            let outcome = match (failed.remove(&index), &result) {
                (Some(failure), _) => Outcome::Failed(failure),
                (None, Err(_)) => {
                    others.push(attempt);
                    continue;
                }
                (None, Ok(())) => own().map_or(Outcome::Handled, Outcome::Skipped),
            };
            each.push((attempt, outcome));
        }
        let whole = result.err().filter(|_| !others.is_empty());
        Ended { each, whole: whole.map(|failure| FailedWhole { attempts: others, called, earlier, failure }) }
    }
}

/// It may be long until there is a thread. Without the lease somebody else may have begun by then, and the worker, which ends,
/// cuts what waits.
async fn wait_for_ever_without(lease: &Lease) {
    if !lease.is_good() {
        std::future::pending().await
    }
}

fn outcome(result: Result<(), Failure>, cx: &Cx) -> Outcome {
    match (result, cx.take_skip()) {
        (Err(failure), _) => Outcome::Failed(failure),
        (Ok(()), Some(reason)) => Outcome::Skipped(reason),
        (Ok(()), None) => Outcome::Handled,
    }
}
