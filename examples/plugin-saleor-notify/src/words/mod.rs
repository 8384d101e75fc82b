//! The languages: what each mail says, and the words around it.
//!
//! A new language is a file beside the others and a line in [`of`]; the compiler asks for every text. `{site}`,
//! `{name}`, `{number}`, `{amount}`, `{old}` and `{new}` are filled in.

mod de;
mod en;
mod fr;

use crate::money::Style;

/// What one mail says.
pub(crate) struct Text {
    /// The line that a mailbox lists.
    pub(crate) subject: &'static str,
    /// The line above the mail.
    pub(crate) title: &'static str,
    /// What the mail says.
    pub(crate) lead: &'static str,
    /// What the link says; empty where there is none.
    pub(crate) action: &'static str,
}

/// All words of a language.
pub(crate) struct Words {
    /// Its code, for readers.
    pub(crate) language: &'static str,
    /// How amounts are written.
    pub(crate) money: Style,
    pub(crate) account_confirmation: Text,
    pub(crate) account_password_reset: Text,
    pub(crate) account_change_email_request: Text,
    pub(crate) account_change_email_confirm: Text,
    pub(crate) account_delete: Text,
    pub(crate) account_set_customer_password: Text,
    pub(crate) invoice_ready: Text,
    /// Instead of it, where the invoice has no number.
    pub(crate) invoice_unnumbered: Text,
    pub(crate) order_confirmation: Text,
    pub(crate) order_confirmed: Text,
    pub(crate) order_fulfillment_confirmation: Text,
    /// Instead of it, where nothing is sent and all of it is downloaded.
    pub(crate) order_downloads: Text,
    /// What is said in place of its lead, where the payload names nothing that is sent.
    pub(crate) sent_unnamed: &'static str,
    pub(crate) order_fulfillment_update: Text,
    pub(crate) order_payment_confirmation: Text,
    /// What is said in place of its lead, where the payload does not say how much was paid.
    pub(crate) paid_unnamed: &'static str,
    pub(crate) order_canceled: Text,
    pub(crate) order_refund_confirmation: Text,
    /// What stands behind a heading in text; French has a space before it.
    pub(crate) colon: &'static str,
    pub(crate) hello: &'static str,
    pub(crate) subtotal: &'static str,
    pub(crate) shipping: &'static str,
    pub(crate) discount: &'static str,
    pub(crate) tax: &'static str,
    pub(crate) tax_included: &'static str,
    pub(crate) total: &'static str,
    /// What was paid back, below the total.
    pub(crate) refunded: &'static str,
    /// What the link says that follows a parcel.
    pub(crate) track: &'static str,
    pub(crate) tracking_number: &'static str,
    pub(crate) ship_to: &'static str,
    pub(crate) see_order: &'static str,
    pub(crate) downloads: &'static str,
    /// What to do if it was somebody else.
    pub(crate) ignore: &'static str,
}

/// The words of a language code: `de`, `de-at`, `DE_AT`. English where there are none.
pub(crate) fn of(language_code: &str) -> &'static Words {
    let primary = language_code.split(['-', '_']).next().unwrap_or_default();
    match primary.to_ascii_lowercase().as_str() {
        "de" => &de::WORDS,
        "fr" => &fr::WORDS,
        _ => &en::WORDS,
    }
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn a_language_is_found_by_its_primary_code_and_is_english_otherwise() {
        for (code, language) in
            [("en", "en"), ("de", "de"), ("de-at", "de"), ("FR_CA", "fr"), ("pt-br", "en"), ("", "en"), ("-", "en")]
        {
            assert_eq!(of(code).language, language, "{code:?}");
        }
    }
}
