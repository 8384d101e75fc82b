//! Mirrors of a log and of its records, as somebody else may make them at any time.

use serde_json::{Value, json};

use super::{ask, bounded};

/// Mirrors both streams of a log in every way: with some of its subjects, without its beginning, and with nothing but its beginning,
/// which is a whole mirror that is behind for good. Waits until each has begun.
pub async fn mirror(client: &async_nats::Client, stream: &str, prefix: &str) {
    let log = format!("{prefix}.log.*.order.placed");
    let records = (format!("KV_{stream}-records"), format!("$KV.{stream}-records.lease.>"));
    for (stream, some) in [(stream.to_owned(), log), records] {
        let some = json!({ "mirror": { "name": stream, "filter_subject": some } });
        let late = json!({ "mirror": { "name": stream, "opt_start_seq": 4 } });
        let behind = json!({ "mirror": { "name": stream }, "max_msgs": 2, "discard": "new" });
        for (kind, config) in [("some", some), ("late", late), ("behind", behind)] {
            make(client, &format!("{stream}-{kind}"), config).await;
        }
    }
}

/// Mirrors both streams of a log if the tests were started so (`cargo xtask mirrors`).
pub async fn if_asked(url: String, stream: String, prefix: String) {
    if std::env::var_os("STHENO_NATS_MIRRORS").is_some() {
        let servers: Vec<_> =
            url.trim_start_matches("nats://").split(',').map(|server| format!("nats://{server}")).collect();
        mirror(&async_nats::connect(servers).await.expect("a server takes a client"), &stream, &prefix).await;
    }
}

/// Makes one mirror and waits until it has begun.
pub async fn make(client: &async_nats::Client, name: &str, mut config: Value) {
    config["name"] = name.into();
    let begun = async {
        while ask(client, &format!("STREAM.CREATE.{name}"), &config).await["config"]["name"] != name {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        let info = format!("STREAM.INFO.{name}");
        while ask(client, &info, &Value::Null).await["mirror"]["active"].as_i64().is_none_or(|since| since < 0) {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    bounded(&format!("mirror {name} is made"), begun).await;
}

/// Waits until a mirror answers Direct Get for its origin, as it can from then on at any time.
pub async fn answers(client: &async_nats::Client, origin: &str, mirror: &str) {
    let question = json!({ "last_by_subj": ">" }).to_string();
    let answered = async {
        loop {
            let answer = client.request(format!("$JS.API.DIRECT.GET.{origin}"), question.clone().into()).await;
            let headers = answer.ok().and_then(|answer| answer.headers);
            if headers.and_then(|headers| Some(headers.get("Nats-Stream")?.as_str() == mirror)) == Some(true) {
                break;
            }
        }
    };
    bounded(&format!("{mirror} answers for {origin}"), answered).await;
}
