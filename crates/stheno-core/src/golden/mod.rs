//! The forms of all records, held by golden files: logs outlive versions, and hosts of several versions share one.
//!
//! `golden/records/*.json` is what this version writes, `golden/records/older/*.json` what earlier versions wrote, and
//! `golden/records/names.txt` the names of the records. A file that differs means that logs in use would be misread: give the
//! new form a new field with a default, and keep the old form beside the others.
//!
//! Reading order: `forms` (every form, with its value), `earliest` (the types of the first version, which may still share the
//! log), this file (the tests).

mod earliest;
mod forms;

use std::{collections::BTreeSet, fs, path::PathBuf};

use serde_json::Value;

use crate::{
    backend::{BackendErrorKind, Record, RecordName, Revision},
    delivery::{doc::FORMAT, lane_id::LaneId, names},
    golden::forms::{Form, all_forms, older_forms},
    key::Key,
    name::EventName,
};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/records")
}

fn golden(file: &str) -> String {
    let path = folder().join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn record(value: String) -> Record {
    Record::new(RecordName::trusted("golden"), Revision(1), value)
}

/// The files of a folder, without folders in it.
fn files(folder: PathBuf) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
    files.map(|file| file.file_name().into_string().unwrap()).collect()
}

#[test]
fn every_record_is_written_as_its_golden_file_says() {
    let differing: Vec<String> = all_forms()
        .into_iter()
        .filter(|form| form.written != golden(&form.file))
        .map(|form| format!("{} would be written as\n{}", form.file, form.written))
        .collect();
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn every_golden_file_is_read_back_to_what_was_written() {
    for Form { file, read, value, .. } in all_forms().into_iter().chain(older_forms()) {
        let found = read(&record(golden(&file))).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(found, value, "{file}");
    }
}

#[test]
fn every_record_of_a_newer_format_is_refused() {
    for Form { file, read, .. } in all_forms() {
        let mut newer = match serde_json::from_str::<Value>(&golden(&file)).unwrap() {
            Value::Object(fields) => fields,
            // A command that is a single word: a newer one is an object, or a word that is not known.
            word => serde_json::Map::from_iter([("was".to_owned(), word)]),
        };
        newer.insert("format".to_owned(), (FORMAT + 1).into());
        let refused = read(&record(Value::Object(newer).to_string())).expect_err(&file);
        assert_eq!(refused.kind(), BackendErrorKind::NewerSchema, "{file}");
    }
}

#[test]
fn every_golden_file_has_a_form() {
    let listed: BTreeSet<String> = all_forms().into_iter().map(|form| form.file).collect();
    let mut found = files(folder());
    assert!(found.remove("names.txt"));
    assert_eq!(found, listed);
    let older: BTreeSet<String> =
        older_forms().into_iter().map(|form| form.file.trim_start_matches("older/").to_owned()).collect();
    assert_eq!(files(folder().join("older")), older);
}

#[test]
fn what_is_written_today_is_read_by_the_earliest_version() {
    for form in all_forms() {
        if let Err(error) = earliest::read(&form.file, &form.written) {
            panic!("{}: {error}", form.file);
        }
    }
}

#[test]
fn the_names_of_records_never_change() {
    let key = LaneId::Key(Key::new("order", "a b/ö").unwrap());
    let mut written = String::new();
    for subscriber in ["receipts.send", "receipts.send.backfill-7"] {
        let named = [
            names::state(subscriber),
            names::spec(subscriber),
            names::lease(subscriber),
            names::lane(subscriber, &key),
            names::lane(subscriber, &LaneId::Event(7)),
            names::dead_letter(subscriber, 7),
            names::note(subscriber, 1_030),
            names::missed(subscriber, 7),
        ];
        for name in named {
            written += &format!("{name}\n");
        }
        written += &format!("{}0190-one-of-many\n", names::commands(subscriber));
    }
    written += &format!("{}\n", names::catalog("medusa"));
    written += &format!("{}\n", names::unknown(&EventName::trusted("order placed".into())));
    assert_eq!(written, golden("names.txt"));
}
