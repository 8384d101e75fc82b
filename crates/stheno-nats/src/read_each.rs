//! Pages for several queries. Events that are asked for by their sequence and lie close together come with one reading of
//! that part of the log.

use std::{collections::HashMap, sync::Arc};

use futures_util::{StreamExt, stream};
use stheno_core::{
    RecordedEvent,
    backend::{BackendError, Direction, Page, Query},
};

use crate::{log::Log, read};

/// Runs that are read at once: each has a page in memory.
const RUNS_AT_ONCE: usize = 4;
/// Readings under way at once; the server drops questions when it has too many.
const AT_ONCE: usize = 128;
/// Events of a run lie at most this far apart.
const APART: u64 = 3;
/// Fewer events than this are asked for one by one: a consumer costs several questions.
const RUN: usize = 8;
/// The bytes of one page of a run.
const RUN_BYTES: usize = 4 * 1024 * 1024;

/// Reads a page for each query.
pub(crate) async fn pages(log: &Arc<Log>, queries: Vec<Query>) -> Vec<Result<Page, BackendError>> {
    let mut singles: Vec<u64> = queries.iter().filter_map(single).collect();
    singles.sort_unstable();
    singles.dedup();
    let runs = singles.chunk_by(|one, next| next - one <= APART).filter(|run| run.len() >= RUN);
    let read = stream::iter(runs.map(<[u64]>::to_vec).collect::<Vec<_>>())
        .map(|wanted| run(log, wanted))
        .buffered(RUNS_AT_ONCE);
    // What a run did not bring is asked for by itself.
    let found: HashMap<u64, Arc<RecordedEvent>> =
        read.collect::<Vec<_>>().await.into_iter().flatten().map(|event| (event.sequence, event)).collect();
    let is_there = |query: &Query| single(query).and_then(|sequence| found.get(&sequence));
    let others: Vec<Query> = queries.iter().filter(|query| is_there(query).is_none()).cloned().collect();
    let read = stream::iter(others).map(|query| async move { read::page(log, &query).await });
    let mut others = read.buffered(AT_ONCE).collect::<Vec<_>>().await.into_iter();
    let page = |query: &Query| match is_there(query) {
        Some(event) => Some(Ok(Page::new(vec![Arc::clone(event)], event.sequence, true))),
        None => others.next(),
    };
    queries.iter().filter_map(page).collect()
}

/// The sequence of a query that asks for one event, whatever it is.
fn single(query: &Query) -> Option<u64> {
    let anything = query.patterns.is_all()
        && query.key.is_none()
        && !query.keyless
        && query.since.is_none()
        && query.until.is_none()
        && query.direction == Direction::Forward;
    query.upto.filter(|upto| anything && *upto == query.after + 1)
}

/// Events that lie close together, as far as they can be read. What lies between them is read, and not kept.
async fn run(log: &Arc<Log>, wanted: Vec<u64>) -> Vec<Arc<RecordedEvent>> {
    let (Some(first), Some(last)) = (wanted.first().copied(), wanted.last().copied()) else { return Vec::new() };
    let mut events = Vec::with_capacity(wanted.len());
    let mut covered = first - 1;
    while covered < last {
        let limit = usize::try_from(last - covered).unwrap_or(usize::MAX);
        let query = Query::all().after(covered).upto(last).limit(limit).bytes(RUN_BYTES);
        match read::page(log, &query).await {
            Ok(page) if page.covered > covered => {
                covered = page.covered;
                events.extend(page.events.into_iter().filter(|event| wanted.binary_search(&event.sequence).is_ok()));
                if page.end {
                    break;
                }
            }
            // Each is asked for by itself, which says what is wrong.
            _ => break,
        }
    }
    events
}
