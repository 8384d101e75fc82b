//! `#[subscriber]`.
//!
//! Reading order: [`options`] (the attribute as we read it), [`function`] (the function as we read it), [`expand`] (what we
//! write).

mod expand;
mod function;
mod options;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, ItemFn};

use crate::{diag::Errors, subscriber::function::Function};

/// Expands the attribute. The function stays as it was written, also where something is wrong, so that only the culprit is
/// reported and not every call of the function.
pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = errors.take(options::parse(attribute));
    let function = errors.take(parse_function(item.clone()));
    let beside = match (errors.finish(()), options, function) {
        (Err(errors), ..) => errors.into_compile_error(),
        (Ok(()), Some((id, options)), Some(function)) => expand::expand(&id, &options, &function),
        // Whatever is not there has left an error.
        (Ok(()), ..) => TokenStream::new(),
    };
    quote!(#item #beside)
}

fn parse_function(item: TokenStream) -> syn::Result<Function> {
    let item: ItemFn = syn::parse2(item).map_err(|error| {
        Error::new(error.span(), "`#[subscriber]` stands on an `async fn`; without one, implement `Subscriber`")
    })?;
    Function::parse(&item)
}
