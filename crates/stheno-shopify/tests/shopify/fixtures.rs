//! The documentation as data, and its example responses.

use serde::Deserialize;
use serde_json::Value;

/// One verb of the documentation.
#[derive(Deserialize)]
pub struct Documented {
    pub name: String,
    pub code: String,
    pub resource: String,
    pub description: String,
    pub message_template: String,
    pub message_params: Vec<String>,
    pub arguments_in_examples: Option<Vec<String>>,
    pub note: Option<String>,
    pub fields: Vec<DocumentedField>,
}

#[derive(Deserialize)]
pub struct DocumentedField {
    pub name: String,
    pub r#type: String,
}

/// A body as it was really sent.
#[derive(Deserialize)]
pub struct Real {
    pub case: String,
    pub body: Value,
}

/// Every body that was really sent.
pub fn real() -> Vec<Real> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/real");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let real: Vec<Real> = files.map(|file| serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()).collect();
    assert!(real.len() >= 4);
    real
}

/// Every verb of the documentation, in its order.
pub fn documented() -> Vec<Documented> {
    serde_json::from_str(include_str!("../../fixtures/shopify.json")).unwrap()
}

/// The event objects of all documented responses; some stand in several.
pub fn objects() -> Vec<Value> {
    macro_rules! responses {
        ($($file:literal),* $(,)?) => { [$(include_str!(concat!("../../fixtures/responses/", $file, ".json"))),*] };
    }
    let responses = responses![
        "event",
        "events",
        "events_created_at_min",
        "events_filter_product_order",
        "events_filter_product_verb_destroy",
        "events_since_id",
        "order_events",
        "order_events_limit1_page2",
        "product_events",
    ];
    let of_response = |text: &str| match serde_json::from_str::<Value>(text).unwrap() {
        Value::Object(mut response) => match (response.remove("event"), response.remove("events")) {
            (Some(one), None) => vec![one],
            (None, Some(Value::Array(many))) => many,
            _ => panic!("{text} is no response"),
        },
        _ => panic!("{text} is no response"),
    };
    responses.into_iter().flat_map(of_response).collect()
}
