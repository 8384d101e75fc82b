//! `#[event(..)]` as we read it.

use syn::{DeriveInput, Error, Ident, LitStr, Path, Token, meta::ParseNestedMeta, punctuated::Punctuated};

use crate::{
    diag::{Errors, one_of, set_once, unknown_option},
    doc,
    event::key::{Place, Source},
    names,
    payload::parse::Payload,
    types::{inside, last_segment},
};

const OPTIONS: [&str; 7] = ["name", "name_with", "key", "section", "status", "note", "decode_with"];

/// The statuses by name, with core's `Status` variants.
const STATUSES: [(&str, &str); 3] =
    [("emitted", "Emitted"), ("documented_only", "DocumentedOnly"), ("lossy_upstream", "LossyUpstream")];

/// A type that belongs to one event name.
pub(crate) struct Event {
    pub(crate) ident: Ident,
    pub(crate) pattern: LitStr,
    /// Says the name of a value, where the pattern stands for many.
    pub(crate) name_with: Option<Path>,
    pub(crate) key: Vec<KeyPart>,
    pub(crate) section: Option<LitStr>,
    /// A variant of core's `Status`.
    pub(crate) status: Option<&'static str>,
    /// What else there is to know, each a sentence or more.
    pub(crate) note: Vec<LitStr>,
    pub(crate) decode_with: Option<Path>,
    pub(crate) description: String,
}

/// One place the key comes from.
pub(crate) struct KeyPart {
    pub(crate) source: Source,
    /// The field that holds the id, where one can be asked without going through JSON.
    pub(crate) field: Option<Ident>,
}

#[derive(Default)]
struct Options {
    name: Option<LitStr>,
    name_with: Option<Path>,
    key: Option<Vec<LitStr>>,
    section: Option<LitStr>,
    status: Option<&'static str>,
    note: Vec<LitStr>,
    decode_with: Option<Path>,
}

impl Event {
    /// Reads the attribute, or says everything that is wrong with it.
    pub(crate) fn parse(input: &DeriveInput) -> syn::Result<Self> {
        if !input.generics.params.is_empty() {
            let message = "an event has one documented payload and cannot be generic; name the type, or take `Body<T>` \
                           in the subscriber";
            return Err(Error::new_spanned(&input.generics, message));
        }
        let options = Options::parse(input)?;
        let Some(written) = options.name else {
            let message = "an event needs its name; add `#[event(name = \"order.placed\")]`";
            return Err(Error::new(input.ident.span(), message));
        };
        names::check_pattern(&written)?;
        let mut errors = Errors::default();
        let pattern = names::normalised(&written);
        match (&options.name_with, names::is_literal(&pattern.value())) {
            (None, false) => errors.at(
                &written,
                "this pattern stands for many names; add `name_with = f` with a `fn f(event: &Self) -> Cow<'static, str>` \
                 that says the name of a value",
            ),
            (Some(path), true) => errors.at(path, "the name is one already; remove `name_with`, or put a `*` in the name"),
            _ => {}
        }
        let payload = derived_payload(input);
        let mut key = Vec::new();
        for written in options.key.iter().flatten() {
            let part = Source::parse(written).and_then(|source| {
                check_token(&source, &pattern, written)?;
                check_field(&source, payload.as_ref(), written)?;
                Ok(KeyPart { field: direct_field(&source, payload.as_ref()), source })
            });
            key.extend(errors.take(part));
        }
        errors.finish(Self {
            ident: input.ident.clone(),
            pattern,
            name_with: options.name_with,
            key,
            section: options.section,
            status: options.status,
            note: options.note,
            decode_with: options.decode_with,
            description: doc::first_paragraph(&input.attrs),
        })
    }
}

impl Options {
    fn parse(input: &DeriveInput) -> syn::Result<Self> {
        let mut options = Self::default();
        for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident("event")) {
            attribute.parse_nested_meta(|meta| {
                let name = meta.path.get_ident().map(Ident::to_string).unwrap_or_default();
                match name.as_str() {
                    "name" => set_once(&mut options.name, &meta.path, meta.value()?.parse()?),
                    "name_with" => set_once(&mut options.name_with, &meta.path, meta.value()?.parse()?),
                    "key" => set_once(&mut options.key, &meta.path, parse_key(&meta)?),
                    "section" => set_once(&mut options.section, &meta.path, some_text(&meta)?),
                    "status" => set_once(&mut options.status, &meta.path, parse_status(&meta.value()?.parse()?)?),
                    "note" => {
                        options.note.push(some_text(&meta)?);
                        Ok(())
                    }
                    "decode_with" => set_once(&mut options.decode_with, &meta.path, meta.value()?.parse()?),
                    _ => Err(unknown_option(&meta.path, &OPTIONS)),
                }
            })?;
        }
        Ok(options)
    }
}

/// `key = "order:/id"`, or several in brackets.
fn parse_key(meta: &ParseNestedMeta<'_>) -> syn::Result<Vec<LitStr>> {
    if meta.input.peek(Token![=]) {
        return Ok(vec![meta.value()?.parse()?]);
    }
    let several;
    syn::parenthesized!(several in meta.input);
    let several: Vec<LitStr> = Punctuated::<LitStr, Token![,]>::parse_terminated(&several)?.into_iter().collect();
    if several.is_empty() {
        return Err(meta.error("`key` names no place; write one such as `key = \"order:/id\"`, or remove `key`"));
    }
    for (index, one) in several.iter().enumerate() {
        if several[..index].iter().any(|earlier| earlier.value() == one.value()) {
            return Err(Error::new(one.span(), format!("`{}` is named twice; keep one", one.value())));
        }
    }
    Ok(several)
}

/// A text that says something.
fn some_text(meta: &ParseNestedMeta<'_>) -> syn::Result<LitStr> {
    let written: LitStr = meta.value()?.parse()?;
    match written.value().trim() {
        "" => Err(Error::new(written.span(), "the text is empty; write one, or leave the option out")),
        _ => Ok(written),
    }
}

fn parse_status(written: &LitStr) -> syn::Result<&'static str> {
    let text = written.value();
    STATUSES.iter().find(|(name, _)| *name == text).map(|(_, variant)| *variant).ok_or_else(|| {
        let known = one_of(&STATUSES.map(|(name, _)| name));
        Error::new(written.span(), format!("`{text}` is no status; write {known}"))
    })
}

/// The struct as `#[derive(Payload)]` reads it; `None` for a type whose payload is written by hand. A macro cannot see
/// the other derives, but it sees their attributes.
fn derived_payload(input: &DeriveInput) -> Option<Payload> {
    let fields = match &input.data {
        syn::Data::Struct(data) => &data.fields,
        _ => return None,
    };
    let is_derived = fields.iter().flat_map(|field| &field.attrs).any(|attribute| attribute.path().is_ident("field"));
    Payload::parse(input).ok().filter(|_| is_derived)
}

/// A token that no name of the pattern has.
fn check_token(source: &Source, pattern: &LitStr, written: &LitStr) -> syn::Result<()> {
    let pattern = pattern.value();
    let tokens = pattern.split('.').count();
    match source.place {
        Place::Token(index) if index >= tokens && !pattern.ends_with('>') => {
            let message = format!("`{pattern}` has no token {index}; its last one is {{{}}}", tokens - 1);
            Err(Error::new(written.span(), message))
        }
        _ => Ok(()),
    }
}

/// A pointer to a field that the struct does not document.
fn check_field(source: &Source, payload: Option<&Payload>, written: &LitStr) -> syn::Result<()> {
    let (Some(payload), Some(name)) = (payload, source.field()) else { return Ok(()) };
    if payload.fields.iter().any(|field| field.name == name) {
        return Ok(());
    }
    let known: Vec<&str> = payload.fields.iter().map(|field| field.name.as_str()).collect();
    let message = format!("no field is called `{name}` in JSON; after the slash write {}", one_of(&known));
    Err(Error::new(written.span(), message))
}

/// The field at the pointer, if its type is known to hold an id (core's `KeyId`).
fn direct_field(source: &Source, payload: Option<&Payload>) -> Option<Ident> {
    const IDS: [&str; 4] = ["String", "i64", "u64", "Value"];
    let name = source.field()?;
    let field = payload?.fields.iter().find(|field| field.name == name)?;
    let is_id = last_segment(&field.value).is_some_and(|segment| IDS.iter().any(|id| segment.ident == id));
    (is_id && inside(&field.value, "Option").is_none()).then(|| field.ident.clone())
}
