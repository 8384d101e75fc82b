//! `#[derive(EventSum)]`.
//!
//! Reading order: [`parse`] (the enum as we read it), [`expand`] (what we write).

mod expand;
mod parse;

use proc_macro2::TokenStream;
use syn::DeriveInput;

/// Expands the derive.
pub(crate) fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    parse::EventSum::parse(input).map(|sum| expand::expand(&sum))
}
