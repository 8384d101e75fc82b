//! What `#[derive(Payload)]` writes: `Payload`, serde's two traits, `Debug`, `new` and the setters.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Expr, Ident, Type, ext::IdentExt, spanned::Spanned};

use crate::{
    payload::{
        kind::Kind,
        parse::{Field, Payload, Sensitivity},
    },
    types::{self, inside, is_primitive},
};

/// Everything.
pub(crate) fn expand(payload: &Payload) -> TokenStream {
    [describe(payload), serialize(payload), deserialize(payload), debug(payload), build(payload)].into_iter().collect()
}

fn serialize(payload: &Payload) -> TokenStream {
    let ident = &payload.ident;
    let left_out = |field: &&Field| match field.is_option {
        true => field.sometimes || field.undocumented || !field.nullable,
        false => false,
    };
    let required = payload.fields.iter().filter(|field| !left_out(field)).count();
    let optional = payload.fields.iter().filter(left_out).map(|field| &field.ident);
    let mut length = quote!(#required #(+ ::core::primitive::usize::from(self.#optional.is_some()))*);
    let mut entries = TokenStream::new();
    for field in &payload.fields {
        let (ident, name) = (&field.ident, &field.name);
        let unread = payload.extra.as_ref().filter(|_| field.sometimes || field.undocumented).map(
            |extra| quote!(else { ::stheno::__private::object::write_unread(&mut __object, #name, &self.#extra)?; }),
        );
        entries.extend(if left_out(&field) {
            quote_spanned! {at(&field.value)=>
                if let ::stheno::__private::Option::Some(__value) = &self.#ident {
                    SerializeMap::serialize_entry(&mut __object, #name, __value)?;
                } #unread
            }
        } else if let (true, Some(extra)) = (field.sometimes, &payload.extra) {
            let is_written = format_ident!(
                "{}",
                if inside(&field.value, "Vec").is_some() { "list_is_written" } else { "is_written" }
            );
            quote_spanned! {at(&field.value)=>
                if ::stheno::__private::object::#is_written(&self.#ident, #name, &self.#extra) {
                    SerializeMap::serialize_entry(&mut __object, #name, &self.#ident)?;
                } #unread
            }
        } else {
            quote_spanned!(at(&field.value)=> SerializeMap::serialize_entry(&mut __object, #name, &self.#ident)?;)
        });
    }
    if let Some(extra) = &payload.extra {
        length.extend(quote!(+ ::stheno::__private::object::extra_len(&self.#extra)));
        entries.extend(quote!(::stheno::__private::object::write_extra::<Self, _>(&mut __object, &self.#extra)?;));
    }
    quote! {
        #[automatically_derived]
        impl ::stheno::__private::Serialize for #ident {
            fn serialize<__S: ::stheno::__private::Serializer>(
                &self,
                __serializer: __S,
            ) -> ::stheno::__private::Result<__S::Ok, __S::Error> {
                use ::stheno::__private::serde::ser::SerializeMap;
                let mut __object = __serializer.serialize_map(::stheno::__private::Option::Some(#length))?;
                #entries
                SerializeMap::end(__object)
            }
        }
    }
}

fn deserialize(payload: &Payload) -> TokenStream {
    let ident = &payload.ident;
    let text = ident.unraw().to_string();
    let indices = || 0_usize..;
    let places: Vec<Ident> =
        indices().take(payload.fields.len()).map(|index| format_ident!("__field_{index}")).collect();

    let find = payload.fields.iter().zip(indices()).map(|(field, index)| {
        let (name, aliases) = (&field.name, &field.aliases);
        quote!(#name #(| #aliases)* => ::stheno::__private::Option::Some(#index),)
    });
    let fill = payload.fields.iter().zip(indices()).zip(&places).map(|((field, index), place)| {
        let fill = fill(field, place);
        quote_spanned!(at(&field.value)=> ::stheno::__private::Result::Ok(#index) => #fill,)
    });
    let finish = payload.fields.iter().zip(&places).map(|(field, place)| {
        let (ident, name) = (&field.ident, &field.name);
        if field.sometimes {
            let value = quote!(::stheno::__private::object::sometimes(#place, #name, &mut __extra));
            if field.is_option { quote!(#ident: #value,) } else { quote!(#ident: #value.unwrap_or_default(),) }
        } else if field.optional {
            quote!(#ident: ::stheno::__private::object::optional(#place),)
        } else {
            quote!(#ident: ::stheno::__private::object::required(#place, #name)?,)
        }
    });
    let unknown = match &payload.extra {
        Some(_) => quote!(::std::string::String),
        None => quote!(::stheno::__private::object::Ignored),
    };
    let (keep, extra) = match &payload.extra {
        Some(extra) => (
            quote! {
                ::stheno::__private::Result::Err(__name) =>
                    ::stheno::__private::object::keep(&mut __extra, __name, &mut __object)?,
            },
            quote!(#extra: __extra,),
        ),
        None => Default::default(),
    };
    let new_extra = payload.extra.as_ref().map(|_| quote!(let mut __extra = ::stheno::Extra::new();));

    quote! {
        #[automatically_derived]
        impl<'de> ::stheno::__private::Deserialize<'de> for #ident {
            fn deserialize<__D: ::stheno::__private::Deserializer<'de>>(
                __deserializer: __D,
            ) -> ::stheno::__private::Result<Self, __D::Error> {
                ::stheno::__private::object::read_object(__deserializer)
            }
        }

        #[automatically_derived]
        impl ::stheno::__private::object::Object for #ident {
            const NAME: &'static ::core::primitive::str = #text;
            type Unknown = #unknown;

            fn index_of(
                __name: &::core::primitive::str,
            ) -> ::stheno::__private::Option<::core::primitive::usize> {
                match __name {
                    #(#find)*
                    _ => ::stheno::__private::Option::None,
                }
            }

            fn read<'de, __A: ::stheno::__private::serde::de::MapAccess<'de>>(
                mut __object: __A,
            ) -> ::stheno::__private::Result<Self, __A::Error> {
                #(let mut #places = ::stheno::__private::Option::None;)*
                #new_extra
                while let ::stheno::__private::Option::Some(__field) =
                    ::stheno::__private::object::next_field::<Self, __A>(&mut __object)?
                {
                    match __field {
                        #(#fill)*
                        #keep
                        _ => ::stheno::__private::object::skip(&mut __object)?,
                    }
                }
                ::stheno::__private::Result::Ok(Self { #(#finish)* #extra })
            }
        }
    }
}

/// Reads the value of a field into its place. Under one of several names null is as good as absent, so that what stands
/// under another is not hidden by it; two values are one too many.
fn fill(field: &Field, place: &Ident) -> TokenStream {
    let Field { name, aliases, value, optional, .. } = field;
    if field.undocumented {
        let keeps_null = field.nullable;
        return quote_spanned! {at(value)=>
            ::stheno::__private::object::fill_undocumented(&mut #place, #name, &mut __object, &mut __extra, #keeps_null)?
        };
    }
    if aliases.is_empty() {
        return quote_spanned! {at(value)=>
            ::stheno::__private::object::fill(&mut #place, #name, &mut __object)?
        };
    }
    let also = aliases.iter().map(|alias| format!("`{alias}`")).collect::<Vec<_>>().join(", ");
    let twice = format!("duplicate field `{name}`: it is also read as {also}; give one of these names a value");
    let read = if *optional { quote!(::stheno::__private::Option::Some(__value)) } else { quote!(__value) };
    quote_spanned! {at(value)=>
        if let ::stheno::__private::Option::Some(__value) = ::stheno::__private::serde::de::MapAccess::next_value::<
            ::stheno::__private::Option<#value>,
        >(&mut __object)? {
            if #place.is_some() {
                return ::stheno::__private::Result::Err(::stheno::__private::serde::de::Error::custom(#twice));
            }
            #place = ::stheno::__private::Option::Some(#read);
        }
    }
}

fn debug(payload: &Payload) -> TokenStream {
    let ident = &payload.ident;
    let text = ident.unraw().to_string();
    let mut shown: Vec<TokenStream> = payload
        .fields
        .iter()
        .map(|field| {
            let ident = &field.ident;
            let name = ident.unraw().to_string();
            match (hidden(field), field.is_option) {
                (None, _) => quote_spanned!(at(&field.value)=> .field(#name, &self.#ident)),
                (Some(hidden), false) => quote!(.field(#name, &#hidden)),
                (Some(hidden), true) => {
                    quote!(.field(#name, &::stheno::__private::Option::map(self.#ident.as_ref(), |_| #hidden)))
                }
            }
        })
        .collect();
    if let Some(extra) = &payload.extra {
        let name = extra.unraw().to_string();
        shown.push(quote!(.field(#name, &self.#extra)));
    }
    quote! {
        #[automatically_derived]
        impl ::std::fmt::Debug for #ident {
            fn fmt(&self, __formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                __formatter.debug_struct(#text)#(#shown)*.finish()
            }
        }
    }
}

/// Where an error about it shall stand. Names keep the meaning they have here, also where a `macro_rules!` wrote the type.
fn at(written: &impl Spanned) -> Span {
    Span::call_site().located_at(written.span())
}

/// What stands in place of the value in `Debug`; the same rule as core's `catalog::redact`.
fn hidden(field: &Field) -> Option<TokenStream> {
    let text = match field.sensitivity {
        Sensitivity::Secret => quote!(SECRET),
        Sensitivity::Personal => quote!(PERSONAL),
        Sensitivity::Public if field.kind.has_insides() && field.linked.is_none() => quote!(UNDOCUMENTED),
        Sensitivity::Public => return None,
    };
    Some(quote!(::stheno::__private::object::Hidden(::stheno::__private::redact::#text)))
}

fn describe(payload: &Payload) -> TokenStream {
    let ident = &payload.ident;
    let descriptions = payload.fields.iter().map(describe_field);
    let examples = payload.fields.iter().map(|field| {
        let ident = &field.ident;
        let value = field.example.as_ref().map(|example| example_value(&field.value, example));
        match (value, field.is_option) {
            (Some(value), false) => quote!(#ident: #value,),
            (Some(value), true) => quote!(#ident: ::stheno::__private::Option::Some(#value),),
            // A required field without an example was refused when the struct was read.
            (None, _) => quote!(#ident: ::stheno::__private::Option::None,),
        }
    });
    let extra = payload.extra.as_ref().map(|extra| quote!(#extra: ::stheno::Extra::new(),));
    quote! {
        // A type that is no payload is not told the names of some that are.
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl ::stheno::Payload for #ident {
            const FIELDS: &'static [::stheno::Field] = &[#(#descriptions),*];

            fn example() -> Self {
                Self { #(#examples)* #extra }
            }
        }
    }
}

fn describe_field(field: &Field) -> TokenStream {
    let Field { name, description, aliases, .. } = field;
    let kind = field.kind;
    let mut described = quote!(::stheno::Field::new(#name, ::stheno::FieldKind::#kind, #description));
    if field.optional {
        described.extend(quote!(.optional()));
    }
    if field.sometimes {
        described.extend(quote!(.sometimes()));
    }
    if field.undocumented {
        described.extend(quote!(.undocumented()));
    }
    if let Some(strict) = &field.strict {
        described.extend(quote_spanned!(at(strict)=> .strict::<#strict>()));
    }
    described.extend(match field.sensitivity {
        Sensitivity::Public => quote!(),
        Sensitivity::Personal => quote!(.personal()),
        Sensitivity::Secret => quote!(.secret()),
    });
    if !aliases.is_empty() {
        described.extend(quote!(.with_aliases(&[#(#aliases),*])));
    }
    if let Some(linked) = &field.linked {
        let rust_type = types::name(linked);
        described.extend(
            quote_spanned!(at(&linked)=> .with_fields(<#linked as ::stheno::Payload>::FIELDS).of_type(#rust_type)),
        );
    }
    described
}

impl ToTokens for Kind {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        format_ident!("{self:?}").to_tokens(tokens);
    }
}

/// The expression, converted into the type of the field; of `[a, b]` for a `Vec<T>`, each item.
fn example_value(wanted: &Type, example: &Expr) -> TokenStream {
    match (example, inside(wanted, "Vec")) {
        (Expr::Array(array), Some(item)) => {
            let items = array.elems.iter().map(|element| example_value(item, element));
            quote!(::std::vec::Vec::from([#(#items),*]))
        }
        _ if is_primitive(wanted) => quote!(#example),
        _ => quote_spanned!(at(&example)=> ::std::convert::Into::into(#example)),
    }
}

fn build(payload: &Payload) -> TokenStream {
    let ident = &payload.ident;
    let visibility = &payload.visibility;
    let required = || payload.fields.iter().filter(|field| !field.optional);
    let optional = || payload.fields.iter().filter(|field| field.optional);

    let arguments = required().map(argument);
    let given = required().map(|field| {
        let (ident, value) = (&field.ident, converted(field));
        match field.is_option {
            true => quote!(#ident: ::stheno::__private::Option::Some(#value)),
            false => quote!(#ident: #value),
        }
    });
    let absent = optional().map(|field| {
        let ident = &field.ident;
        quote!(#ident: ::stheno::__private::Option::None)
    });
    let extra = payload.extra.as_ref().map(|extra| quote!(#extra: ::stheno::Extra::new()));
    let set = given.chain(absent).chain(extra);
    let doc = match optional().next() {
        Some(_) => "A value with its required fields; the methods named like the other fields set those.",
        None => "A value with its fields.",
    };
    let setters = optional().map(|field| {
        let (ident, argument, value) = (&field.ident, argument(field), converted(field));
        let doc = match field.description.as_str() {
            "" => format!("Sets `{}`.", field.name),
            description => format!("Sets `{}`: {description}", field.name),
        };
        quote! {
            #[doc = #doc]
            #[must_use]
            #visibility fn #ident(mut self, #argument) -> Self {
                self.#ident = ::stheno::__private::Option::Some(#value);
                self
            }
        }
    });
    quote! {
        #[allow(dead_code, clippy::all, clippy::pedantic, reason = "a constructor and a setter for every field, used or not")]
        impl #ident {
            #[doc = #doc]
            #[must_use]
            #visibility fn new(#(#arguments),*) -> Self {
                Self { #(#set),* }
            }

            #(#setters)*
        }
    }
}

fn argument(field: &Field) -> TokenStream {
    let Field { ident, value, .. } = field;
    if is_primitive(value) { quote!(#ident: #value) } else { quote!(#ident: impl ::std::convert::Into<#value>) }
}

fn converted(field: &Field) -> TokenStream {
    let ident = &field.ident;
    if is_primitive(&field.value) { quote!(#ident) } else { quote!(::std::convert::Into::into(#ident)) }
}
