//! Opening a log: what can be wrong with the server, the login and what is there, and what is said then.

mod common;

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
};

use common::{a_log, ask, client, open, placed, shared, stored};
use serde_json::json;
use stheno_core::backend::{
    Append, AppendErrorKind, Backend, BackendError, BackendErrorKind, Query, RecordError, RecordName, RecordWrite,
};
use stheno_nats::{NatsBackend, NatsOptions};
use stheno_testkit::nats::{NatsServer, NatsServerOptions};

async fn refused(options: NatsOptions) -> BackendError {
    NatsBackend::open(options).await.expect_err("the log does not open")
}

fn at(server: &NatsServer, rest: &str) -> NatsOptions {
    NatsOptions::from_url(&format!("{}{rest}", server.url())).expect("a legal address")
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let error = refused(NatsOptions::from_url("nats://127.0.0.1:1").expect("a legal address")).await;
    assert_eq!(error.kind(), BackendErrorKind::Unavailable);
    assert!(error.to_string().contains("127.0.0.1:1"), "{error}");
}

#[tokio::test]
async fn a_wrong_login_is_a_question_of_permission() {
    let server = NatsServerOptions::new().config("authorization { user: me, password: right }").start();
    let address = |login: &str| NatsOptions::from_url(&server.url().replace("//", &format!("//{login}"))).unwrap();
    for login in ["", "me:wrong@", "token@"] {
        let error = refused(address(login)).await;
        assert_eq!(error.kind(), BackendErrorKind::Permission, "{login}");
        assert!(!format!("{error:?}").contains("wrong"), "{error:?}");
    }
    stored(&*open(address("me:right@")).await, placed(1)).await;
}

#[tokio::test]
async fn a_server_without_jetstream_says_how_to_enable_it() {
    let server = NatsServerOptions::new().without_jetstream().start();
    let error = refused(at(&server, "")).await;
    assert_eq!(error.kind(), BackendErrorKind::Address);
    assert!(error.to_string().contains("jetstream {"), "{error}");
}

#[tokio::test]
async fn an_account_without_jetstream_says_so_too() {
    let accounts = "accounts { A { users: [ { user: a, password: a } ] }, B { jetstream: enabled } }";
    let server = NatsServerOptions::new().config(accounts).start();
    let url = server.url().replace("//", "//a:a@");
    let error = refused(NatsOptions::from_url(&url).unwrap()).await;
    assert_eq!(error.kind(), BackendErrorKind::Address);
    assert!(error.to_string().contains("account"), "{error}");
}

#[tokio::test]
async fn a_server_that_is_too_old_says_where_to_get_a_newer_one() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let old = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut writer = stream.try_clone().unwrap();
        writer
            .write_all(
                b"INFO {\"server_id\":\"x\",\"version\":\"2.9.10\",\"max_payload\":1048576,\"jetstream\":true,\"headers\":true}\r\n",
            )
            .unwrap();
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if line == "PING" && writer.write_all(b"PONG\r\n").is_err() {
                return;
            }
        }
    });
    let error = refused(NatsOptions::server(format!("127.0.0.1:{port}"))).await;
    assert_eq!(error.kind(), BackendErrorKind::Address);
    assert!(error.to_string().contains("2.9.10") && error.to_string().contains("2.14.4"), "{error}");
    old.join().unwrap();
}

#[tokio::test]
async fn what_is_there_is_compared_with_what_was_chosen_field_by_field() {
    let options = a_log(shared());
    open(options.clone()).await.close().await;
    // What was left open may be anything.
    open(options.clone()).await.close().await;
    let error = refused(options.clone().dedup_window(std::time::Duration::from_secs(60)).max_bytes(5_000_000)).await;
    assert_eq!(error.kind(), BackendErrorKind::Address);
    for part in ["`duplicate_window`", "60000000000", "`max_bytes`", "5000000"] {
        assert!(error.to_string().contains(part), "{part}: {error}");
    }
}

#[tokio::test]
async fn a_stream_of_somebody_else_is_never_changed() {
    let server = NatsServer::start();
    let client = client(&server).await;
    let config = json!({ "name": "EVENTS", "subjects": ["shop.>"], "retention": "workqueue" });
    ask(&client, "STREAM.CREATE.EVENTS", &config).await;
    let error = refused(at(&server, "")).await;
    assert_eq!(error.kind(), BackendErrorKind::Address);
    assert!(error.to_string().contains("`retention`") && error.to_string().contains("`subjects`"), "{error}");
    let there = ask(&client, "STREAM.INFO.EVENTS", &json!(null)).await;
    assert_eq!(there["config"]["subjects"], json!(["shop.>"]));

    ask(&client, "STREAM.CREATE.OTHER", &json!({ "name": "OTHER", "subjects": ["log.>"] })).await;
    let error = refused(at(&server, "?stream=MINE")).await;
    assert_eq!(error.kind(), BackendErrorKind::Address);
    assert!(error.to_string().contains("`prefix=`"), "{error}");
}

#[tokio::test]
async fn nothing_is_made_by_a_host_that_may_not() {
    let server = NatsServer::start();
    let error = refused(at(&server, "?manage=false")).await;
    assert_eq!(error.kind(), BackendErrorKind::Address);
    assert!(error.to_string().contains("EVENTS"), "{error}");
    open(at(&server, "")).await.close().await;
    stored(&*open(at(&server, "?manage=false")).await, placed(1)).await;
}

#[tokio::test]
async fn what_the_server_does_not_permit_is_said_as_that_and_not_as_a_timeout() {
    let users = r#"authorization { users: [
        { user: admin, password: a }
        { user: reader, password: r, permissions: {
            publish: { deny: ["log.>", "$KV.>"] }
        } }
    ] }"#;
    let server = NatsServerOptions::new().config(users).start();
    let login = |login: &str| NatsOptions::from_url(&server.url().replace("//", &format!("//{login}@"))).unwrap();
    let admin = open(login("admin:a")).await;
    stored(&admin, placed(1)).await;
    let reader = open(login("reader:r")).await;
    assert_eq!(common::everything(&reader).await.len(), 1);
    let permission = BackendErrorKind::Permission;
    for batch in [Append::one(placed(2)), Append::batch(vec![placed(3), placed(4)])] {
        let error = reader.append(batch).await.expect_err("it may not");
        assert_eq!(error.kind(), AppendErrorKind::Backend(permission), "{error:?}");
    }
    let write = RecordWrite::put(RecordName::trusted("a"), "1");
    let error = reader.write_records(vec![write]).await.expect_err("it may not");
    assert!(format!("{error:?}").contains("Permission"), "{error:?}");
    assert_eq!(common::everything(&admin).await.len(), 1);
}

#[tokio::test]
async fn a_stream_that_forgets_ids_while_an_append_may_be_sent_again_is_refused() {
    let server = NatsServer::start();
    let client = client(&server).await;
    let error = NatsOptions::from_url(&format!("{}?dedup=0s", server.url())).expect_err("it is refused beforehand");
    assert_eq!(error.kind(), BackendErrorKind::Address);
    open(at(&server, "")).await.close().await;
    let mut config = ask(&client, "STREAM.INFO.EVENTS", &json!(null)).await["config"].clone();
    config["duplicate_window"] = 100_000_000.into();
    ask(&client, "STREAM.UPDATE.EVENTS", &config).await;
    let error = refused(at(&server, "")).await;
    assert_eq!(error.kind(), BackendErrorKind::Address);
    for part in ["is 100ms", "for 25s", "nats stream edit EVENTS --dupe-window 2m"] {
        assert!(error.to_string().contains(part), "{part}: {error}");
    }
    config["duplicate_window"] = 6_000_000_000_u64.into();
    ask(&client, "STREAM.UPDATE.EVENTS", &config).await;
    refused(at(&server, "")).await;
    stored(&*open(at(&server, "?patience=1s")).await, placed(1)).await;
}

#[tokio::test]
async fn limits_of_a_stream_that_would_stop_appends_or_readers_are_differences() {
    let server = NatsServer::start();
    let client = client(&server).await;
    open(at(&server, "")).await.close().await;
    let mut config = ask(&client, "STREAM.INFO.EVENTS", &json!(null)).await["config"].clone();
    let as_made = config.clone();
    config["max_msg_size"] = 100_000.into();
    config["consumer_limits"] = json!({ "inactive_threshold": 1_000_000_000, "max_ack_pending": 1000 });
    let changed = ask(&client, "STREAM.UPDATE.EVENTS", &config).await;
    assert!(changed["error"].is_null(), "{changed}");
    let error = refused(at(&server, "")).await;
    assert_eq!(error.kind(), BackendErrorKind::Address);
    for part in [
        "`max_msg_size` is 100000",
        "`consumer_limits.inactive_threshold` is 1000000000",
        "`consumer_limits.max_ack_pending` is 1000",
    ] {
        assert!(error.to_string().contains(part), "{part}: {error}");
    }
    // What is wide enough may be there.
    config = as_made;
    config["max_msg_size"] = 100_000.into();
    config["consumer_limits"] = json!({ "inactive_threshold": 60_000_000_000_u64 });
    let changed = ask(&client, "STREAM.UPDATE.EVENTS", &config).await;
    assert!(changed["error"].is_null(), "{changed}");
    let log = open(at(&server, "?max_body=64KiB")).await;
    stored(&log, placed(1)).await;
    stored(&log, placed(2)).await;
    let mut tail = log.tail(Query::all()).await.expect("a tail");
    assert_eq!(common::take(&mut *tail, 2).await.len(), 2);
}

#[tokio::test]
async fn a_server_that_takes_little_in_one_message_is_refused() {
    let server = NatsServerOptions::new().config("max_payload: 16KB").start();
    let error = refused(at(&server, "")).await;
    assert_eq!(error.kind(), BackendErrorKind::Address);
    for part in ["16384", "65536", "max_payload"] {
        assert!(error.to_string().contains(part), "{part}: {error}");
    }
}

#[tokio::test]
async fn a_domain_that_is_not_there_is_said_by_its_name() {
    let server = NatsServerOptions::new().jetstream("domain: hub").start();
    let error = refused(at(&server, "?domain=other")).await;
    assert_eq!(error.kind(), BackendErrorKind::Address);
    assert!(error.to_string().contains("`other`") && error.to_string().contains("`domain=`"), "{error}");
    stored(&*open(at(&server, "?domain=hub")).await, placed(1)).await;
}

#[tokio::test]
async fn what_the_server_refuses_is_said_in_its_words() {
    let server = NatsServer::start();
    let error = refused(at(&server, "?replicas=3")).await;
    assert!(error.to_string().contains("JetStream error 10074"), "{error}");
}

#[tokio::test]
async fn a_bucket_of_the_records_that_was_deleted_is_said_to_be_that() {
    let server = NatsServer::start();
    let log = open(at(&server, "")).await;
    let write = || vec![RecordWrite::put(RecordName::trusted("a"), "1")];
    log.write_records(write()).await.expect("the record is written");
    let deleted = ask(&client(&server).await, "STREAM.DELETE.KV_EVENTS-records", &json!(null)).await;
    assert_eq!(deleted["success"], true, "{deleted}");
    let read = log.get_record(&RecordName::trusted("a")).await.expect_err("it is gone");
    let listed = log.list_records("").await.expect_err("it is gone");
    let Err(RecordError::Backend(written)) = log.write_records(write()).await else { panic!("it is gone") };
    for error in [read, listed, written] {
        assert_eq!(error.kind(), BackendErrorKind::LogChanged, "{error}");
        for part in ["KV_EVENTS-records", "backup", "every subscriber anew"] {
            assert!(error.to_string().contains(part), "{part}: {error}");
        }
    }
}
