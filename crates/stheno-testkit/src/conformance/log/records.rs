//! Records: small documents under a name, written by compare-and-set.

use std::{sync::Arc, time::Duration};

use stheno_core::backend::{Backend, Expect, Record, RecordError, RecordName, RecordPage, RecordWrite, Revision};

use crate::conformance::{
    Harness,
    world::{World, until},
};

fn named(text: &str) -> RecordName {
    RecordName::trusted(text)
}

async fn write(log: &dyn Backend, writes: Vec<RecordWrite>) -> Vec<Revision> {
    log.write_records(writes).await.expect("the records are written")
}

async fn write_one(log: &dyn Backend, one: RecordWrite) -> Revision {
    let revisions = write(log, vec![one]).await;
    let [revision] = revisions[..] else { panic!("one write, one revision: {revisions:?}") };
    revision
}

async fn get(log: &dyn Backend, name: &str) -> Option<Record> {
    log.get_record(&named(name)).await.expect("a record can be read")
}

async fn list(log: &dyn Backend, prefix: &str) -> Vec<Record> {
    log.list_records(prefix).await.expect("records can be listed")
}

async fn conflict(log: &dyn Backend, writes: Vec<RecordWrite>) -> RecordName {
    match log.write_records(writes).await {
        Err(RecordError::Conflict { name }) => name,
        other => panic!("a conflict was expected: {other:?}"),
    }
}

/// A record is what was last written, byte for byte, with the revision that the write gave; deleted, it is not there.
pub async fn a_record_is_what_was_last_written(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let log = &*world.log;
    assert_eq!(get(log, "a").await, None);
    let bytes: Vec<u8> = (0..=255).collect();
    for value in [&b"1"[..], &bytes, b"", &vec![b'x'; 200_000]] {
        let revision = write_one(log, RecordWrite::put(named("a"), value.to_vec())).await;
        assert_eq!(get(log, "a").await, Some(Record::new(named("a"), revision, value.to_vec())));
    }
    write_one(log, RecordWrite::delete(named("a"))).await;
    assert_eq!(get(log, "a").await, None);
    write_one(log, RecordWrite::delete(named("a"))).await;
}

/// A write takes place only if the record is as expected; the conflict names it.
pub async fn a_write_takes_place_only_as_expected(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let log = &*world.log;
    let put = |value: &'static str, expect| RecordWrite::put(named("a"), value).expect(expect);
    assert_eq!(conflict(log, vec![put("0", Expect::Revision(Revision(1)))]).await, named("a"));
    let first = write_one(log, put("1", Expect::Absent)).await;
    assert_eq!(conflict(log, vec![put("x", Expect::Absent)]).await, named("a"));
    let second = write_one(log, put("2", Expect::Revision(first))).await;
    assert_eq!(conflict(log, vec![put("x", Expect::Revision(first))]).await, named("a"));
    let third = write_one(log, put("3", Expect::Any)).await;
    assert_eq!(conflict(log, vec![RecordWrite::delete(named("a")).expect(Expect::Revision(second))]).await, named("a"));
    assert_eq!(get(log, "a").await.map(|record| record.value), Some("3".into()));
    let deleted = write_one(log, RecordWrite::delete(named("a")).expect(Expect::Revision(third))).await;
    assert_eq!(
        conflict(log, vec![put("x", Expect::Revision(deleted))]).await,
        named("a"),
        "a deleted record has no revision"
    );
    write_one(log, put("4", Expect::Absent)).await;
}

/// Several writes are done all or none, and the first that is not as expected is named.
pub async fn several_writes_are_done_all_or_none(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let log = &*world.log;
    let kept = write_one(log, RecordWrite::put(named("kept"), "1")).await;
    for bad in 0..3 {
        let mut writes = vec![
            RecordWrite::put(named("new/1"), "x").expect(Expect::Absent),
            RecordWrite::put(named("new/2"), "x"),
            RecordWrite::delete(named("kept")).expect(Expect::Revision(kept)),
        ];
        writes.insert(bad, RecordWrite::put(named("bad"), "x").expect(Expect::Revision(kept)));
        writes.push(RecordWrite::put(named("worse"), "x").expect(Expect::Revision(kept)));
        assert_eq!(conflict(log, writes).await, named("bad"));
        assert_eq!(list(log, "").await.iter().map(|record| record.name.to_string()).collect::<Vec<_>>(), ["kept"]);
    }
    let revisions = write(
        log,
        vec![
            RecordWrite::put(named("new/1"), "1"),
            RecordWrite::delete(named("kept")).expect(Expect::Revision(kept)),
            RecordWrite::put(named("new/2"), "2"),
        ],
    )
    .await;
    assert_eq!(revisions.len(), 3);
    let found: Vec<_> =
        list(log, "").await.into_iter().map(|record| (record.name.to_string(), record.revision)).collect();
    assert_eq!(found, [("new/1".to_owned(), revisions[0]), ("new/2".to_owned(), revisions[2])]);
}

/// Writers that compare and set never overwrite each other: a counter counts every one of them.
pub async fn racing_writers_never_overwrite_each_other(harness: &dyn Harness) {
    const WRITERS: usize = 6;
    const EACH: usize = 15;
    let world = World::new(harness).await;
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let log = Arc::clone(&world.log);
            tokio::spawn(async move {
                for _ in 0..EACH {
                    count_once(&*log).await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("the writer ends");
    }
    let counted = get(&*world.log, "counter").await.expect("it was written").value;
    assert_eq!(counted, (WRITERS * EACH).to_string().into_bytes());
}

async fn count_once(log: &dyn Backend) {
    loop {
        let found = get(log, "counter").await;
        let count: usize = found
            .as_ref()
            .map_or(0, |record| std::str::from_utf8(&record.value).expect("text").parse().expect("a number"));
        let expect = found.map_or(Expect::Absent, |record| Expect::Revision(record.revision));
        let write = RecordWrite::put(named("counter"), (count + 1).to_string()).expect(expect);
        match log.write_records(vec![write]).await {
            Ok(_) => return,
            Err(RecordError::Conflict { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// A revision never repeats for a name, also not after a deletion: an old one never matches again.
pub async fn a_revision_never_repeats(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let log = &*world.log;
    let mut revisions = Vec::new();
    for round in 0..10 {
        revisions.push(write_one(log, RecordWrite::put(named("a"), round.to_string())).await);
        write_one(log, RecordWrite::put(named("b"), "other")).await;
        if round % 3 == 0 {
            revisions.push(write_one(log, RecordWrite::delete(named("a"))).await);
        }
    }
    assert!(revisions.is_sorted_by(|earlier, later| earlier < later), "{revisions:?}");
}

/// Records are listed by the beginning of their name, whatever characters it has, sorted by name.
pub async fn records_are_listed_by_prefix_and_sorted(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let log = &*world.log;
    let names = [
        "sub/a/state",
        "sub/a/lane/=/00000000000000000007",
        "sub/a/lane/order=3A1",
        "sub/a.b/state",
        "sub/ab/state",
        "sub/A/state",
        "sub/a_b",
        "sub/a-b",
        "lease/a",
        "command/a/1",
        "s",
    ];
    write(log, names.map(|name| RecordWrite::put(named(name), name)).to_vec()).await;
    for prefix in [
        "",
        "s",
        "sub/",
        "sub/a",
        "sub/a/",
        "sub/a/lane/",
        "sub/a/lane/=",
        "sub/a_",
        "sub/a.b/state",
        "lease/",
        "x",
        "T",
    ] {
        let mut expected: Vec<_> =
            names.iter().filter(|name| name.starts_with(prefix)).map(|name| (*name).to_owned()).collect();
        expected.sort_unstable();
        let found = list(log, prefix).await;
        assert!(found.iter().all(|record| record.value == record.name.as_str().as_bytes()));
        assert_eq!(
            found.iter().map(|record| record.name.to_string()).collect::<Vec<_>>(),
            expected,
            "prefix {prefix:?}"
        );
    }
}

/// An expired record is as if it had been deleted; writing it again in time keeps it.
pub async fn an_expired_record_is_as_if_deleted(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let log = &*world.log;
    let put = |name: &str| RecordWrite::put(named(name), "x");
    let soon = Duration::from_millis(1_200);
    let revisions = write(log, vec![put("goes").expires(soon), put("stays"), put("renewed").expires(soon)]).await;
    assert_eq!(list(log, "").await.len(), 3, "nothing goes before its time");
    write_one(log, put("renewed")).await;
    until("the record expires", None, async || get(log, "goes").await).await;
    let left: Vec<_> = list(log, "").await.into_iter().map(|record| record.name.to_string()).collect();
    assert_eq!(left, ["renewed", "stays"]);
    assert_eq!(conflict(log, vec![put("goes").expect(Expect::Revision(revisions[0]))]).await, named("goes"));
    let again = write_one(log, put("goes").expect(Expect::Absent)).await;
    assert!(again > revisions[0]);
    assert!(get(log, "goes").await.is_some());
}

/// What delivery writes at once fits: a thousand records, all or none.
pub async fn a_thousand_records_are_written_at_once(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let writes = (0..1_000).map(|number| RecordWrite::put(named(&format!("many/{number:04}")), number.to_string()));
    assert_eq!(write(&*world.log, writes.collect()).await.len(), 1_000);
    let found = list(&*world.log, "many/").await;
    assert_eq!(found.len(), 1_000);
    assert!(found.iter().enumerate().all(|(number, record)| record.value == number.to_string().into_bytes()));
}

async fn page(log: &dyn Backend, prefix: &str, before: Option<&RecordPage>, limit: usize) -> RecordPage {
    let after = before.and_then(|before| before.next.as_ref());
    let page = log.read_records(prefix, after, limit).await.expect("records can be read");
    assert!(page.records.len() <= limit.max(1), "{} in a page of {limit}", page.records.len());
    page
}

/// The names of all records that begin so, page by page, sorted.
async fn paged(log: &dyn Backend, prefix: &str, limit: usize) -> Vec<String> {
    let mut last = page(log, prefix, None, limit).await;
    let mut found = last.records.clone();
    while last.next.is_some() {
        last = page(log, prefix, Some(&last), limit).await;
        found.extend(last.records.clone());
    }
    let mut names: Vec<_> = found.into_iter().map(|record| record.name.to_string()).collect();
    names.sort_unstable();
    names
}

/// Page by page come the same records as in a list, whatever the prefix, and each once while nobody writes.
pub async fn records_are_read_page_by_page(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let log = &*world.log;
    assert_eq!(page(log, "", None, 10).await, RecordPage::new(Vec::new(), None), "nothing is one empty page");
    let names = ["sub/a/state", "sub/a/lane/=/07", "sub/a/lane/order=3A1", "sub/a.b/state", "sub/ab/state", "lease/a"];
    let many = (0..25).map(|number| format!("sub/a/dead/{number:04}"));
    let all: Vec<_> = names.iter().map(|name| (*name).to_owned()).chain(many).collect();
    write(log, all.iter().map(|name| RecordWrite::put(named(name), name.clone())).collect()).await;
    for prefix in ["", "sub/", "sub/a", "sub/a/", "sub/a/dead/", "sub/a/dead/001", "sub/a/lane/=", "lease/", "x"] {
        let listed: Vec<_> = list(log, prefix).await.into_iter().map(|record| record.name.to_string()).collect();
        for limit in [0, 1, 7, 25, 1_000] {
            assert_eq!(paged(log, prefix, limit).await, listed, "prefix {prefix:?}, {limit} at a time");
        }
    }
    let first = page(log, "sub/a/dead/", None, 7).await;
    let whole = |record: &Record| record.value == record.name.as_str().as_bytes();
    assert!(first.records.iter().all(whole), "{first:?}");
    assert_eq!(get(log, first.records[0].name.as_str()).await.as_ref(), Some(&first.records[0]));
}

/// What is written anew while the pages are read is not missed, and what is deleted does not end them.
pub async fn what_is_written_while_pages_are_read_is_not_missed(harness: &dyn Harness) {
    const MANY: usize = 60;
    let world = World::new(harness).await;
    let log = &*world.log;
    let name = |number: usize| format!("many/{number:04}");
    write(log, (0..MANY).map(|number| RecordWrite::put(named(&name(number)), "1")).collect()).await;
    let mut last = page(log, "many/", None, 8).await;
    let mut seen = last.records.clone();
    for round in 0_usize.. {
        if last.next.is_none() {
            break;
        }
        assert!(round < 10 * MANY, "the pages come to an end");
        if round < 4 {
            // Of those that were given, and of those that were not.
            let rewritten = [round, 20 + round, 40 + round].map(|number| RecordWrite::put(named(&name(number)), "2"));
            let gone = RecordWrite::delete(named(&name(50 + round)));
            write(log, rewritten.into_iter().chain([gone]).collect()).await;
        }
        last = page(log, "many/", Some(&last), 8).await;
        seen.extend(last.records.clone());
    }
    let left = list(log, "many/").await;
    assert_eq!(left.len(), MANY - 4);
    for record in left {
        assert!(seen.iter().any(|seen| seen.name == record.name), "{} was missed", record.name);
    }
}

/// Where a page ended stays good when the log is opened again, and the last page says that it is the last.
pub async fn a_page_goes_on_after_opening_again(harness: &dyn Harness) {
    let mut world = World::new(harness).await;
    let names = (0..10).map(|number| named(&format!("many/{number}")));
    write(&*world.log, names.map(|name| RecordWrite::put(name, "1")).collect()).await;
    let first = page(&*world.log, "many/", None, 6).await;
    if world.outlives_handles() {
        world.reopen().await;
    }
    let rest = page(&*world.log, "many/", Some(&first), 6).await;
    assert_eq!((first.records.len(), rest.records.len(), rest.next), (6, 4, None));
}

/// A later write has the higher revision, also of another record: so it is known what was there when something was written.
pub async fn a_later_write_has_the_higher_revision(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let log = &*world.log;
    let mut last = Revision(0);
    for round in 0..12 {
        let put = |what: &str| RecordWrite::put(named(&format!("{what}/{}", round % 5)), "1");
        for revision in write(log, vec![put("a"), put("b"), RecordWrite::delete(named("a/0"))]).await {
            assert!(revision > last, "{revision:?} after {last:?}");
            last = revision;
        }
    }
}
