//! An operator, its account and a user, as `nsc` makes them: tokens that are signed with nkeys.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use nkeys::KeyPair;
use serde_json::{Value, json};

/// An operator with one account that has JetStream.
pub struct Operator {
    operator: KeyPair,
    system: KeyPair,
    account: KeyPair,
}

/// What a user logs in with.
pub struct Credentials {
    /// The file as a whole.
    pub text: String,
    pub jwt: String,
    pub seed: String,
}

impl Operator {
    pub fn new() -> Self {
        Self { operator: KeyPair::new_operator(), system: KeyPair::new_account(), account: KeyPair::new_account() }
    }

    /// What a server needs to know of it.
    pub fn config(&self) -> String {
        let system = self.system.public_key();
        let operator = json!({ "type": "operator", "version": 2, "system_account": system });
        let operator = token(&self.operator, &self.operator.public_key(), operator, None);
        let accounts = [(&self.system, 0), (&self.account, -1)].map(|(account, storage)| {
            let limits = json!({
                "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true, "conn": -1,
                "leaf": -1, "mem_storage": storage, "disk_storage": storage, "streams": storage, "consumer": storage,
            });
            let claims = json!({ "type": "account", "version": 2, "limits": limits });
            format!("{}: {}", account.public_key(), token(&self.operator, &account.public_key(), claims, None))
        });
        let accounts = accounts.join("\n");
        format!(
            "operator: {operator}\nsystem_account: {system}\nresolver: MEMORY\nresolver_preload {{\n{accounts}\n}}\n"
        )
    }

    /// A new user of the account, until a time.
    pub fn credentials(&self, until: Option<u64>) -> Credentials {
        let user = KeyPair::new_user();
        let claims = json!({ "type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1 });
        let jwt = token(&self.account, &user.public_key(), claims, until);
        let seed = user.seed().expect("a new key pair has a seed");
        let text = format!(
            "-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
        );
        Credentials { text, jwt, seed }
    }
}

fn token(issuer: &KeyPair, subject: &str, claims: Value, until: Option<u64>) -> String {
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let mut body = json!({
        "jti": subject, "iat": 1_600_000_000, "iss": issuer.public_key(), "name": "test", "sub": subject,
        "nats": claims,
    });
    if let Some(until) = until {
        body["exp"] = json!(until);
    }
    let signed = format!("{}.{}", encoded(&json!({ "typ": "JWT", "alg": "ed25519-nkey" })), encoded(&body));
    let signature = issuer.sign(signed.as_bytes()).expect("the issuer has its seed");
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}
