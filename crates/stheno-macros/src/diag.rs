//! Errors that stand at their culprit and say what to do about it; all of an item are reported at once.

use std::fmt::Display;

use quote::ToTokens;

/// What is wrong with an item, gathered.
#[derive(Default)]
pub(crate) struct Errors(Option<syn::Error>);

impl Errors {
    /// Adds an error that stands at these tokens.
    pub(crate) fn at(&mut self, culprit: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(culprit, message));
    }

    /// Adds an error.
    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(all) => all.combine(error),
            None => self.0 = Some(error),
        }
    }

    /// Adds the error of a result, or gives its value.
    pub(crate) fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// The value, if nothing is wrong.
    pub(crate) fn finish<T>(self, value: T) -> syn::Result<T> {
        self.0.map_or(Ok(value), Err)
    }
}

/// The error for an option that does not exist: it lists those that do.
pub(crate) fn unknown_option(written: impl ToTokens, known: &[&str]) -> syn::Error {
    let message = format!("`{}` is no option; write {}", written.to_token_stream(), one_of(known));
    syn::Error::new_spanned(written, message)
}

/// Words to choose from, as a message shows them.
pub(crate) fn one_of(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    let one_of = if quoted.len() == 1 { "" } else { "one of " };
    format!("{one_of}{}", quoted.join(", "))
}

/// Sets an option that may be given once.
pub(crate) fn set_once<T>(place: &mut Option<T>, written: impl ToTokens, value: T) -> syn::Result<()> {
    if place.is_some() {
        let message = format!("`{}` is given twice; keep one", written.to_token_stream());
        return Err(syn::Error::new_spanned(written, message));
    }
    *place = Some(value);
    Ok(())
}
