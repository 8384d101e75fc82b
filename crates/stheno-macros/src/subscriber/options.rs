//! The attribute of a subscriber as we read it: patterns, the permanent id, and how it is run.

use std::{fmt::Display, str::FromStr, time::Duration};

use proc_macro2::{Span, TokenStream};
use syn::{
    Error, Ident, LitInt, LitStr, Path, Token,
    ext::IdentExt,
    parse::{ParseStream, Parser},
};

use crate::{
    diag::{Errors, one_of, set_once, unknown_option},
    duration, names,
};

const OPTIONS: [&str; 15] = [
    "id",
    "was",
    "attempts",
    "retry_initial",
    "retry_cap",
    "retry_total",
    "crash_limit",
    "timeout",
    "concurrency",
    "unordered",
    "blocking",
    "start",
    "batch",
    "linger",
    "classify",
];

/// The starts by name, with core's `Start` variants.
const STARTS: [(&str, &str); 2] = [("new", "New"), ("beginning", "Beginning")];

/// What `#[subscriber(..)]` says beside the id.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) patterns: Vec<LitStr>,
    pub(crate) was: Option<LitStr>,
    pub(crate) attempts: Option<u32>,
    pub(crate) retry_initial: Option<Duration>,
    pub(crate) retry_cap: Option<Duration>,
    pub(crate) retry_total: Option<Duration>,
    pub(crate) crash_limit: Option<u32>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) concurrency: Option<usize>,
    pub(crate) unordered: Option<()>,
    pub(crate) blocking: Option<()>,
    /// A variant of core's `Start`.
    pub(crate) start: Option<&'static str>,
    pub(crate) batch: Option<usize>,
    pub(crate) linger: Option<Duration>,
    /// The last of `batch` and `linger` that was written: where to complain about a handler of single events.
    pub(crate) batching: Option<Ident>,
    pub(crate) classify: Option<Path>,
}

/// Reads the permanent id and the options.
pub(crate) fn parse(attribute: TokenStream) -> syn::Result<(LitStr, Options)> {
    parse_all.parse2(attribute)
}

fn parse_all(input: ParseStream<'_>) -> syn::Result<(LitStr, Options)> {
    let mut errors = Errors::default();
    let mut id = None;
    let mut options = Options::default();
    while !input.is_empty() {
        if input.peek(LitStr) {
            let pattern: LitStr = input.parse()?;
            errors.take(names::check_pattern(&pattern));
            let normalised = names::normalised(&pattern);
            if options.patterns.iter().any(|known| known.value() == normalised.value()) {
                errors.at(&pattern, format!("`{}` is named twice; keep one", pattern.value()));
            }
            options.patterns.push(normalised);
        } else {
            options.parse_one(input, &mut id, &mut errors)?;
        }
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    match id {
        Some(id) => {
            if let Some(was) = options.was.as_ref().filter(|was| was.value() == id.value()) {
                errors.at(was, "this is the id that the subscriber has; write the one it had before, or remove `was`");
            }
            errors.finish((id, options))
        }
        None => {
            let fix = "add one that never changes, such as `id = \"receipts.send\"`: its position in the log is kept under it";
            errors.push(Error::new(Span::call_site(), format!("a subscriber needs an id; {fix}")));
            errors.finish((LitStr::new("", Span::call_site()), options))
        }
    }
}

impl Options {
    /// Reads one option. What cannot be read at all ends the reading; a value that is wrong does not.
    fn parse_one(&mut self, input: ParseStream<'_>, id: &mut Option<LitStr>, errors: &mut Errors) -> syn::Result<()> {
        let name = input.call(Ident::parse_any)?;
        let set = match name.to_string().as_str() {
            "id" => set_once(id, &name, subscriber_id(input, errors)?),
            "was" => set_once(&mut self.was, &name, subscriber_id(input, errors)?),
            "attempts" => set_once(&mut self.attempts, &name, at_least_one(input)?),
            "retry_initial" => set_once(&mut self.retry_initial, &name, some_time(input)?),
            "retry_cap" => set_once(&mut self.retry_cap, &name, some_time(input)?),
            "retry_total" => set_once(&mut self.retry_total, &name, some_time(input)?),
            "crash_limit" => set_once(&mut self.crash_limit, &name, at_least_one(input)?),
            "timeout" => set_once(&mut self.timeout, &name, some_time(input)?),
            "concurrency" => set_once(&mut self.concurrency, &name, at_least_one(input)?),
            "unordered" => set_once(&mut self.unordered, &name, ()),
            "blocking" => set_once(&mut self.blocking, &name, ()),
            "start" => set_once(&mut self.start, &name, start(input)?),
            "batch" => {
                self.batching = Some(name.clone());
                set_once(&mut self.batch, &name, at_least_one(input)?)
            }
            "linger" => {
                self.batching = Some(name.clone());
                set_once(&mut self.linger, &name, time(input)?)
            }
            "classify" => set_once(&mut self.classify, &name, value(input)?),
            _ => return Err(unknown_option(&name, &OPTIONS)),
        };
        errors.take(set);
        Ok(())
    }
}

fn value<T: syn::parse::Parse>(input: ParseStream<'_>) -> syn::Result<T> {
    input.parse::<Token![=]>()?;
    input.parse()
}

fn subscriber_id(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<LitStr> {
    let id = value(input)?;
    errors.take(names::check_id(&id));
    Ok(id)
}

fn at_least_one<T: FromStr<Err: Display> + Default + PartialEq>(input: ParseStream<'_>) -> syn::Result<T> {
    let written: LitInt = value(input)?;
    let number = written.base10_parse()?;
    if number == T::default() {
        return Err(Error::new(written.span(), "at least 1 is needed; leave the option out for the default"));
    }
    Ok(number)
}

fn time(input: ParseStream<'_>) -> syn::Result<Duration> {
    duration::parse(&value(input)?)
}

/// A time that cannot be 0.
fn some_time(input: ParseStream<'_>) -> syn::Result<Duration> {
    let written: LitStr = value(input)?;
    let time = duration::parse(&written)?;
    if time.is_zero() {
        return Err(Error::new(written.span(), "a time of 0 is none; leave the option out for the default"));
    }
    Ok(time)
}

fn start(input: ParseStream<'_>) -> syn::Result<&'static str> {
    let written: LitStr = value(input)?;
    let text = written.value();
    STARTS.iter().find(|(name, _)| *name == text).map(|(_, variant)| *variant).ok_or_else(|| {
        let known = one_of(&STARTS.map(|(name, _)| name));
        Error::new(written.span(), format!("`{text}` is no place to start; write {known}"))
    })
}
