//! An enum of events as we read it.

use syn::{Data, DeriveInput, Error, Fields, Ident, Type};

use crate::diag::{Errors, unknown_option};

/// A closed set of events, or an open one with a catch-all.
pub(crate) struct EventSum {
    pub(crate) ident: Ident,
    pub(crate) variants: Vec<Variant>,
    /// Takes every event that no other variant stands for.
    pub(crate) other: Option<Variant>,
}

/// `Placed(OrderPlaced)`.
pub(crate) struct Variant {
    pub(crate) ident: Ident,
    pub(crate) event: Type,
}

impl EventSum {
    /// Reads the enum, or says everything that is wrong with it.
    pub(crate) fn parse(input: &DeriveInput) -> syn::Result<Self> {
        if !input.generics.params.is_empty() {
            let message = "a set of events cannot be generic; name the types of its variants";
            return Err(Error::new_spanned(&input.generics, message));
        }
        let Data::Enum(data) = &input.data else {
            let message = "`#[derive(EventSum)]` needs an enum with one event a variant, such as `Placed(OrderPlaced)`";
            return Err(Error::new(input.ident.span(), message));
        };
        let mut errors = Errors::default();
        let mut sum = Self { ident: input.ident.clone(), variants: Vec::new(), other: None };
        for written in &data.variants {
            let Some((variant, is_other)) = errors.take(parse_variant(written)) else { continue };
            match is_other {
                false => sum.variants.push(variant),
                true if sum.other.is_none() => sum.other = Some(variant),
                true => errors.at(&written.ident, "a second `#[event(other)]`; keep one"),
            }
        }
        if data.variants.is_empty() {
            errors.at(&input.ident, "a set of events needs a variant, such as `Placed(OrderPlaced)`");
        }
        errors.finish(sum)
    }
}

fn parse_variant(written: &syn::Variant) -> syn::Result<(Variant, bool)> {
    let mut is_other = false;
    for attribute in written.attrs.iter().filter(|attribute| attribute.path().is_ident("event")) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("other") {
                return Err(unknown_option(&meta.path, &["other"]));
            }
            if is_other {
                return Err(meta.error("`other` is given twice; keep one"));
            }
            is_other = true;
            Ok(())
        })?;
    }
    let event = match &written.fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => fields.unnamed.first(),
        _ => None,
    };
    let Some(event) = event else {
        let ident = &written.ident;
        let what = if is_other { "AnyEvent" } else { "OrderPlaced" };
        return Err(Error::new(ident.span(), format!("a variant holds one event; write it as `{ident}({what})`")));
    };
    Ok((Variant { ident: written.ident.clone(), event: event.ty.clone() }, is_other))
}
