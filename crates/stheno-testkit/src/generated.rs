//! Bad input in quantity: bodies that were right once, changed at random, so that a decoder can be shown not to panic.

use std::ops::Range;

use serde_json::{Value, json};

use crate::random::{Random, number_in};

/// The environment variable that says how many inputs a test of generated input tries.
pub const CASES: &str = "STHENO_CASES";

/// How many inputs to try: what `STHENO_CASES` says, else the default of the test.
///
/// # Panics
/// When `STHENO_CASES` is no number: the run would not be what it is meant to be.
pub fn cases(default: u64) -> u64 {
    number_in(CASES).unwrap_or(default)
}

/// Values that decoders trip over.
fn awkward(random: &mut Random) -> Value {
    let number = random.bits();
    let values = [
        Value::Null,
        json!(true),
        json!(number),
        json!(i64::MIN),
        json!(-0.0),
        json!(1e300),
        json!(""),
        json!("None"),
        json!("0000-00-00T00:00:00Z"),
        json!("9999-12-31 23:59:59.999999999-23:59"),
        json!("99999999999999999999999999999999999999.9"),
        json!(format!("{}.{}", number, number % 1000)),
        json!("\u{0}\u{202e}é"),
        json!([]),
        json!({}),
        json!([[], {}]),
        json!([null]),
        json!({ "": null }),
    ];
    random.pick(&values).cloned().unwrap_or_default()
}

/// A JSON body with one value replaced, removed or added somewhere.
///
/// Half of the changes keep the kind of the value (a number for a number, a text for a text), and so come further.
pub fn changed_value(random: &mut Random, body: &Value) -> Value {
    let mut changed = body.clone();
    let place = random.below(count(&changed));
    change(random, &mut changed, &mut (place + 1));
    changed
}

/// How many values there are, this one among them.
fn count(value: &Value) -> u64 {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(object) => object.values().map(count).sum(),
        _ => 0,
    }
}

/// Counts down to the value to be changed, and changes it.
fn change(random: &mut Random, value: &mut Value, left: &mut u64) {
    *left = left.saturating_sub(1);
    if *left == 0 {
        return replace(random, value);
    }
    let inside: Box<dyn Iterator<Item = &mut Value>> = match value {
        Value::Array(items) => Box::new(items.iter_mut()),
        Value::Object(object) => Box::new(object.values_mut()),
        _ => return,
    };
    for inner in inside {
        change(random, inner, left);
        if *left == 0 {
            return;
        }
    }
}

fn replace(random: &mut Random, value: &mut Value) {
    if random.one_in(2) {
        *value = awkward(random);
        return;
    }
    match value {
        Value::Number(_) => *value = json!(random.bits() >> random.below(64)),
        Value::String(text) => {
            let bytes = changed_bytes(random, text.as_bytes());
            *text = String::from_utf8_lossy(&bytes).into_owned();
        }
        Value::Bool(truth) => *truth = !*truth,
        Value::Null => *value = awkward(random),
        Value::Array(items) if items.is_empty() || random.one_in(2) => items.push(awkward(random)),
        Value::Array(items) => drop(items.pop()),
        Value::Object(object) => {
            let names: Vec<String> = object.keys().cloned().collect();
            match random.pick(&names) {
                Some(name) if random.one_in(2) => drop(object.remove(name)),
                _ => drop(object.insert(format!("field_{}", random.below(100)), awkward(random))),
            }
        }
    }
}

/// Bytes with a few of them changed, removed, repeated, or cut off.
pub fn changed_bytes(random: &mut Random, bytes: &[u8]) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    for _ in 0..=random.below(3) {
        let part = part_of(random, changed.len());
        match random.below(5) {
            0 => changed.truncate(part.start),
            1 => drop(changed.drain(part)),
            2 => {
                let repeated = changed[part.clone()].to_vec();
                changed.splice(part.start..part.start, repeated);
            }
            3 => changed.insert(part.start, random.bits() as u8),
            _ => {
                if let Some(byte) = changed.get_mut(part.start) {
                    *byte ^= 1 << random.below(8);
                }
            }
        }
    }
    changed
}

/// A short part within the length; empty at its end.
fn part_of(random: &mut Random, length: usize) -> Range<usize> {
    let start = random.below(length as u64 + 1) as usize;
    let end = (start + random.below(16) as usize).min(length);
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_changes_and_most_of_them_change_something() {
        let body = json!({ "id": 1, "lines": [{ "sku": "a", "tax": null }], "paid": true });
        let bytes = body.to_string().into_bytes();
        let (mut values, mut texts) = (0, 0);
        for seed in 0..1_000 {
            let value = changed_value(&mut Random::new(seed), &body);
            assert_eq!(value, changed_value(&mut Random::new(seed), &body));
            values += u32::from(value != body);
            texts += u32::from(changed_bytes(&mut Random::new(seed), &bytes) != bytes);
        }
        assert!(values > 900 && texts > 900, "{values} {texts}");
    }

    #[test]
    fn nothing_can_be_changed_too() {
        for seed in 0..200 {
            let _ = changed_bytes(&mut Random::new(seed), b"");
            let _ = changed_value(&mut Random::new(seed), &Value::Null);
        }
    }
}
