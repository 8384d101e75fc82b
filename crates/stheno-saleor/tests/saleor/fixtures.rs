//! The documentation as data, and its example payloads.

use serde::Deserialize;
use serde_json::Value;

/// One event of Saleor's documentation.
#[derive(Deserialize)]
pub struct Documented {
    pub name: String,
    pub group: String,
    pub code: String,
    pub graphql_value: Option<String>,
    pub code_in_saleor_2_11_source: Option<String>,
    pub saleor_event_header: Option<String>,
    pub description: String,
    pub example_file: Option<String>,
    pub fields: Vec<DocumentedField>,
}

#[derive(Deserialize)]
pub struct DocumentedField {
    /// `payload.order.lines[].id` for a field of a field, `*` for the key of a map.
    pub name: String,
    pub r#type: String,
    #[serde(default)]
    pub optional: bool,
    #[serde(default)]
    pub nullable: bool,
}

/// Every event of the documentation, in its order.
pub fn documented() -> Vec<Documented> {
    serde_json::from_str(include_str!("../../fixtures/saleor.json")).unwrap()
}

/// The example payloads by the name of their file.
pub fn examples() -> Vec<(&'static str, Value)> {
    macro_rules! files {
        ($($file:literal),* $(,)?) => {
            vec![$(($file, serde_json::from_str(include_str!(concat!("../../fixtures/payloads/", $file, ".json"))).unwrap())),*]
        };
    }
    files![
        "account_change_email_confirm",
        "account_change_email_request",
        "account_confirmation",
        "account_delete",
        "account_password_reset",
        "account_set_customer_password",
        "invoice_ready",
        "list_payment_gateways",
        "order_canceled",
        "order_confirmation",
        "order_confirmed",
        "order_fulfillment_confirmation",
        "order_fulfillment_update",
        "order_payment_confirmation",
        "order_refund_confirmation",
        "payment_actions",
        "product_variant_back_in_stock",
        "product_variant_out_of_stock",
        "sale_toggle",
        "sale_updated",
        "transaction_action_request",
    ]
}

/// The example of one file.
pub fn example(file: &str) -> Value {
    examples().into_iter().find(|(name, _)| *name == file).unwrap().1
}

/// The event that an example is documented for, by the name of its file.
pub fn name_of(file: &str) -> String {
    let file = format!("{file}.json");
    let is_of = |event: &Documented| event.example_file.as_deref() == Some(file.as_str());
    // `sale_updated` is documented for three events, and its own name comes first.
    documented().into_iter().find(is_of).unwrap().name
}
