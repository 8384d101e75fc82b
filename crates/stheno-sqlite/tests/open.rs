//! Opening: what a log is, and every file that cannot be one. A file of somebody else stays as it is.

mod common;

use std::{fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use common::{TestFile, append, child, event, read_all, record};
use stheno_core::backend::{
    Append, AppendErrorKind, Backend, BackendErrorKind, Query, RecordError, RecordWrite, info::Durability,
};
use stheno_sqlite::{SqliteBackend, SqliteOptions, SyncMode, once::rusqlite};

async fn refusal(path: &Path) -> BackendErrorKind {
    SqliteBackend::open(SqliteOptions::file(path)).await.unwrap_err().kind()
}

#[tokio::test]
async fn a_log_keeps_its_identity_and_its_events() {
    let file = TestFile::new();
    let log = file.open().await;
    let first = log.info().await.unwrap();
    append(&log, event("order.placed")).await;
    log.close().await;
    let log = file.open().await;
    let again = log.info().await.unwrap();
    assert_eq!(first.log_id, again.log_id);
    assert_eq!(again.dedup_window, Duration::from_secs(24 * 60 * 60));
    assert_eq!(Path::new(&again.place), file.path.canonicalize().unwrap());
    assert_eq!(read_all(&log, Query::all()).await.len(), 1);

    let other = TestFile::new();
    assert_ne!(other.open().await.info().await.unwrap().log_id, first.log_id);
}

#[tokio::test]
async fn an_address_opens_what_it_names() {
    let file = TestFile::new();
    let url = format!("sqlite://{}?sync=normal&dedup=1h&max_body=4KiB", file.path.display());
    let log = SqliteBackend::open(SqliteOptions::from_url(&url).unwrap()).await.unwrap();
    assert_eq!(log.abilities().max_body, 4_096);
    assert_eq!(log.info().await.unwrap().dedup_window, Duration::from_secs(3_600));
    assert!(file.path.exists());
    let memory = SqliteBackend::open(SqliteOptions::from_url("memory:").unwrap()).await.unwrap();
    assert_eq!(append(&memory, event("order.placed")).await, 1);
}

#[tokio::test]
async fn the_abilities_say_what_an_append_survives() {
    let file = TestFile::new();
    let full = file.open().await.abilities();
    assert_eq!((full.durability, full.shared), (Durability::Power, true));
    let normal = SqliteBackend::open(file.options().sync(SyncMode::Normal)).await.unwrap().abilities();
    assert_eq!(normal.durability, Durability::Process);
    let memory = SqliteBackend::memory().unwrap().abilities();
    assert_eq!((memory.durability, memory.shared), (Durability::Memory, false));
}

#[tokio::test]
async fn the_last_sequence_survives_the_deletion_of_events() {
    let file = TestFile::new();
    let log = file.open().await;
    for _ in 0..5 {
        append(&log, event("order.placed")).await;
    }
    let hand = rusqlite::Connection::open(&file.path).unwrap();
    hand.execute("DELETE FROM events WHERE sequence <= 2", []).unwrap();
    let info = log.info().await.unwrap();
    assert_eq!((info.first, info.last), (3, 5));
    hand.execute("DELETE FROM events", []).unwrap();
    let info = log.info().await.unwrap();
    assert_eq!((info.first, info.last), (6, 5));
    log.close().await;
    assert_eq!(append(&*file.open().await, event("order.placed")).await, 6);
}

#[tokio::test]
async fn a_missing_directory_is_refused_and_not_made() {
    let file = TestFile::new();
    let missing = file.directory.path().join("missing");
    assert_eq!(refusal(&missing.join("stheno.db")).await, BackendErrorKind::Address);
    assert!(!missing.exists());
    assert_eq!(refusal(file.directory.path()).await, BackendErrorKind::Address);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_stays_as_it_is() {
    let file = TestFile::new();
    let text = "not a database, but long enough to look like one: ".repeat(50);
    fs::write(&file.path, &text).unwrap();
    assert_eq!(refusal(&file.path).await, BackendErrorKind::Corrupt);
    assert_eq!(fs::read_to_string(&file.path).unwrap(), text);
}

#[tokio::test]
async fn a_database_of_another_program_is_refused_and_stays_as_it_is() {
    for pragma in ["", "PRAGMA application_id = 7;", "PRAGMA user_version = 3;"] {
        let file = TestFile::new();
        let other = rusqlite::Connection::open(&file.path).unwrap();
        other.execute_batch(&format!("CREATE TABLE customers (id INTEGER PRIMARY KEY); {pragma}")).unwrap();
        drop(other);
        let before = fs::read(&file.path).unwrap();
        assert_eq!(refusal(&file.path).await, BackendErrorKind::Address, "{pragma}");
        assert_eq!(fs::read(&file.path).unwrap(), before, "{pragma}");
    }
}

#[tokio::test]
async fn a_log_of_a_newer_version_is_refused_and_stays_as_it_is() {
    let file = TestFile::new();
    let log = file.open().await;
    append(&log, event("order.placed")).await;
    log.close().await;
    let newer = rusqlite::Connection::open(&file.path).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    let before = fs::read(&file.path).unwrap();
    assert_eq!(refusal(&file.path).await, BackendErrorKind::NewerSchema);
    assert_eq!(fs::read(&file.path).unwrap(), before);

    let newer = rusqlite::Connection::open(&file.path).unwrap();
    newer.pragma_update(None, "user_version", 1).unwrap();
    drop(newer);
    assert_eq!(read_all(&*file.open().await, Query::all()).await.len(), 1);
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_can_read_a_new_log_and_an_old_one_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt as _;
    let file = TestFile::new();
    let log = file.open().await;
    append(&log, event("order.placed")).await;
    let mode = |name: &std::path::Path| fs::metadata(name).unwrap().permissions().mode() & 0o777;
    let all = || fs::read_dir(file.directory.path()).unwrap().map(|entry| entry.unwrap().path());
    assert!(all().count() >= 2, "the file and what stands beside it");
    all().for_each(|path| assert_eq!(mode(&path), 0o600, "{}", path.display()));
    log.close().await;
    fs::set_permissions(&file.path, fs::Permissions::from_mode(0o660)).unwrap();
    append(&*file.open().await, event("order.placed")).await;
    assert_eq!(mode(&file.path), 0o660);
}

#[tokio::test]
async fn an_empty_file_becomes_a_log() {
    let file = TestFile::new();
    fs::write(&file.path, "").unwrap();
    assert_eq!(append(&*file.open().await, event("order.placed")).await, 1);
}

#[tokio::test]
async fn a_file_that_another_process_holds_is_unavailable_and_usable_again_later() {
    let file = TestFile::new();
    let log = SqliteBackend::open(file.options().busy_timeout(Duration::from_millis(20))).await.unwrap();
    let holder = rusqlite::Connection::open(&file.path).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = log.append(Append::one(event("order.placed"))).await.unwrap_err();
    assert_eq!(refused.kind(), AppendErrorKind::Backend(BackendErrorKind::Unavailable));
    let refused = log.write_records(vec![RecordWrite::put(record("a"), "x")]).await.unwrap_err();
    assert!(matches!(refused, RecordError::Backend(error) if error.kind() == BackendErrorKind::Unavailable));
    // Reading goes on beside it.
    assert_eq!(read_all(&log, Query::all()).await.len(), 0);
    holder.execute_batch("ROLLBACK").unwrap();
    assert_eq!(append(&log, event("order.placed")).await, 1);
}

/// The kinds of refusal as words, to travel from a child.
fn word(kind: BackendErrorKind) -> String {
    format!("{kind:?}")
}

/// Permissions do not bind root, so the child runs as nobody then.
#[test]
fn a_file_or_directory_that_may_not_be_written_is_refused() {
    const TEST: &str = "a_file_or_directory_that_may_not_be_written_is_refused";
    if let Some((_, path)) = child::role() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        child::say(&word(runtime.block_on(refusal(&path))));
        return;
    }

    let place = tempfile::tempdir().unwrap();
    allow(place.path(), 0o755);
    // A copy that nobody may run too, wherever the build directory is.
    let executable = place.path().join("test");
    fs::copy(std::env::current_exe().unwrap(), &executable).unwrap();
    allow(&executable, 0o755);
    let log_in = |directory: &str| {
        let directory = place.path().join(directory);
        fs::create_dir(&directory).unwrap();
        let path = directory.join("stheno.db");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { common::open(&path).await.close().await });
        path
    };
    let kind_for_nobody = |path: &Path| {
        let mut command = child::command_of(&executable, TEST, "open", path);
        if is_root() {
            use std::os::unix::process::CommandExt;
            command.uid(65_534).gid(65_534);
        }
        child::Running::start(command).finish().remove(0)
    };

    let read_only_file = log_in("file");
    allow(&read_only_file, 0o444);
    allow(read_only_file.parent().unwrap(), 0o777);
    let read_only_directory = log_in("directory");
    allow(&read_only_directory, 0o666);
    allow(read_only_directory.parent().unwrap(), 0o555);
    let nothing_there = read_only_directory.with_file_name("new.db");
    let locked_directory = log_in("locked");
    allow(locked_directory.parent().unwrap(), 0o000);
    for path in [&read_only_file, &read_only_directory, &nothing_there, &locked_directory] {
        assert_eq!(kind_for_nobody(path), word(BackendErrorKind::Permission), "{}", path.display());
    }
    allow(read_only_directory.parent().unwrap(), 0o755);
    allow(locked_directory.parent().unwrap(), 0o755);
}

fn allow(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").unwrap().uid() == 0
}

#[tokio::test]
async fn what_is_left_of_a_log_whose_file_is_gone_is_not_destroyed() {
    for emptied in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stheno.db");
        let wal = folder.path().join("stheno.db-wal");
        std::fs::write(&wal, "events that were acknowledged").unwrap();
        if emptied {
            std::fs::write(&path, "").unwrap();
        }
        let refused = SqliteBackend::open(SqliteOptions::file(&path)).await.unwrap_err();
        let said = refused.to_string();
        assert!(refused.kind() == BackendErrorKind::Corrupt && said.contains("put the file back"), "{said}");
        assert_eq!(std::fs::read_to_string(&wal).unwrap(), "events that were acknowledged");
        assert_eq!(path.exists(), emptied, "nothing was made");
        std::fs::remove_file(&wal).unwrap();
        SqliteBackend::open(SqliteOptions::file(&path)).await.expect("a new log").close().await;
    }
}
