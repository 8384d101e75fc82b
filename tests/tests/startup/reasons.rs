//! Errors say their reason: once to whoever prints only the error, and not twice to whoever prints its sources too.

use std::error::Error as StdError;

use stheno::{
    App, Bus, Config,
    app::StartError,
    backend::{AppendError, Backend, BackendError, BackendErrorKind, RecordError, RecordName, RecordWrite},
    medusa::OrderPlaced,
};
use stheno_system_tests::{LogFile, Seen, memory, noting};
use stheno_testkit::fault::{Call, Fault, FaultyBackend};

/// The message of an error alone, and with its sources.
fn printed(error: &(dyn StdError + 'static)) -> (String, String) {
    let (alone, mut chain, mut source) = (error.to_string(), error.to_string(), error.source());
    while let Some(error) = source {
        chain.push_str(&format!(": {error}"));
        source = error.source();
    }
    (alone, chain)
}

fn assert_said_once(error: &(dyn StdError + 'static), reason: &str) {
    let (alone, chain) = printed(error);
    assert_eq!((alone.matches(reason).count(), chain.matches(reason).count()), (1, 1), "{alone:?} and {chain:?}");
}

#[tokio::test]
async fn a_record_of_a_newer_format_is_said_by_the_error_of_the_start() {
    let file = LogFile::new();
    let subscriber = || noting("old.note", "order.placed", &Seen::default());
    App::new(file.open().await).subscribe(subscriber()).start().await.unwrap().stop().await;
    let log = file.open().await;
    let name = RecordName::trusted("sub/old.note/missed/00000000000000000007");
    log.write_records(vec![RecordWrite::put(name, r#"{"format":99}"#)]).await.unwrap();
    let config = Config::parse("[subscribers.'old.note']\nbackfill = true", "stheno.toml").unwrap();
    let refused = App::new(log).config(config).subscribe(subscriber()).start().await.unwrap_err();
    assert!(matches!(refused, StartError::Backend(_)), "{refused}");
    assert_said_once(&refused, "the app cannot start");
    assert_said_once(&refused, "update");
    assert_said_once(&refused, "missed");
    assert_said_once(&stheno::Error::new(refused), "missed");
}

#[tokio::test]
async fn what_a_log_says_is_in_the_error_of_a_publisher() {
    let faulty = FaultyBackend::new(memory());
    faulty.inject(Fault::fail(BackendErrorKind::Full).on(Call::Append).times(3));
    let bus: Bus = App::new(faulty.clone()).bus();
    let reason = faulty.append(stheno::backend::Append::one(event())).await.unwrap_err();
    let (_, reason) = printed(&reason);
    let reason = reason.rsplit(": ").next().unwrap().to_owned();
    assert!(reason.len() > 5, "{reason}");
    assert_said_once(&bus.publish(OrderPlaced::new("order_1")).await.unwrap_err(), &reason);
    let several = bus.publish_all([OrderPlaced::new("order_2")]).await.unwrap_err();
    assert_said_once(&several, &reason);
    assert_eq!(bus.backend().info().await.unwrap().last, 0);
}

fn event() -> stheno::NewEvent {
    stheno::NewEvent::new(stheno::EventName::new("order.placed").unwrap(), r#"{"id":"order_1"}"#)
}

#[test]
fn every_error_around_that_of_a_backend_has_its_reason() {
    let disk = || {
        let denied = std::io::Error::other("the disk is gone");
        BackendError::new(BackendErrorKind::Other, "the log cannot be written").with_source(denied)
    };
    assert_said_once(&disk(), "the disk is gone");
    assert!(disk().cause().is_some_and(|cause| cause.is::<std::io::Error>()), "a program can look for it");
    assert_said_once(&AppendError::from(disk()), "the disk is gone");
    assert_said_once(&RecordError::from(disk()), "the disk is gone");
    assert_said_once(&StartError::Backend(disk()), "the disk is gone");
    assert_said_once(&StartError::Thread(std::io::Error::other("the disk is gone")), "the disk is gone");
    assert_said_once(&stheno::Error::from(disk()), "the disk is gone");
    let recorded = stheno::Failure::new(disk()).chain();
    assert_eq!(recorded, ["the log cannot be written: the disk is gone"], "one text of a dead letter");
    // A backend that does not know what became of the events says why as the source.
    let unknown = AppendError::unknown(disk());
    assert_eq!(printed(&unknown).1.matches("the disk is gone").count(), 1, "{unknown}");
}
