//! Damaged files: an error of kind `Corrupt`, never a panic, never something else in place of an event.

mod common;

use std::{
    fs::{self, OpenOptions},
    io::{Seek, SeekFrom, Write},
    sync::Arc,
};

use common::{TestFile, event};
use stheno_core::{
    NewEvent, RecordedEvent,
    backend::{Append, Backend, BackendError, BackendErrorKind, Query},
};
use stheno_sqlite::{SqliteBackend, once::rusqlite};

const EVENTS: usize = 2_000;
const PAGE: u64 = 4_096;

/// A log with some events, closed, so that everything is in the one file.
async fn written() -> TestFile {
    let file = TestFile::new();
    let log = file.open().await;
    let events: Vec<NewEvent> = (0..EVENTS)
        .map(|number| {
            let mut event = event("order.placed");
            event.body = format!("{number:0>600}").into();
            event
        })
        .collect();
    for batch in events.chunks(1_000) {
        log.append(Append::batch(batch.to_vec())).await.unwrap();
    }
    log.close().await;
    file
}

/// Reads the whole log, if it can be opened and read.
async fn read(file: &TestFile) -> Result<Vec<Arc<RecordedEvent>>, BackendError> {
    let log = SqliteBackend::open(file.options()).await?;
    log.info().await?;
    let mut query = Query::all();
    let mut events = Vec::new();
    loop {
        let page = log.read(query.clone()).await?;
        events.extend(page.events);
        if page.end {
            return Ok(events);
        }
        query.after = page.covered;
    }
}

async fn kind(file: &TestFile) -> Option<BackendErrorKind> {
    read(file).await.err().map(|error| error.kind())
}

fn overwrite(file: &TestFile, page: u64, with: &[u8]) {
    let mut open = OpenOptions::new().write(true).open(&file.path).unwrap();
    open.seek(SeekFrom::Start(page * PAGE)).unwrap();
    open.write_all(with).unwrap();
}

#[tokio::test]
async fn a_whole_file_is_read() {
    let file = written().await;
    assert_eq!(read(&file).await.unwrap().len(), EVENTS);
    assert!(fs::metadata(&file.path).unwrap().len() > 300 * PAGE);
}

#[tokio::test]
async fn pages_overwritten_in_the_middle_are_an_error_of_reading() {
    let file = written().await;
    let middle = fs::metadata(&file.path).unwrap().len() / PAGE / 2;
    for page in middle..middle + 20 {
        overwrite(&file, page, &[0xff; PAGE as usize]);
    }
    assert_eq!(kind(&file).await, Some(BackendErrorKind::Corrupt));
}

#[tokio::test]
async fn a_tail_and_an_append_on_damaged_pages_are_errors_too() {
    let file = written().await;
    let pages = fs::metadata(&file.path).unwrap().len() / PAGE;
    // Everything but the header page and the schema.
    for page in 20..pages {
        overwrite(&file, page, &[0xff; PAGE as usize]);
    }
    let log = file.open().await;
    let mut tail = log.tail(Query::all()).await.unwrap();
    let mut read = 0;
    let error = loop {
        match tail.next().await {
            Ok(page) => read += page.events.len(),
            Err(error) => break error,
        }
        assert!(read < EVENTS);
    };
    assert_eq!(error.kind(), BackendErrorKind::Corrupt);
    let refused = log.append(Append::one(event("order.placed"))).await.unwrap_err();
    assert_eq!(refused.kind(), stheno_core::backend::AppendErrorKind::Backend(BackendErrorKind::Corrupt));
}

#[tokio::test]
async fn a_file_that_was_cut_short_is_an_error() {
    let file = written().await;
    let length = fs::metadata(&file.path).unwrap().len();
    OpenOptions::new().write(true).open(&file.path).unwrap().set_len(length / 2).unwrap();
    assert_eq!(kind(&file).await, Some(BackendErrorKind::Corrupt));
}

#[tokio::test]
async fn a_file_that_ends_within_a_page_is_an_error_and_its_last_page_is_not_read_as_zeros() {
    for cut in [1, 100, 511, PAGE - 1] {
        let file = written().await;
        let open = OpenOptions::new().write(true).open(&file.path).unwrap();
        open.set_len(open.metadata().unwrap().len() - cut).unwrap();
        assert_eq!(kind(&file).await, Some(BackendErrorKind::Corrupt), "{cut} bytes cut off");
        assert_eq!(kind(&file).await, Some(BackendErrorKind::Corrupt), "{cut} bytes cut off, opened again");
    }
}

#[tokio::test]
async fn a_damaged_header_is_an_error_of_opening() {
    let file = written().await;
    overwrite(&file, 0, &[0xff; 100]);
    assert_eq!(kind(&file).await, Some(BackendErrorKind::Corrupt));
}

#[tokio::test]
async fn a_page_overwritten_anywhere_never_panics_and_never_invents_an_event() {
    let whole = written().await;
    let original = read(&whole).await.unwrap();
    let bytes = fs::read(&whole.path).unwrap();
    let pages = bytes.len() as u64 / PAGE;
    let mut damaged = 0;
    for page in (1..pages).step_by(pages as usize / 40) {
        let file = TestFile::new();
        fs::write(&file.path, &bytes).unwrap();
        overwrite(&file, page, &[0xff; PAGE as usize]);
        match read(&file).await {
            Ok(events) => {
                for (event, original) in events.iter().zip(&original) {
                    assert_eq!(
                        (event.sequence, &event.id, &event.body),
                        (original.sequence, &original.id, &original.body)
                    );
                }
            }
            Err(error) => {
                assert_eq!(error.kind(), BackendErrorKind::Corrupt, "page {page}");
                damaged += 1;
            }
        }
    }
    assert!(damaged > 10, "{damaged}");
}

#[tokio::test]
async fn a_row_that_we_never_wrote_is_an_error() {
    for damage in [
        "UPDATE events SET headers = 'no colon' WHERE sequence = 7",
        "UPDATE events SET name = 4711 WHERE sequence = 7",
        "UPDATE events SET id = CAST(x'ff' AS TEXT) WHERE sequence = 7",
    ] {
        let file = written().await;
        let hand = rusqlite::Connection::open(&file.path).unwrap();
        hand.execute(damage, []).unwrap();
        drop(hand);
        assert_eq!(kind(&file).await, Some(BackendErrorKind::Corrupt), "{damage}");
    }
}
