//! The plugin on a log in memory: everything is written, nothing that nobody may see.

use std::{fs, path::Path};

use serde_json::Value;
use stheno::{Field, Outgoing, RewindTo, Sensitivity, medusa};
use stheno_testkit::{Started, TestApp};

async fn start(file: &Path) -> Started {
    let config = format!("[plugins.audit]\nfile = {:?}", file.to_str().unwrap());
    TestApp::new().config(config).plugin(plugin_audit::plugin()).start().await.unwrap()
}

fn lines(file: &Path) -> Vec<Value> {
    fs::read_to_string(file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The 99 examples of Medusa's catalog.
fn examples() -> Vec<(&'static str, Value)> {
    let catalog = medusa::catalog();
    let example = |event: &stheno::EventDescriptor| (event.pattern, event.example.unwrap()());
    catalog.events().iter().map(example).collect()
}

fn named(pattern: &str) -> String {
    pattern.replace('*', "app")
}

/// The texts of an example that are marked as secret or personal.
fn hidden(fields: &[Field], value: &Value, found: &mut Vec<String>) {
    let Value::Object(object) = value else {
        let items = value.as_array().into_iter().flatten();
        return items.for_each(|item| hidden(fields, item, found));
    };
    for field in fields {
        match object.get(field.name) {
            None => {}
            Some(value) if field.sensitivity == Sensitivity::Public => hidden(field.fields, value, found),
            Some(value) => texts(value, found),
        }
    }
}

fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(object) => object.values().for_each(|item| texts(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_event_is_written_and_nothing_secret_or_personal() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.jsonl");
    let app = start(&file).await;
    let examples = examples();
    let events = examples.iter().map(|(pattern, body)| Outgoing::raw(&named(pattern), body));
    app.given(events).await.unwrap();

    let lines = lines(&file);
    let sequences: Vec<_> = lines.iter().map(|line| line["sequence"].as_u64().unwrap()).collect();
    assert_eq!(sequences, (1..=99).collect::<Vec<_>>(), "in log order");
    let names: Vec<_> = lines.iter().map(|line| line["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names, examples.iter().map(|(pattern, _)| named(pattern)).collect::<Vec<_>>());

    let mut secrets = Vec::new();
    let catalog = medusa::catalog();
    catalog.events().iter().zip(&examples).for_each(|(event, (_, body))| hidden(event.fields, body, &mut secrets));
    assert!(secrets.len() > 20 && secrets.iter().any(|text| text == "not-a-real-reset-token"), "{secrets:?}");
    let written = fs::read_to_string(&file).unwrap();
    for secret in secrets.iter().filter(|text| text.len() > 3) {
        assert!(!written.contains(secret.as_str()), "{secret} is in the file");
    }
    assert!(written.contains("order_01H8X4Q2K596NGYA1DQ91K5GQA"), "ids of orders are what the file is for");
}

#[tokio::test]
async fn a_field_that_nobody_documented_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.jsonl");
    let app = start(&file).await;
    let body = serde_json::json!({ "id": "order_1", "card": "4242 4242 4242 4242" });
    app.when(Outgoing::raw("order.placed", &body)).await.unwrap();
    let line = &lines(&file)[0];
    assert_eq!(line["body"], serde_json::json!({ "id": "order_1", "card": "[undocumented]" }));
    assert_eq!((line["key"].as_str(), line["run"].as_u64()), (Some("order:order_1"), Some(0)));
}

#[tokio::test]
async fn a_replay_writes_again_with_the_number_of_its_run() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.jsonl");
    let app = start(&file).await;
    app.given(["order_1", "order_2"].map(medusa::OrderPlaced::new)).await.unwrap();
    app.rewind("audit.record", RewindTo::Beginning).await.unwrap();
    let written: Vec<_> = lines(&file).iter().map(|line| (line["sequence"].as_u64(), line["run"].as_u64())).collect();
    assert_eq!(written, [(Some(1), Some(0)), (Some(2), Some(0)), (Some(1), Some(1)), (Some(2), Some(1))]);
}
