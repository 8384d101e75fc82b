//! What `#[derive(Event)]` writes: one `impl Event`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::event::{
    key::Place,
    parse::{Event, KeyPart},
};

/// The `impl`.
pub(crate) fn expand(event: &Event) -> TokenStream {
    let Event { ident, pattern, description, .. } = event;
    let rule = rule(&event.key);
    let key = key(&event.key, &rule);
    let section = event.section.iter();
    let notes: Vec<String> = event.note.iter().map(syn::LitStr::value).collect();
    let note = (!notes.is_empty()).then(|| notes.join(" ")).into_iter();
    let status = event.status.iter().map(|variant| format_ident!("{variant}"));
    let name = event.name_with.as_ref().map(|path| {
        quote! {
            fn name(&self) -> ::stheno::__private::Cow<'static, ::core::primitive::str> {
                #path(self)
            }
        }
    });
    let decode = event.decode_with.as_ref().map(|path| {
        quote! {
            fn decode(
                __name: &::stheno::EventName,
                __body: &[::core::primitive::u8],
            ) -> ::stheno::__private::Result<Self, ::stheno::DecodeError> {
                #path(__name, __body)
            }
        }
    });
    quote! {
        // A type that is no event is not told the names of some that are.
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl ::stheno::Event for #ident {
            const PATTERN: &'static ::core::primitive::str = #pattern;

            fn descriptor() -> ::stheno::EventDescriptor {
                ::stheno::EventDescriptor::of::<Self>(::stheno::__private::env!("CARGO_PKG_NAME"))
                    .description(#description)
                    .key(#rule)
                    #(.section(#section))*
                    #(.status(::stheno::Status::#status))*
                    #(.note(#note))*
            }

            #name

            fn key(&self) -> ::stheno::__private::Option<::stheno::Key> {
                #key
            }

            #decode
        }
    }
}

fn rule(parts: &[KeyPart]) -> TokenStream {
    if parts.is_empty() {
        return quote!(::stheno::KeyRule::NONE);
    }
    let sources = parts.iter().map(|part| {
        let kind = &part.source.kind;
        match &part.source.place {
            Place::Body(pointer) => quote!(::stheno::KeySource::Body { kind: #kind, pointer: #pointer }),
            Place::Token(index) => quote!(::stheno::KeySource::Token { kind: #kind, index: #index }),
        }
    });
    quote!(::stheno::KeyRule::new(&[#(#sources),*]))
}

/// Asks the fields where every source is one, else applies the rule to the JSON.
fn key(parts: &[KeyPart], rule: &TokenStream) -> TokenStream {
    let direct: Option<Vec<TokenStream>> = parts
        .iter()
        .map(|part| {
            let (kind, field) = (&part.source.kind, part.field.as_ref()?);
            Some(quote!(::stheno::__private::key_of_field(#kind, &self.#field)))
        })
        .collect();
    match direct.as_deref() {
        None => quote!(::stheno::__private::key_by_rule(self, #rule)),
        Some([]) => quote!(::stheno::__private::Option::None),
        Some([first, others @ ..]) => quote!(#first #(.or_else(|| #others))*),
    }
}
