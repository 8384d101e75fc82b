//! The bucket of the records takes no roll-ups: one message with the header `Nats-Rollup: all`, of anybody who may write one
//! record, would delete all the others. That is seen to when the log is opened, and looked at again while records are listed,
//! which every host does each second.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    api::{Api, Question, StreamInfo},
    log::Log,
    options::NatsOptions,
};

/// How often it is looked at.
const EVERY: Duration = Duration::from_secs(5);
/// How long a look may hold up who lists records.
const LOOK: Duration = Duration::from_secs(1);
/// The field of a stream's configuration.
const FIELD: &str = "allow_rollup_hdrs";

/// What is known of a bucket.
#[derive(Debug)]
pub(crate) struct Rollups(Mutex<Looked>);

#[derive(Debug)]
struct Looked {
    at: Instant,
    found: Found,
}

/// What was found of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// It takes no roll-ups.
    Refused,
    /// It takes them, and this host cannot change that; who can do so was told.
    Permitted,
    /// It takes them, and nobody knows whether it still does: the server did not answer.
    Unknown,
}

impl Rollups {
    pub(crate) fn new(found: Found) -> Self {
        Self(Mutex::new(Looked { at: Instant::now(), found }))
    }

    /// Looks at the bucket again, if nobody has done so lately.
    pub(crate) async fn look(&self, log: &Log, bucket: &str) {
        let before = {
            let mut looked = self.looked();
            if looked.at.elapsed() < EVERY {
                return;
            }
            looked.at = Instant::now();
            looked.found
        };
        let asked = log.writing.call::<StreamInfo>(Question::STREAM, bucket, &Value::Null);
        // The next look asks again. What is wrong with the server is said by whoever needs it.
        let Ok(Ok(info)) = tokio::time::timeout(LOOK, asked).await else { return };
        if info.config["name"] == json!(bucket) {
            let found = refuse(&log.writing, &log.options, bucket, info, before).await;
            self.looked().found = found;
        }
    }

    fn looked(&self) -> MutexGuard<'_, Looked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sees to it that a bucket takes no roll-ups, or says who may run which command. Buckets of earlier versions permit them, and
/// anybody who may change a stream can permit them again. It is the one thing that is changed of what is there.
pub(crate) async fn refuse(api: &Api, options: &NatsOptions, bucket: &str, found: StreamInfo, before: Found) -> Found {
    if found.config[FIELD] != json!(true) {
        return Found::Refused;
    }
    // It was said, and stays true until somebody else corrects it.
    if before == Found::Permitted {
        return before;
    }
    let mut config = found.config;
    config[FIELD] = false.into();
    let (failed, found) = match options.manage {
        false => ("this host does not manage it (`manage=false`)".to_owned(), Found::Permitted),
        true => match api.update_stream(bucket, &config).await {
            Ok(_) => {
                tracing::info!(stream = bucket, "the bucket of the records takes roll-ups no longer");
                return Found::Refused;
            }
            Err(trouble) => {
                let found = if trouble.passes() { Found::Unknown } else { Found::Permitted };
                (trouble.explain(&options.place()).to_string(), found)
            }
        },
    };
    // While the server does not answer, this is tried again, and said once.
    if before == Found::Unknown && found == Found::Unknown {
        return found;
    }
    let command = format!("nats stream edit {bucket} --no-allow-rollup --force");
    tracing::warn!(
        stream = bucket,
        failed,
        command,
        "whoever may write one record can delete all of them with one message (`Nats-Rollup`); let somebody who may do so run \
         `command`"
    );
    found
}
