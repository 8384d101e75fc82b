//! Macros of Stheno; see the `stheno` crate.

mod diag;
mod doc;
mod event;
mod names;
mod payload;
mod types;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// A subscriber.
#[proc_macro_attribute]
pub fn subscriber(_options: TokenStream, item: TokenStream) -> TokenStream {
    item
}

/// A payload.
#[proc_macro_derive(Payload, attributes(field))]
pub fn payload(item: TokenStream) -> TokenStream {
    let input = parse_macro_input!(item as DeriveInput);
    payload::derive(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// An event.
#[proc_macro_derive(Event, attributes(event))]
pub fn event(item: TokenStream) -> TokenStream {
    let input = parse_macro_input!(item as DeriveInput);
    event::derive(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// A sum.
#[proc_macro_derive(EventSum, attributes(event))]
pub fn event_sum(_item: TokenStream) -> TokenStream {
    TokenStream::new()
}
