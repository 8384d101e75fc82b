//! `#[derive(Event)]`.
//!
//! Reading order: [`parse`] (the attribute as we read it), [`key`] (where the key comes from), [`expand`] (what we write).

mod expand;
mod key;
mod parse;

use proc_macro2::TokenStream;
use syn::DeriveInput;

/// Expands the derive.
pub(crate) fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    parse::Event::parse(input).map(|event| expand::expand(&event))
}
