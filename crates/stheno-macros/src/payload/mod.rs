//! `#[derive(Payload)]`.
//!
//! Reading order: [`parse`] (the struct as we read it), [`kind`] (what JSON a field holds), [`expand`] (what we write).

mod expand;
mod kind;
pub(crate) mod parse;

use proc_macro2::TokenStream;
use syn::DeriveInput;

/// Expands the derive.
pub(crate) fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    parse::Payload::parse(input).map(|payload| expand::expand(&payload))
}
