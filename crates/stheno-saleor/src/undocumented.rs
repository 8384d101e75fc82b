//! Events of Saleor whose payload is not documented: they are kept, under names of their own.

use serde_json::Value;
use stheno::{Key, Outgoing, catalog::key_rule::KeyId, decode_json, encode_token};

/// What the names begin with; what the event is of and Saleor's code follow.
const UNDOCUMENTED: &str = "saleor.undocumented";
/// Stands in a name for what cannot be read.
const NONE: &str = "_";
/// Most characters of a code that stand in a name. Saleor's longest has 39.
const LONGEST: usize = 64;

stheno::declare_event!(
    "saleor.undocumented.*.*",
    "An event of Saleor whose payload is not documented, or that cannot be told; the name has what it is of and Saleor's code."
);

/// Where an undocumented notification says what it is about.
const NOTIFIED: [(&str, &str); 4] = [
    ("saleor.order", "/payload/order/id"),
    ("saleor.order", "/payload/invoice/order_id"),
    ("saleor.user", "/payload/user/id"),
    ("saleor.gift_card", "/payload/gift_card/id"),
];

/// The name of such an event: `saleor.undocumented.webhook.order_created`.
pub(crate) fn name_of(group: &str, code: &str) -> String {
    // A code comes from outside, and a name has an end.
    let code: String = code.chars().take(LONGEST).collect();
    format!("{UNDOCUMENTED}.{group}.{}", encode_token(&code).as_deref().unwrap_or(NONE))
}

/// A notification of which no payload is documented.
pub(crate) fn notification(notify_event: &str, body: &[u8]) -> Outgoing {
    let key = decode_json::<Value>(body).ok().and_then(|body| {
        NOTIFIED.iter().find_map(|(kind, pointer)| Key::new(kind, &body.pointer(pointer)?.key_id()?).ok())
    });
    with_key(Outgoing::undocumented(&name_of("notify", notify_event), body.to_vec()), key)
}

/// Another request of which no payload is documented. Saleor's own payloads are an array of one object with `type` and `id`.
pub(crate) fn request(saleor_event: &str, body: &[u8]) -> Outgoing {
    let key = decode_json::<Value>(body).ok().and_then(|body| {
        let object = body.get(0).unwrap_or(&body);
        Key::new(&kind(object.get("type")?.as_str()?), &object.get("id")?.key_id()?).ok()
    });
    with_key(Outgoing::undocumented(&name_of("webhook", saleor_event), body.to_vec()), key)
}

pub(crate) fn with_key(event: Outgoing, key: Option<Key>) -> Outgoing {
    match key {
        Some(key) => event.key(key),
        None => event,
    }
}

/// The kind of the keys of a type, as documented events have it: `saleor.product_variant` of `ProductVariant`.
fn kind(r#type: &str) -> String {
    let mut kind = "saleor.".to_owned();
    for (index, character) in r#type.chars().enumerate() {
        if character.is_ascii_uppercase() && index > 0 {
            kind.push('_');
        }
        kind.push(match character.to_ascii_lowercase() {
            plain @ ('a'..='z' | '0'..='9' | '_' | '-') => plain,
            _ => '_',
        });
    }
    kind
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_kinds_are_made_of_any_text() {
        assert_eq!(name_of("webhook", "order_created"), "saleor.undocumented.webhook.order_created");
        assert_eq!(name_of("notify", ""), "saleor.undocumented.notify._");
        assert!(name_of("notify", &"ä.*> ".repeat(500)).len() < 1_000);
        assert_eq!(kind("ProductVariant"), "saleor.product_variant");
        assert_eq!(kind("order"), "saleor.order");
    }
}
