//! A payload struct as we read it: its fields, and what their attributes say.

use std::collections::HashSet;

use syn::{Data, DeriveInput, Expr, Fields, Ident, LitStr, Type, Visibility, ext::IdentExt};

use crate::{
    diag::{Errors, set_once, unknown_option},
    doc,
    payload::kind::{self, Kind},
    types::inside,
};

const OPTIONS: [&str; 8] = ["secret", "personal", "rename", "alias", "example", "kind", "fields", "extra"];

/// A struct with named fields.
pub(crate) struct Payload {
    pub(crate) ident: Ident,
    pub(crate) visibility: Visibility,
    pub(crate) fields: Vec<Field>,
    /// The field that keeps what nobody documented.
    pub(crate) extra: Option<Ident>,
}

/// A documented field.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    /// Its name in JSON.
    pub(crate) name: String,
    /// Other names it is read by.
    pub(crate) aliases: Vec<String>,
    /// `T`, also where the field is an `Option<T>`.
    pub(crate) value: Type,
    pub(crate) optional: bool,
    pub(crate) sensitivity: Sensitivity,
    pub(crate) kind: Kind,
    /// The payload type inside, whose fields are documented too.
    pub(crate) linked: Option<Type>,
    pub(crate) example: Option<Expr>,
    pub(crate) description: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sensitivity {
    Public,
    Personal,
    Secret,
}

impl Payload {
    /// Reads the struct, or says everything that is wrong with it.
    pub(crate) fn parse(input: &DeriveInput) -> syn::Result<Self> {
        let named = named_fields(input)?;
        let mut errors = Errors::default();
        let mut payload = Self {
            ident: input.ident.clone(),
            visibility: input.vis.clone(),
            fields: Vec::with_capacity(named.len()),
            extra: None,
        };
        let mut names = HashSet::new();
        for written in named {
            match errors.take(parse_field(written)) {
                Some(Parsed::Documented(field)) => {
                    for name in field.aliases.iter().chain([&field.name]) {
                        if !names.insert(name.clone()) {
                            errors
                                .at(written, format!("a second field is called `{name}` in JSON; rename one of them"));
                        }
                    }
                    payload.fields.push(*field);
                }
                Some(Parsed::Extra(ident)) if payload.extra.is_none() => payload.extra = Some(ident),
                Some(Parsed::Extra(ident)) => errors.at(ident, "a second `#[field(extra)]`; keep one"),
                None => {}
            }
        }
        errors.finish(payload)
    }
}

fn named_fields(input: &DeriveInput) -> syn::Result<impl ExactSizeIterator<Item = &syn::Field>> {
    let by_hand = "implement `Payload` (and serde's `Serialize` and `Deserialize`) by hand for it";
    let refuse = |what: &str| Err(syn::Error::new(input.ident.span(), format!("{what}; {by_hand}")));
    if !input.generics.params.is_empty() {
        let message = format!("a payload has one documented shape and cannot be generic; name the type, or {by_hand}");
        return Err(syn::Error::new_spanned(&input.generics, message));
    }
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Ok(fields.named.iter()),
            _ => refuse("`#[derive(Payload)]` reads a JSON object and needs a struct with named fields"),
        },
        Data::Enum(_) => refuse("`#[derive(Payload)]` reads a JSON object and cannot tell the shapes of an enum apart"),
        Data::Union(_) => refuse("`#[derive(Payload)]` needs a struct with named fields"),
    }
}

enum Parsed {
    Documented(Box<Field>),
    Extra(Ident),
}

/// What the attributes of a field say.
#[derive(Default)]
struct Options {
    sensitivity: Option<Sensitivity>,
    rename: Option<LitStr>,
    aliases: Vec<LitStr>,
    example: Option<Expr>,
    kind: Option<Kind>,
    linked: Option<()>,
    extra: Option<()>,
}

impl Options {
    fn parse(field: &syn::Field) -> syn::Result<Self> {
        let mut options = Self::default();
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("field")) {
            attribute.parse_nested_meta(|meta| {
                let name = meta.path.get_ident().map(Ident::to_string).unwrap_or_default();
                match name.as_str() {
                    "secret" => set_once(&mut options.sensitivity, &meta, Sensitivity::Secret),
                    "personal" => set_once(&mut options.sensitivity, &meta, Sensitivity::Personal),
                    "rename" => set_once(&mut options.rename, &meta, meta.value()?.parse()?),
                    "alias" => {
                        options.aliases.push(meta.value()?.parse()?);
                        Ok(())
                    }
                    "example" => set_once(&mut options.example, &meta, meta.value()?.parse()?),
                    "kind" => set_once(&mut options.kind, &meta, Kind::named(&meta.value()?.parse()?)?),
                    "fields" => set_once(&mut options.linked, &meta, ()),
                    "extra" => set_once(&mut options.extra, &meta, ()),
                    _ => Err(unknown_option(&meta, &OPTIONS)),
                }
            })?;
        }
        Ok(options)
    }
}

fn parse_field(written: &syn::Field) -> syn::Result<Parsed> {
    let options = Options::parse(written)?;
    let Some(ident) = written.ident.clone() else {
        return Err(syn::Error::new_spanned(written, "a payload needs named fields"));
    };
    if options.extra.is_some() {
        return Ok(Parsed::Extra(ident));
    }
    let inner = inside(&written.ty, "Option");
    let value = inner.unwrap_or(&written.ty).clone();
    let optional = inner.is_some();
    let name = options.rename.as_ref().map_or_else(|| ident.unraw().to_string(), LitStr::value);
    let linked = options.linked.map(|()| inside(&value, "Vec").unwrap_or(&value).clone());

    let mut errors = Errors::default();
    if !optional && options.example.is_none() {
        let fix = format!("add `#[field(example = ..)]` with what the documentation shows for `{name}`");
        errors.at(written, format!("a required field needs an example; {fix}"));
    }
    if optional && ident == "new" {
        errors.at(&ident, "its setter would be the constructor; rename the field and add `#[field(rename = \"new\")]`");
    }
    let kind = options.kind.or_else(|| Kind::of(&value)).or(linked.is_some().then_some(Kind::Object));
    let Some(kind) = kind else {
        let known = kind::names();
        errors.at(
            &written.ty,
            format!(
                "this type does not say what JSON it is; add `#[field(kind = \"..\")]` with one of {known}, or \
                 `#[field(fields)]` if it is itself a payload"
            ),
        );
        return errors.finish(Parsed::Extra(ident));
    };
    let is_secret = inside(&value, "Secret").is_some();
    let sensitivity = match options.sensitivity {
        Some(Sensitivity::Personal) if is_secret => {
            errors.at(written, "a `Secret` is marked secret already; remove `personal`");
            Sensitivity::Secret
        }
        Some(said) => said,
        None if is_secret => Sensitivity::Secret,
        None => Sensitivity::Public,
    };
    let field = Field {
        ident,
        name,
        aliases: options.aliases.iter().map(LitStr::value).collect(),
        value,
        optional,
        sensitivity,
        kind,
        linked,
        example: options.example,
        description: doc::one_line(&written.attrs),
    };
    errors.finish(Parsed::Documented(Box::new(field)))
}
