//! Macros of Stheno; see the `stheno` crate.

use proc_macro::TokenStream;

/// A subscriber.
#[proc_macro_attribute]
pub fn subscriber(_options: TokenStream, item: TokenStream) -> TokenStream {
    item
}

/// A payload.
#[proc_macro_derive(Payload, attributes(payload, field))]
pub fn payload(_item: TokenStream) -> TokenStream {
    TokenStream::new()
}

/// An event.
#[proc_macro_derive(Event, attributes(event))]
pub fn event(_item: TokenStream) -> TokenStream {
    TokenStream::new()
}

/// A sum.
#[proc_macro_derive(EventSum, attributes(event))]
pub fn event_sum(_item: TokenStream) -> TokenStream {
    TokenStream::new()
}
