//! Pages for subscribers that are behind: of those who want the same page one reads it, and the others get what it read.
//! Ten subscribers that begin together cost a server one reader and not ten.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::OnceCell;

use crate::{
    backend::{BackendError, Tail},
    pattern::PatternSet,
    runtime::log::batch::{BATCH, Batch},
};

/// Pages that are kept for those who come a little later.
const KEPT: usize = 16;
/// What these may take in all; of large events fewer pages are kept.
const KEPT_BYTES: usize = 16 * 1024 * 1024;
/// Readers that are kept to go on where a page ended.
const TAILS: usize = 4;

/// The pages that were read lately.
#[derive(Default)]
pub(super) struct Pages(Mutex<Shelf>);

#[derive(Default)]
struct Shelf {
    /// The latest last.
    pages: VecDeque<Arc<Kept>>,
    /// Those that can go on at a position; the latest last.
    tails: VecDeque<(PatternSet, u64, Box<dyn Tail>)>,
    /// How many are behind.
    behind: usize,
}

struct Kept {
    patterns: PatternSet,
    after: u64,
    /// Who comes first fills it. When that fails, or is given up, the next one tries.
    batch: OnceCell<Arc<Batch>>,
}

impl Shelf {
    /// What the pages take.
    fn bytes(&self) -> usize {
        self.pages.iter().filter_map(|kept| kept.batch.get()).map(|batch| batch.bytes).sum()
    }
}

impl Kept {
    /// Whether what follows a position is in it, or most likely will be. It may begin before that, with what the subscriber
    /// has had: from the end of such a page on the two want the same pages.
    fn goes_on(&self, after: u64) -> bool {
        let covered = self.batch.get().map_or(self.after + BATCH as u64, |batch| batch.covered);
        self.after == after || (self.after < after && after < covered)
    }
}

/// Being behind. When nobody is any more, no page is kept.
pub(super) struct Behind<'a>(&'a Pages);

impl Pages {
    /// Somebody is behind, until what is returned is dropped.
    pub(super) fn behind(&self) -> Behind<'_> {
        self.shelf().behind += 1;
        Behind(self)
    }

    /// Forgets every page; what is being read is given to those who wait for it.
    pub(super) fn clear(&self) {
        self.shelf().pages.clear();
    }

    fn kept(&self, patterns: &PatternSet, after: u64) -> Arc<Kept> {
        let mut shelf = self.shelf();
        if let Some(kept) = shelf.pages.iter().find(|kept| kept.goes_on(after) && kept.patterns == *patterns) {
            return Arc::clone(kept);
        }
        let kept = Arc::new(Kept { patterns: patterns.clone(), after, batch: OnceCell::new() });
        while shelf.pages.len() >= KEPT || shelf.bytes() >= KEPT_BYTES {
            shelf.pages.pop_front();
        }
        shelf.pages.push_back(Arc::clone(&kept));
        kept
    }

    /// Whether a page ends at a position that was so full that there is much more to come, and of more than a few events.
    pub(super) fn much_follows(&self, patterns: &PatternSet, after: u64) -> bool {
        self.shelf().pages.iter().any(|kept| {
            let ends = |batch: &Arc<Batch>| batch.covered == after && batch.is_full() && !batch.is_of_large_events();
            kept.batch.get().is_some_and(ends) && kept.patterns == *patterns
        })
    }

    /// Takes the reader that goes on at a position, if there is one.
    pub(super) fn take_tail(&self, patterns: &PatternSet, after: u64) -> Option<Box<dyn Tail>> {
        let mut shelf = self.shelf();
        let at = shelf.tails.iter().position(|(of, at, _)| *at == after && of == patterns)?;
        shelf.tails.remove(at).map(|(_, _, tail)| tail)
    }

    /// Keeps a reader for who goes on at a position.
    pub(super) fn keep_tail(&self, patterns: &PatternSet, after: u64, tail: Box<dyn Tail>) {
        let mut shelf = self.shelf();
        if shelf.behind == 0 {
            return;
        }
        if shelf.tails.len() == TAILS {
            shelf.tails.pop_front();
        }
        shelf.tails.push_back((patterns.clone(), after, tail));
    }

    fn forget(&self, kept: &Arc<Kept>) {
        self.shelf().pages.retain(|other| !Arc::ptr_eq(other, kept));
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Behind<'_> {
    /// The page that has what follows a position. `read` is called with where it begins, unless somebody has read it or is
    /// about to.
    pub(super) async fn page<F: Future<Output = Result<Batch, BackendError>>>(
        &self,
        patterns: &PatternSet,
        after: u64,
        read: impl Fn(u64) -> F,
    ) -> Result<Arc<Batch>, BackendError> {
        loop {
            let kept = self.0.kept(patterns, after);
            let batch = kept.batch.get_or_try_init(|| async { read(kept.after).await.map(Arc::new) }).await?;
            if batch.covered > after {
                return Ok(Arc::clone(batch));
            }
            // There was nothing yet, or it ended earlier than expected: it is looked again.
            self.0.forget(&kept);
            if kept.after == after {
                return Ok(Arc::clone(batch));
            }
        }
    }
}

impl Drop for Behind<'_> {
    fn drop(&mut self) {
        let mut shelf = self.0.shelf();
        shelf.behind -= 1;
        if shelf.behind == 0 {
            shelf.pages.clear();
            shelf.tails.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::backend::{BackendErrorKind, Page};

    fn batch(after: u64, covered: u64) -> Result<Batch, BackendError> {
        Ok(Batch::new(after, covered, Vec::new()))
    }

    #[tokio::test]
    async fn of_those_who_want_the_same_page_one_reads_it() {
        let (pages, patterns, reads) = (Pages::default(), PatternSet::all(), Cell::new(0));
        let read = |after| {
            reads.set(reads.get() + 1);
            async move {
                tokio::task::yield_now().await;
                batch(after, after + 7)
            }
        };
        let (one, other) = (pages.behind(), pages.behind());
        let (first, second) = tokio::join!(one.page(&patterns, 0, &read), other.page(&patterns, 0, &read));
        assert_eq!((first.unwrap().covered, second.unwrap().covered, reads.get()), (7, 7, 1));
        one.page(&patterns, 7, async |after| batch(after, 9)).await.unwrap();
        assert_eq!(other.page(&patterns, 7, async |after| batch(after, 8)).await.unwrap().covered, 9);
    }

    #[tokio::test]
    async fn a_page_that_has_what_follows_serves_who_is_in_the_middle_of_it() {
        let (pages, patterns) = (Pages::default(), PatternSet::all());
        let one = pages.behind();
        let ten = |after| async move { batch(after, after + 10) };
        one.page(&patterns, 10, &ten).await.unwrap();
        assert_eq!(one.page(&patterns, 19, &ten).await.unwrap().covered, 20);
        assert_eq!(one.page(&patterns, 20, &ten).await.unwrap().covered, 30);
        assert_eq!(one.page(&patterns, 9, &ten).await.unwrap().covered, 19);
    }

    #[tokio::test]
    async fn who_comes_while_a_page_is_read_waits_for_it_and_looks_again_when_it_ends_too_early() {
        let (pages, patterns) = (Pages::default(), PatternSet::all());
        for (ends, expected) in [(20, (20, 20)), (12, (12, 45))] {
            let (one, other) = (pages.behind(), pages.behind());
            let read = |after| async move {
                tokio::task::yield_now().await;
                batch(after, if after == 10 { ends } else { after + 30 })
            };
            let (first, second) = tokio::join!(one.page(&patterns, 10, read), other.page(&patterns, 15, read));
            assert_eq!((first.unwrap().covered, second.unwrap().covered), expected);
        }
    }

    #[tokio::test]
    async fn a_page_that_failed_or_had_nothing_is_read_again() {
        let (pages, patterns) = (Pages::default(), PatternSet::all());
        let one = pages.behind();
        let gone = async |_| Err(BackendError::new(BackendErrorKind::Unavailable, "gone"));
        assert!(one.page(&patterns, 3, gone).await.is_err());
        assert_eq!(one.page(&patterns, 3, async |after| batch(after, 3)).await.unwrap().covered, 3);
        assert_eq!(one.page(&patterns, 3, async |after| batch(after, 4)).await.unwrap().covered, 4);
    }

    struct NoTail;

    #[async_trait::async_trait]
    impl Tail for NoTail {
        async fn next(&mut self) -> Result<Page, BackendError> {
            Ok(Page::new(Vec::new(), 0, true))
        }
    }

    #[test]
    fn a_reader_is_kept_for_who_goes_on_where_it_stands() {
        let (pages, all) = (Pages::default(), PatternSet::all());
        let behind = pages.behind();
        pages.keep_tail(&all, 7, Box::new(NoTail));
        assert!(pages.take_tail(&all, 8).is_none());
        assert!(pages.take_tail(&PatternSet::parse(["order.*"]).unwrap(), 7).is_none());
        assert!(pages.take_tail(&all, 7).is_some() && pages.take_tail(&all, 7).is_none());
        (0..9).for_each(|at| pages.keep_tail(&all, at, Box::new(NoTail)));
        assert_eq!(pages.shelf().tails.len(), TAILS);
        drop(behind);
        pages.keep_tail(&all, 1, Box::new(NoTail));
        assert!(pages.shelf().tails.is_empty());
    }

    #[tokio::test]
    async fn nothing_is_kept_once_nobody_is_behind() {
        let (pages, patterns) = (Pages::default(), PatternSet::all());
        let one = pages.behind();
        for after in 0..40 {
            one.page(&patterns, after, async |after| batch(after, after + 1)).await.unwrap();
        }
        assert_eq!(pages.shelf().pages.len(), KEPT);
        drop(one);
        assert!(pages.shelf().pages.is_empty());
    }
}
