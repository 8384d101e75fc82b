//! Currencies of the store.

use crate::define::ids;

ids! {
    /// Triggered when a currency is updated.
    #[event(
        name = "currency.updated",
        key = "currency:/code",
        section = "Currency Events",
        note = "Currencies have a code and no id."
    )]
    pub struct CurrencyUpdated {
        /// The three-letter ISO code of the currency.
        code = "eur",
    }
}
