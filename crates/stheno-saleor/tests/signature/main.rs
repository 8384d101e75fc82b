//! Signatures made by another implementation, and everything that is no signature. `vectors/make.py` says how they were made.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Value, json};
use stheno_core::{Secret, Timestamp};
use stheno_saleor::signature::{Hmac, KeySet, KeySetError, SignatureError, SignatureErrorKind, SkipReason};
use stheno_testkit::{
    generated::{cases, changed_bytes, changed_value},
    random::Random,
};

#[derive(Deserialize)]
struct Vectors {
    keys: Value,
    jws: Vec<Jws>,
    secret: String,
    hmac: Vec<Signed>,
}

#[derive(Deserialize)]
struct Jws {
    name: String,
    body: String,
    value: String,
    expect: String,
    keys: Option<Value>,
}

#[derive(Deserialize)]
struct Signed {
    body: String,
    value: String,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("vectors/vectors.json")).unwrap()
}

fn bytes(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

fn keys(value: &Value) -> Result<KeySet, KeySetError> {
    KeySet::from_json(value.to_string().as_bytes())
}

/// 2026-01-01.
const NOW: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);

fn verdict(checked: Result<(), SignatureError>) -> &'static str {
    match checked.map_err(|error| error.kind()) {
        Ok(()) => "ok",
        Err(SignatureErrorKind::Missing) => "missing",
        Err(SignatureErrorKind::Malformed) => "malformed",
        Err(SignatureErrorKind::NotDetached) => "not_detached",
        Err(SignatureErrorKind::Algorithm) => "algorithm",
        Err(SignatureErrorKind::Truncated { .. }) => "truncated",
        Err(SignatureErrorKind::UnknownKey) => "unknown_key",
        Err(SignatureErrorKind::ExpiredKeys) => "expired_keys",
        Err(SignatureErrorKind::Mismatch) => "mismatch",
        Err(other) => panic!("no vector expects {other:?}"),
    }
}

#[test]
fn every_jws_of_another_implementation_is_judged_as_it_should_be() {
    let vectors = vectors();
    assert!(vectors.jws.len() > 35);
    for case in &vectors.jws {
        let found = match keys(case.keys.as_ref().unwrap_or(&vectors.keys)) {
            Ok(keys) => verdict(keys.verify(&bytes(&case.body), &case.value, NOW)),
            // Keys that cannot be used do not come so far.
            Err(KeySetError::NoKey(_)) => "unknown_key",
            Err(error) => panic!("{}: {error}", case.name),
        };
        assert_eq!(found, case.expect, "{}", case.name);
    }
}

#[test]
fn every_error_names_the_part_at_fault() {
    let vectors = vectors();
    let keys = keys(&vectors.keys).unwrap();
    let field = |name: &str| {
        let case = vectors.jws.iter().find(|case| case.name == name).unwrap();
        keys.verify(&bytes(&case.body), &case.value, NOW).unwrap_err().field()
    };
    assert_eq!(field("alg none, no signature"), "header.alg");
    assert_eq!(field("HS256 with the public key (pem)"), "header.alg");
    assert_eq!(field("an unknown kid"), "header.kid");
    assert_eq!(field("no kid"), "header.kid");
    assert_eq!(field("something else critical"), "header.crit");
    assert_eq!(field("b64 left out"), "header.b64");
    assert_eq!(field("a payload between the dots"), "payload");
    assert_eq!(field("truncated by a byte"), "signature");
    assert_eq!(field("the header is no JSON"), "header");
}

#[test]
fn every_hmac_of_another_implementation_is_that_of_its_body_alone() {
    let vectors = vectors();
    let hmac = Hmac::new(&Secret::new(vectors.secret)).unwrap();
    let other = Hmac::new(&Secret::from("another secret")).unwrap();
    for Signed { body, value } in vectors.hmac {
        let body = bytes(&body);
        assert_eq!(verdict(hmac.verify(&body, &value)), "ok");
        assert_eq!(verdict(hmac.verify(&body, &format!("sha1={value}"))), "ok");
        assert_eq!(verdict(hmac.verify(&[body.as_slice(), b" "].concat(), &value)), "mismatch");
        assert_eq!(verdict(other.verify(&body, &value)), "mismatch");
        assert_eq!(verdict(hmac.verify(&body, &value[..62])), "truncated");
        assert_eq!(verdict(hmac.verify(&body, &value[..63])), "malformed");
        assert_eq!(verdict(hmac.verify(&body, &format!("{value}00"))), "truncated");
        for malformed in ["zz", "+1", "é0", "0x"] {
            assert_eq!(verdict(hmac.verify(&body, malformed)), "malformed");
        }
        assert_eq!(verdict(hmac.verify(&body, "")), "missing");
    }
}

#[test]
fn a_receiver_with_a_secret_takes_no_jws_and_one_with_keys_no_hmac() {
    let vectors = vectors();
    let hmac = Hmac::new(&Secret::new(vectors.secret.clone())).unwrap();
    let good = &vectors.jws[0];
    assert_eq!(verdict(hmac.verify(&bytes(&good.body), &good.value)), "algorithm");
    let code = &vectors.hmac[0];
    let keys = keys(&vectors.keys).unwrap();
    assert_eq!(verdict(keys.verify(&bytes(&code.body), &code.value, NOW)), "malformed");
}

#[test]
fn keys_that_are_too_old_are_not_used() {
    let vectors = vectors();
    let keys = keys(&vectors.keys).unwrap().valid_until(NOW);
    let good = &vectors.jws[0];
    assert_eq!(verdict(keys.verify(&bytes(&good.body), &good.value, NOW)), "ok");
    let later = Timestamp::from_micros(NOW.as_micros() + 1);
    let expired = keys.verify(&bytes(&good.body), &good.value, later).unwrap_err();
    assert_eq!((expired.kind(), expired.field()), (SignatureErrorKind::ExpiredKeys, "keys"));
    assert!(expired.needs_fresh_keys());
}

/// Why the only key of a set cannot be used.
fn why_not(key: Value) -> SkipReason {
    match keys(&json!({ "keys": [key] })).unwrap_err() {
        KeySetError::NoKey(skipped) => {
            assert_eq!((skipped.len(), skipped[0].index), (1, 0));
            skipped[0].reason
        }
        error => panic!("{error}"),
    }
}

/// The first key of the vectors with some of its fields changed.
fn changed_key(changes: Value) -> Value {
    let mut key = vectors().keys["keys"][0].clone();
    for (name, value) in changes.as_object().unwrap() {
        key[name] = value.clone();
    }
    key
}

#[test]
fn what_is_no_key_set_is_refused() {
    let bad = |value: Value| keys(&value).unwrap_err();
    assert!(matches!(bad(json!([])), KeySetError::Malformed(_)));
    assert!(matches!(bad(json!({ "keys": {} })), KeySetError::Malformed(error) if error.path() == "keys"));
    assert_eq!(bad(json!({ "keys": [] })), KeySetError::NoKey(Vec::new()));
    assert_eq!(bad(json!({ "keys": vec![json!({ "kty": "EC" }); 65] })), KeySetError::TooMany);
    // As long a message as anybody reads, whoever sends how many keys.
    let message = bad(json!({ "keys": vec![json!({ "kty": "x".repeat(1_000) }); 64] })).to_string();
    assert!(message.contains("`keys[0]` is no RSA key") && message.ends_with("and 56 more"), "{message}");
    assert!(message.len() < 500, "{message}");
}

#[test]
fn what_is_read_by_name_is_not_read_by_place() {
    let first = &vectors().keys["keys"][0];
    let by_place = json!(["RSA", first["kid"], "sig", null, "RS256", first["n"], first["e"], null]);
    assert_eq!(why_not(by_place), SkipReason::Malformed);
    assert!(matches!(keys(&json!([[first]])), Err(KeySetError::Malformed(_))));

    let vectors = vectors();
    let (keys, good) = (keys(&vectors.keys).unwrap(), &vectors.jws[0]);
    let (protected, signature) = good.value.split_once("..").unwrap();
    let kid = serde_json::from_slice::<Value>(&bytes(protected)).unwrap()["kid"].clone();
    for header in [
        json!(["RS256", kid, false, ["b64"]]),
        json!({ "alg": "RS256", "kid": kid, "b64": false, "crit": ["b64", "b64"] }),
    ] {
        let value = format!("{}..{signature}", URL_SAFE_NO_PAD.encode(header.to_string()));
        assert_eq!(verdict(keys.verify(&bytes(&good.body), &value, NOW)), "malformed", "{header}");
    }
}

#[test]
fn a_key_that_cannot_be_used_is_skipped_with_its_reason() {
    let even = URL_SAFE_NO_PAD.encode([0xFE; 256]);
    let of_1024_bits = URL_SAFE_NO_PAD.encode([0xFF; 128]);
    for (changes, reason) in [
        (json!({ "kty": 1 }), SkipReason::Malformed),
        (json!({ "kty": null }), SkipReason::Malformed),
        (json!({ "kid": 7 }), SkipReason::Malformed),
        (json!({ "kty": "EC" }), SkipReason::OtherType),
        (json!({ "kty": "rsa" }), SkipReason::OtherType),
        (json!({ "kty": "oct", "alg": "HS256", "k": "c2VjcmV0" }), SkipReason::OtherType),
        (json!({ "kty": "new-in-2030" }), SkipReason::OtherType),
        (json!({ "use": "enc" }), SkipReason::OtherUse),
        (json!({ "key_ops": ["encrypt"] }), SkipReason::OtherUse),
        (json!({ "alg": "RS512" }), SkipReason::OtherAlgorithm),
        (json!({ "alg": "HS256" }), SkipReason::OtherAlgorithm),
        (json!({ "kid": null }), SkipReason::NoKid),
        (json!({ "kid": "" }), SkipReason::NoKid),
        (json!({ "n": null }), SkipReason::BadModulus),
        (json!({ "n": "*" }), SkipReason::BadModulus),
        (json!({ "n": even }), SkipReason::BadModulus),
        (json!({ "n": of_1024_bits }), SkipReason::ModulusSize),
        (json!({ "n": "AQAB" }), SkipReason::ModulusSize),
        (json!({ "e": null }), SkipReason::BadExponent),
        (json!({ "e": "*" }), SkipReason::BadExponent),
        (json!({ "e": "AA" }), SkipReason::BadExponent),
        (json!({ "e": "AQ" }), SkipReason::BadExponent),
        (json!({ "e": "Ag" }), SkipReason::BadExponent),
        (json!({ "e": "AQAAAAE" }), SkipReason::BadExponent),
    ] {
        let bad = changed_key(changes.clone());
        assert_eq!(why_not(bad.clone()), reason, "{changes}");
        // Beside good ones it takes none of them away, even under another's `kid`, and is none itself.
        let vectors = vectors();
        let (first, second) = (&vectors.keys["keys"][0], &vectors.keys["keys"][1]);
        for set in [json!([bad, first, second]), json!([first, bad, second])] {
            let keys = keys(&json!({ "keys": set })).unwrap();
            assert_eq!(keys.key_ids().count(), 2, "{changes}");
            assert_eq!(keys.skipped().iter().map(|key| key.reason).collect::<Vec<_>>(), [reason]);
            let good = &vectors.jws[0];
            assert_eq!(verdict(keys.verify(&bytes(&good.body), &good.value, NOW)), "ok");
        }
    }
    for value in [json!(null), json!("key"), json!([]), json!(1)] {
        assert_eq!(why_not(value), SkipReason::Malformed);
    }
}

#[test]
fn two_keys_with_one_kid_are_both_skipped_unless_they_are_the_same() {
    let vectors = vectors();
    let (first, second) = (&vectors.keys["keys"][0], &vectors.keys["keys"][1]);
    let good = &vectors.jws[0];
    let check = |set: Value| match keys(&json!({ "keys": set })) {
        Ok(keys) => verdict(keys.verify(&bytes(&good.body), &good.value, NOW)),
        Err(KeySetError::NoKey(skipped)) => {
            assert!(skipped.iter().all(|key| key.reason == SkipReason::SameKid), "{skipped:?}");
            "no key"
        }
        Err(error) => panic!("{error}"),
    };
    let mut other = second.clone();
    other["kid"] = first["kid"].clone();
    assert_eq!(check(json!([first, other])), "no key");
    assert_eq!(check(json!([other, first])), "no key");
    assert_eq!(check(json!([other, first, second])), "unknown_key");
    assert_eq!(check(json!([first, first, second])), "ok");
    // One of them with a time at which it ends: it must not live on as the other.
    assert_eq!(check(json!([first, changed_key(json!({ "exp": 1 }))])), "no key");
}

#[test]
fn an_empty_secret_is_none_and_no_secret_is_shown() {
    assert!(Hmac::new(&Secret::from("")).is_none());
    assert_eq!(format!("{:?}", Hmac::new(&Secret::from("s3cret")).unwrap()), "Hmac([secret])");
}

#[test]
fn no_input_makes_a_check_panic_and_none_but_the_signed_one_passes() {
    let vectors = vectors();
    let hmac = Hmac::new(&Secret::new(vectors.secret.clone())).unwrap();
    let keys = keys(&vectors.keys).unwrap();
    let signed: Vec<_> = vectors.jws.iter().filter(|case| case.expect == "ok" && case.keys.is_none()).collect();
    let mut random = Random::seeded("checking signatures");
    let cases = cases(2_000);
    let (mut passed, mut sets) = (0_u64, 0_u64);
    for case in 0..cases {
        // Short bodies: long ones only take longer.
        let (jws, code) = (signed[case as usize % 8], &vectors.hmac[case as usize % 4]);
        let (body, value) = (bytes(&jws.body), &jws.value);
        let changed = String::from_utf8_lossy(&changed_bytes(&mut random, value.as_bytes())).into_owned();
        let changed = if random.one_in(4) { with_other_header(&mut random, value) } else { changed };
        if keys.verify(&body, &changed, NOW).is_ok() {
            assert_eq!(&changed, value, "another value passes for the signature");
            passed += 1;
        }
        let (body, value) = (bytes(&code.body), &code.value);
        let changed = String::from_utf8_lossy(&changed_bytes(&mut random, value.as_bytes())).into_owned();
        if hmac.verify(&body, &changed).is_ok() {
            assert!(changed.eq_ignore_ascii_case(value), "another value passes for the code");
            passed += 1;
        }
        let set = match random.one_in(2) {
            true => changed_value(&mut random, &vectors.keys).to_string().into_bytes(),
            false => changed_bytes(&mut random, vectors.keys.to_string().as_bytes()),
        };
        if let Ok(set) = KeySet::from_json(&set) {
            let _ = set.verify(&bytes(&jws.body), &jws.value, NOW);
            sets += 1;
        }
    }
    println!("{cases} inputs to each check; {passed} were not changed by their change, {sets} key sets could be read");
    assert!(sets > 0);
}

/// The signature under a protected header with another value in it.
fn with_other_header(random: &mut Random, value: &str) -> String {
    let (protected, signature) = value.split_once("..").unwrap();
    let header: Value = serde_json::from_slice(&bytes(protected)).unwrap();
    let changed = URL_SAFE_NO_PAD.encode(changed_value(random, &header).to_string());
    // The same header with its fields in another order is another header, and was not signed.
    format!("{changed}..{signature}")
}
