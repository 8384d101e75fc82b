//! A reader that goes on with new events.

use std::{pin::pin, sync::Arc, time::Duration};

use async_trait::async_trait;
use stheno_core::{
    Clock, Timestamp,
    backend::{BackendError, Page, Query, Tail},
};
use tokio::sync::watch;

use crate::{
    error,
    health::Health,
    read,
    readers::Readers,
    signal::{News, State},
    watch::Watcher,
    writer::Writer,
};

/// How long a tail waits for news before it says that there are none.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long a tail waits after scheduled events could not be moved, before it tries again.
const MOVE_RETRY: Duration = Duration::from_secs(1);

/// Reads pages and waits in between: for commits of this process, for those of others, and for events that become due.
pub(crate) struct SqliteTail {
    /// What is still to be read: `after` is how far the pages so far have reached.
    pub(crate) query: Query,
    pub(crate) health: Arc<Health>,
    pub(crate) readers: Arc<Readers>,
    pub(crate) writer: Arc<Writer>,
    /// `None` in memory, where nobody else writes.
    pub(crate) watcher: Option<Arc<Watcher>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) news: watch::Receiver<News>,
    /// Whether the first page has been read; until then news may be older than the log.
    pub(crate) begun: bool,
}

#[async_trait]
impl Tail for SqliteTail {
    async fn next(&mut self) -> Result<Page, BackendError> {
        let mut patience = pin!(tokio::time::sleep(PATIENCE));
        loop {
            let news = *self.news.borrow_and_update();
            match news.state {
                State::Open => {}
                State::Changed => return Err(error::log_changed(&self.health.place).into()),
                // Set after the damage was noted.
                State::Damaged => self.health.check_damage()?,
                State::Closed => return Err(error::closed().into()),
            }
            if !self.begun || self.can_move(&news) {
                let query = self.query.clone();
                let page = self.readers.with(move |session| read::page(session, &query)).await?;
                self.begun = true;
                if page.covered > self.query.after {
                    // Nothing is awaited between this and the return, so a cancelled call has not moved.
                    self.query.after = page.covered;
                    return Ok(page);
                }
            }
            let (watcher, writer, clock) = (&self.watcher, &self.writer, &*self.clock);
            tokio::select! {
                // An error means that the backend is gone; the next look at the news is the last one then.
                heard = self.news.changed() => if heard.is_err() { return Err(error::closed().into()) },
                looked = look(watcher) => looked?,
                () = move_when_due(writer, clock, news.due) => {}
                () = &mut patience => return Ok(Page::new(Vec::new(), self.query.after, true)),
            }
        }
    }
}

impl SqliteTail {
    /// Whether the log reaches further than this tail, within what it is to read.
    fn can_move(&self, news: &News) -> bool {
        self.query.after < self.query.upto.map_or(news.last, |upto| upto.min(news.last))
    }
}

/// Looks for what other processes wrote; in memory there are none.
async fn look(watcher: &Option<Arc<Watcher>>) -> Result<(), BackendError> {
    match watcher {
        Some(watcher) => watcher.wait_and_look().await,
        None => std::future::pending().await,
    }
}

/// Waits until the next scheduled event is due and moves it into the log.
async fn move_when_due(writer: &Arc<Writer>, clock: &dyn Clock, due: Option<Timestamp>) {
    let Some(due) = due else { return std::future::pending().await };
    while clock.now() < due {
        clock.sleep_until(due).await;
    }
    if let Err(error) = writer.move_due().await {
        // Reading goes on without them: what is in the log can be read also when nothing can be written.
        tracing::warn!(%error, "scheduled events are due and cannot be moved into the log");
        tokio::time::sleep(MOVE_RETRY).await;
    }
}
