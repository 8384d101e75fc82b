//! The stream of the log and the bucket of the records: made when they are missing, compared when they are there.
//!
//! What is there is not changed (but that the bucket refuses roll-ups): a difference is said field by field, and whoever runs
//! the server decides.

use std::time::Duration;

use serde_json::{Value, json};
use stheno_core::backend::{BackendError, BackendErrorKind};

use crate::{
    api::{Api, StreamInfo},
    error::{Trouble, code},
    limits,
    options::NatsOptions,
    rollups,
    subject::Subjects,
};

/// What the metadata of our streams says under [`LAYOUT_KEY`].
const LAYOUT: u32 = 1;
const LAYOUT_KEY: &str = "stheno.layout";
/// The identity of the log stands in the metadata of its stream.
const LOG_ID_KEY: &str = "stheno.log_id";
/// Consumers a stream may have. Every reader is one; the server's own default is 1,000.
const MAX_CONSUMERS: u32 = 10_000;

/// What is known of a log after it was found or made.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) log_id: String,
    pub(crate) domain: Option<String>,
    pub(crate) dedup_window: Duration,
    /// Whether the bucket of its records takes roll-ups.
    pub(crate) rollups: rollups::Found,
}

/// Finds the stream and the bucket, or makes them.
pub(crate) async fn provision(api: &Api, options: &NatsOptions, subjects: &Subjects) -> Result<Found, BackendError> {
    let (stream, bucket) = (stream_config(options, subjects), bucket_config(options));
    let found = find_or_make(api, options, &options.stream, &stream, Compare::Log).await?;
    let mut found = describe(&found);
    options.check_window_of(found.dedup_window)?;
    let records = format!("KV_{}", options.bucket());
    let bucket = find_or_make(api, options, &records, &bucket, Compare::Records).await?;
    found.rollups = rollups::refuse(api, options, &records, bucket, rollups::Found::Refused).await;
    Ok(found)
}

/// What identifies the log that a stream is now.
pub(crate) fn log_id(info: &StreamInfo) -> String {
    let said = info.config["metadata"][LOG_ID_KEY].as_str();
    // A stream that somebody else has made has no identity but the time it was made.
    said.map_or_else(|| format!("created-{}", info.created), str::to_owned)
}

fn describe(info: &StreamInfo) -> Found {
    Found {
        log_id: log_id(info),
        domain: info.domain.clone(),
        dedup_window: Duration::from_nanos(info.config["duplicate_window"].as_u64().unwrap_or(0)),
        rollups: rollups::Found::Unknown,
    }
}

#[derive(Clone, Copy)]
enum Compare {
    Log,
    Records,
}

async fn find_or_make(
    api: &Api,
    options: &NatsOptions,
    name: &str,
    wanted: &Value,
    compare: Compare,
) -> Result<StreamInfo, BackendError> {
    let place = options.place();
    let mut found = api.stream(name).await.map_err(|trouble| trouble.explain(&place))?;
    if found.is_none() && options.manage {
        match api.create_stream(name, wanted).await {
            Ok(made) => found = Some(made),
            // Another process has made it meanwhile; or nobody knows whether we have.
            Err(trouble) if trouble.passes() || trouble.code() == Some(code::NAME_IN_USE) => {
                found = api.stream(name).await.map_err(|trouble| trouble.explain(&place))?;
            }
            Err(Trouble::Refused(refusal)) if refusal.err_code == code::SUBJECTS_OVERLAP => {
                let message = format!(
                    "stream `{name}` cannot be made at {place}: another stream has its subjects already ({refusal}); give \
                     this log subjects of its own with `prefix=`, or an account of its own"
                );
                return Err(BackendError::new(BackendErrorKind::Address, message));
            }
            Err(trouble) => return Err(trouble.explain(&place)),
        }
    }
    let Some(found) = found else {
        let message = format!(
            "stream `{name}` is not there at {place}; let somebody who may do so make it (a host without `manage=false` \
             does), or correct `stream=`"
        );
        return Err(BackendError::new(BackendErrorKind::Address, message));
    };
    check_layout(&found, name, &place)?;
    let fields: &[&str] = match compare {
        Compare::Log => &LOG_FIELDS,
        Compare::Records => &RECORDS_FIELDS,
    };
    let mut differences = differences(wanted, &found.config, fields, options);
    differences.extend(limits::tight(&found.config, limits::largest(api, options)));
    if differences.is_empty() {
        if matches!(compare, Compare::Log) && found.config["allow_msg_ttl"] == json!(true) {
            tracing::warn!(
                stream = name,
                "whoever may publish can make an event of this stream expire (`Nats-TTL`); no stream that Stheno makes permits it"
            );
        }
        return Ok(found);
    }
    let message = format!(
        "stream `{name}` at {place} is not as this host wants it: {}; change the address to what is there, or the stream \
         with `nats stream edit {name}`",
        differences.join("; ")
    );
    Err(BackendError::new(BackendErrorKind::Address, message))
}

fn check_layout(found: &StreamInfo, name: &str, place: &str) -> Result<(), BackendError> {
    match found.config["metadata"][LAYOUT_KEY].as_str().map(str::parse::<u32>) {
        // Made by hand: what it has to be like is compared.
        None | Some(Ok(LAYOUT)) => Ok(()),
        Some(Ok(newer)) if newer > LAYOUT => {
            let message = format!("stream `{name}` at {place} was made by a newer version of Stheno; update this host");
            Err(BackendError::new(BackendErrorKind::NewerSchema, message))
        }
        Some(_) => {
            let message = format!("stream `{name}` at {place} has a layout that is not known; use another `stream=`");
            Err(BackendError::new(BackendErrorKind::Address, message))
        }
    }
}

/// Fields that have to be as they are, or nothing works.
const LOG_FIELDS: [&str; 8] = [
    "subjects",
    "retention",
    "discard",
    "storage",
    "subject_transform",
    "allow_atomic",
    "allow_msg_schedules",
    "max_msgs_per_subject",
];
const RECORDS_FIELDS: [&str; 9] = [
    "subjects",
    "retention",
    "discard",
    "max_msgs_per_subject",
    "max_msgs",
    "max_age",
    "allow_atomic",
    "allow_msg_ttl",
    "storage",
];
/// Fields that nobody may have set: what is acknowledged would not be stored, or not be on the disk, or not come from us.
fn unset() -> [(&'static str, Value); 5] {
    let (no, nothing) = (json!(false), Value::Null);
    [
        ("no_ack", no.clone()),
        ("sealed", no),
        ("persist_mode", json!("default")),
        ("mirror", nothing.clone()),
        ("sources", nothing),
    ]
}

/// Every field that differs, with what is there and what is wanted.
fn differences(wanted: &Value, there: &Value, fields: &[&str], options: &NatsOptions) -> Vec<String> {
    // What was left to the default may be anything.
    let chosen = [
        ("num_replicas", options.replicas.is_some()),
        ("duplicate_window", options.dedup_window.is_some()),
        ("max_age", options.max_age.is_some()),
        ("max_bytes", options.max_bytes.is_some()),
    ];
    let chosen = chosen.into_iter().filter_map(|(field, chosen)| chosen.then_some(field));
    let differs = |field: &str| {
        let (wanted, there) = (&wanted[field], &there[field]);
        (!wanted.is_null() && sorted(wanted) != sorted(there))
            .then(|| format!("`{field}` is {there} there and {wanted} here"))
    };
    let set = |(field, unset): (&str, Value)| {
        let there = &there[field];
        (!there.is_null() && *there != unset).then(|| format!("`{field}` is {there} there and has to be left {unset}"))
    };
    fields.iter().copied().chain(chosen).filter_map(differs).chain(unset().into_iter().filter_map(set)).collect()
}

/// Lists without their order.
fn sorted(value: &Value) -> Value {
    let Value::Array(list) = value else { return value.clone() };
    let mut list = list.clone();
    list.sort_by_key(Value::to_string);
    Value::Array(list)
}

fn nanos(duration: Duration) -> u64 {
    // The server counts them in 63 bits.
    u64::try_from(duration.as_nanos()).map_or(i64::MAX.unsigned_abs(), |nanos| nanos.min(i64::MAX.unsigned_abs()))
}

fn stream_config(options: &NatsOptions, subjects: &Subjects) -> Value {
    let mut config = json!({
        "name": options.stream,
        "description": "The log of Stheno. Publish to events.<name>; events are stored as log.<key>.<name>.",
        "subjects": [subjects.published(), subjects.log(), subjects.scheduled()],
        "subject_transform": { "src": subjects.published(), "dest": subjects.published_as() },
        "retention": "limits",
        "discard": "old",
        "storage": "file",
        "max_msgs": -1,
        "max_msgs_per_subject": -1,
        "max_consumers": MAX_CONSUMERS,
        "num_replicas": options.replicas.unwrap_or(1),
        "duplicate_window": nanos(options.window()),
        "allow_direct": true,
        "allow_atomic": true,
        "allow_msg_schedules": true,
        "metadata": { LAYOUT_KEY: LAYOUT.to_string(), LOG_ID_KEY: uuid::Uuid::now_v7().to_string() },
    });
    if let Some(age) = options.max_age {
        config["max_age"] = nanos(age).into();
    }
    if let Some(bytes) = options.max_bytes {
        config["max_bytes"] = bytes.into();
    }
    config
}

fn bucket_config(options: &NatsOptions) -> Value {
    let bucket = options.bucket();
    let mut config = json!({
        "name": format!("KV_{bucket}"),
        "description": "The records of Stheno: subscriber states, leases, dead letters.",
        "subjects": [format!("$KV.{bucket}.>")],
        "retention": "limits",
        "discard": "new",
        "storage": "file",
        "max_msgs": -1,
        "max_msgs_per_subject": 1,
        "max_age": 0,
        "max_consumers": MAX_CONSUMERS,
        "num_replicas": options.replicas.unwrap_or(1),
        "duplicate_window": nanos(Duration::from_secs(120)),
        "allow_direct": true,
        "allow_rollup_hdrs": false,
        "deny_delete": true,
        "allow_atomic": true,
        "allow_msg_ttl": true,
        "metadata": { LAYOUT_KEY: LAYOUT.to_string() },
    });
    if options.max_bytes.is_some() {
        // The limit is that of the log.
        config["max_bytes"] = (-1).into();
    }
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_difference_is_said_with_both_values() {
        let options = NatsOptions::server("x").replicas(3);
        let wanted = stream_config(&options, &Subjects::new(""));
        let mut there = wanted.clone();
        assert_eq!(differences(&wanted, &there, &LOG_FIELDS, &options), Vec::<String>::new());
        there["subjects"] = json!(["schedule.>", "log.>", "events.>"]);
        assert_eq!(differences(&wanted, &there, &LOG_FIELDS, &options), Vec::<String>::new(), "order says nothing");
        there["num_replicas"] = 1.into();
        there["retention"] = "workqueue".into();
        there["max_age"] = 5.into();
        let said = differences(&wanted, &there, &LOG_FIELDS, &options);
        assert_eq!(
            said,
            ["`retention` is \"workqueue\" there and \"limits\" here", "`num_replicas` is 1 there and 3 here"]
        );
    }

    #[test]
    fn what_loses_events_or_records_is_a_difference_too() {
        let options = NatsOptions::server("x");
        let wanted = stream_config(&options, &Subjects::new(""));
        let mut there = wanted.clone();
        (there["no_ack"], there["sealed"], there["persist_mode"]) = (false.into(), false.into(), "default".into());
        assert_eq!(differences(&wanted, &there, &LOG_FIELDS, &options), Vec::<String>::new());
        (there["no_ack"], there["persist_mode"]) = (true.into(), "async".into());
        let left = |config: &mut Value, field: &str| config.as_object_mut().and_then(|fields| fields.remove(field));
        assert!(left(&mut there, "allow_atomic").is_some());
        let said = differences(&wanted, &there, &LOG_FIELDS, &options);
        assert_eq!(
            said,
            [
                "`allow_atomic` is null there and true here",
                "`no_ack` is true there and has to be left false",
                "`persist_mode` is \"async\" there and has to be left \"default\"",
            ]
        );
        let wanted = bucket_config(&options);
        let mut there = wanted.clone();
        (there["max_age"], there["discard"]) = (1_000_000_000.into(), "old".into());
        let said = differences(&wanted, &there, &RECORDS_FIELDS, &options);
        assert_eq!(said, ["`discard` is \"old\" there and \"new\" here", "`max_age` is 1000000000 there and 0 here"]);
    }
}
