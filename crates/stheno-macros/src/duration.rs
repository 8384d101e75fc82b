//! Durations as `stheno.toml` writes them: `"200ms"`, `"60s"`, `"15m"`, `"6h"`.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, LitStr};

/// Reads a duration.
pub(crate) fn parse(written: &LitStr) -> syn::Result<Duration> {
    let text = written.value();
    humantime::parse_duration(&text).map_err(|_| {
        let message = format!("`{text}` is no duration; write one such as \"200ms\", \"60s\", \"15m\" or \"6h\"");
        Error::new(written.span(), message)
    })
}

/// Writes it as a constant.
pub(crate) fn constant(duration: Duration) -> TokenStream {
    let (seconds, nanos) = (duration.as_secs(), duration.subsec_nanos());
    quote!(::stheno::__private::Duration::new(#seconds, #nanos))
}
