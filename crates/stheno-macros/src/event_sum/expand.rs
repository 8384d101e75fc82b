//! What `#[derive(EventSum)]` writes: one `impl Input`, and the proof that every variant can be reached.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{ext::IdentExt, spanned::Spanned};

use crate::event_sum::parse::{EventSum, Variant};

/// The `impl` and the proof.
pub(crate) fn expand(sum: &EventSum) -> TokenStream {
    let ident = &sum.ident;
    let all: Vec<TokenStream> = sum.variants.iter().map(pattern).collect();
    // With a catch-all only the subscriber can say which events are meant.
    let patterns = if sum.other.is_some() { &[] } else { all.as_slice() };
    let arms = sum.variants.iter().zip(&all).map(|(variant, pattern)| {
        let Variant { ident, event } = variant;
        quote! {
            if ::stheno::__private::covers(&[#pattern], __event.name.as_str()) {
                return <#event as ::stheno::Input>::decode(__event).map(Self::#ident);
            }
        }
    });
    let rest = match &sum.other {
        Some(Variant { ident, event }) => quote!(<#event as ::stheno::Input>::decode(__event).map(Self::#ident)),
        None => {
            let text = ident.unraw().to_string();
            quote!(::stheno::__private::Result::Err(::stheno::__private::not_of_sum(&__event.name, #text)))
        }
    };
    let reached = reached(&sum.variants, &all);
    quote! {
        #[automatically_derived]
        impl ::stheno::Input for #ident {
            const PATTERNS: &'static [&'static ::core::primitive::str] = &[#(#patterns),*];

            fn decode(
                __event: &::std::sync::Arc<::stheno::RecordedEvent>,
            ) -> ::stheno::__private::Result<Self, ::stheno::DecodeError> {
                #(#arms)*
                #rest
            }
        }

        #reached
    }
}

fn pattern(variant: &Variant) -> TokenStream {
    let event = &variant.event;
    quote_spanned!(event.span()=> <#event as ::stheno::Event>::PATTERN)
}

/// Refuses, at compile time, a variant whose events an earlier one takes all.
fn reached(variants: &[Variant], patterns: &[TokenStream]) -> TokenStream {
    let proofs = variants.iter().enumerate().skip(1).map(|(index, variant)| {
        let (earlier, own) = (&patterns[..index], &patterns[index]);
        let message = format!(
            "`{}` is never reached: a variant above it takes all its events; move it up, or remove one",
            variant.ident
        );
        quote_spanned! {variant.ident.span()=>
            const _: () = ::core::assert!(!::stheno::__private::covers(&[#(#earlier),*], #own), #message);
        }
    });
    proofs.collect()
}
