//! Programs that answer where only the server should: what they say acknowledges nothing, and nothing they say is taken for the
//! state of the log.

mod common;

use std::{sync::Arc, time::Duration};

use common::{a_log, bounded, client, everything, names, open, placed, stored};
use futures_util::StreamExt;
use stheno_core::backend::{
    Append, AppendErrorKind, Appended, Backend, Expect, Query, RecordError, RecordName, RecordWrite,
};
use stheno_nats::{NatsBackend, NatsOptions};
use stheno_testkit::nats::{NatsServer, NatsServerOptions};
use tokio::task::JoinHandle;

/// What a program may say to anything that wants an answer.
const ANSWERS: [&str; 8] = [
    "{}",
    "",
    "ok",
    r#"{"seq":7}"#,
    r#"{"stream":"OTHER","seq":7}"#,
    r#"{"stream":"OTHER","seq":7,"duplicate":true}"#,
    r#"{"error":{"code":404}}"#,
    r#"{"type":"io.nats.jetstream.api.v1.stream_names_response","total":0,"streams":null}"#,
];

/// A server that stores so slowly that any program is quicker.
fn slow() -> NatsServer {
    NatsServerOptions::new().jetstream("sync_interval: always").start()
}

/// A program that answers every message of a subject, with one answer after the other.
struct Rogue(JoinHandle<()>);

impl Rogue {
    async fn on(server: &NatsServer, subject: &str, answers: &'static [&'static str]) -> Self {
        let client = client(server).await;
        let mut heard = client.subscribe(subject.to_owned()).await.expect("it may listen");
        client.flush().await.expect("the server answers");
        Self(tokio::spawn(async move {
            let mut answers = answers.iter().cycle();
            while let Some(message) = heard.next().await {
                if let (Some(reply), Some(answer)) = (message.reply, answers.next()) {
                    let _ = client.publish(reply, (*answer).into()).await;
                    let _ = client.flush().await;
                }
            }
        }))
    }
}

/// Lets the stream answer no publish any more, so that only another program does.
async fn acknowledge_nothing(server: &NatsServer, stream: &str) {
    let client = client(server).await;
    let info = common::ask(&client, &format!("STREAM.INFO.{stream}"), &serde_json::Value::Null).await;
    let mut config = info["config"].clone();
    config["no_ack"] = true.into();
    common::ask(&client, &format!("STREAM.UPDATE.{stream}"), &config).await;
}

impl Drop for Rogue {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_program_answers_to_a_publish_is_no_acknowledgement() {
    let server = slow();
    let log = open(a_log(&server)).await;
    let (_, published) = names(&log).await;
    let prefix = published.trim_end_matches(".events").to_owned();
    for (number, answers) in ANSWERS.chunks(1).enumerate() {
        let rogue = Rogue::on(&server, &format!("{prefix}.log.>"), answers).await;
        let event = placed(number);
        let known = match log.append(Append::one(event.clone())).await {
            // The server was quicker.
            Ok(appended) => appended[0].sequence,
            Err(error) => {
                assert_eq!(error.kind(), AppendErrorKind::Unknown, "{answers:?}: {error}");
                None
            }
        };
        let pair = vec![placed(format!("{number}/a")), placed(format!("{number}/b"))];
        let together = log.append(Append::batch(pair.clone())).await;
        if let Err(error) = &together {
            assert_eq!(error.kind(), AppendErrorKind::Unknown, "{answers:?}: {error}");
        }
        drop(rogue);
        // Sent again with the same ids, each is there once.
        let again = log.append(Append::one(event.clone())).await.expect("the log takes the event");
        let sequence = again[0].sequence.expect("its place is known");
        assert!(known.is_none_or(|known| known == sequence), "{answers:?}: {known:?} and {sequence}");
        let pair = log.append(Append::batch(pair)).await.expect("the log takes both");
        let there = everything(&log).await;
        assert_eq!(there.len(), 3 * (number + 1), "{answers:?}");
        assert_eq!(there.iter().find(|there| there.sequence == sequence).map(|there| &there.id), Some(&event.id));
        if let Ok(together) = together {
            let places = |appended: &[Appended]| appended.iter().map(|one| one.sequence).collect::<Vec<_>>();
            assert_eq!(places(&together), places(&pair), "{answers:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_another_program_answers_is_tried_again_and_then_said_to_be_unknown() {
    let server = NatsServer::start();
    let log = open(a_log(&server)).await;
    let (stream, published) = names(&log).await;
    let prefix = published.trim_end_matches(".events").to_owned();
    acknowledge_nothing(&server, &stream).await;
    let _rogue = Rogue::on(&server, &format!("{prefix}.>"), &ANSWERS).await;
    for (number, event) in [placed(1), placed(2)].into_iter().enumerate() {
        let mut event = event;
        if number == 1 {
            event.not_before = Some(stheno_core::Timestamp::now().plus(Duration::from_secs(3_600)));
        }
        let refused = bounded("it comes to an end", log.append(Append::one(event))).await;
        let error = refused.expect_err("nobody knows whether it is stored");
        assert_eq!(error.kind(), AppendErrorKind::Unknown, "{error}");
        let source = std::error::Error::source(&error).expect("what came is said").to_string();
        assert!(source.contains(&stream) && source.contains("came"), "{source}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_program_says_about_the_log_or_a_record_is_not_believed() {
    let server = NatsServer::start();
    let log = open(a_log(&server)).await;
    let first = stored(&log, placed(1)).await;
    let name = RecordName::trusted("lease/test");
    log.write_records(vec![RecordWrite::put(name.clone(), "1")]).await.expect("it is written");
    let record = log.get_record(&name).await.expect("it can be asked").expect("it is there");
    for answers in ANSWERS.chunks(1) {
        for asked in ["STREAM.MSG.GET.>", "STREAM.INFO.>", "CONSUMER.CREATE.>"] {
            let rogue = Rogue::on(&server, &format!("$JS.API.{asked}"), answers).await;
            // Whatever is answered is right: often the server is quicker.
            let (info, page, found, listed) = tokio::join!(
                log.info(),
                log.read(Query::all().limit(1_000)),
                log.get_record(&name),
                log.list_records("lease/"),
            );
            if let Ok(info) = info {
                assert_eq!((info.first, info.last), (first, first), "{answers:?} to {asked}");
            }
            if let Ok(page) = page {
                assert_eq!((page.events.len(), page.covered), (1, first), "{answers:?} to {asked}");
            }
            if let Ok(found) = found {
                assert_eq!(found.as_ref(), Some(&record), "{answers:?} to {asked}");
            }
            if let Ok(listed) = listed {
                assert_eq!(listed, std::slice::from_ref(&record), "{answers:?} to {asked}");
            }
            drop(rogue);
        }
    }
    assert_eq!(bounded("it is read again", read(&log)).await, 1);
}

async fn read(log: &Arc<NatsBackend>) -> usize {
    loop {
        if let Ok(page) = log.read(Query::all()).await {
            return page.events.len();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_whose_write_another_program_answers_has_its_own_revision() {
    let server = slow();
    let log = open(a_log(&server)).await;
    let (stream, _) = names(&log).await;
    for (number, answers) in ANSWERS.chunks(1).enumerate() {
        let rogue = Rogue::on(&server, &format!("$KV.{stream}-records.>"), answers).await;
        let name = RecordName::trusted(format!("sub/{number}"));
        let mut write = RecordWrite::put(name.clone(), "1");
        write.expect = Expect::Absent;
        let written = bounded("it comes to an end", log.write_records(vec![write])).await;
        drop(rogue);
        match written {
            Ok(revisions) => {
                let found = log.get_record(&name).await.expect("it can be asked").expect("it is there");
                assert_eq!(revisions, [found.revision], "{answers:?}");
            }
            Err(RecordError::Conflict { name }) => panic!("{name} is ours: {answers:?}"),
            Err(_) => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_another_program_describes_is_not_opened() {
    let server = NatsServerOptions::new().without_jetstream().start();
    const ACCOUNT: &str = r#"{"type":"io.nats.jetstream.api.v1.account_info_response","memory":0}"#;
    let open = ANSWERS.chunks(1).enumerate().map(|(number, answers)| {
        let server = &server;
        async move {
            // A domain that only the other program answers for; to the second half it says that it is there.
            let api = format!("$JS.d{number}.API");
            let _rogue = match number < ANSWERS.len() / 2 {
                true => {
                    [Rogue::on(server, &format!("{api}.>"), answers).await, Rogue::on(server, "nobody", &["-"]).await]
                }
                false => [
                    Rogue::on(server, &format!("{api}.INFO"), &[ACCOUNT]).await,
                    Rogue::on(server, &format!("{api}.STREAM.>"), answers).await,
                ],
            };
            let options = NatsOptions::from_url(&format!("{}?domain=d{number}", server.url())).expect("an address");
            let opened = NatsBackend::open(options.patience(Duration::from_secs(1))).await;
            assert!(opened.is_err(), "{answers:?} is no log");
        }
    });
    bounded("each is refused", futures_util::future::join_all(open)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicate_at_the_place_of_another_event_is_no_answer() {
    let server = NatsServer::start();
    let log = open(a_log(&server)).await;
    let (stream, published) = names(&log).await;
    let prefix = published.trim_end_matches(".events").to_owned();
    stored(&log, placed("first")).await;
    acknowledge_nothing(&server, &stream).await;
    for (number, sequence) in [1, 999_999].into_iter().enumerate() {
        let answer: &str = format!(r#"{{"stream":"{stream}","seq":{sequence},"duplicate":true}}"#).leak();
        let rogue = Rogue::on(&server, &format!("{prefix}.>"), vec![answer].leak()).await;
        let refused = log.append(Append::one(placed(number))).await.expect_err("it names another place");
        assert_eq!(refused.kind(), AppendErrorKind::Unknown, "{refused}");
        drop(rogue);
    }
}
