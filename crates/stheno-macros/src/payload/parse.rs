//! A payload struct as we read it: its fields, and what their attributes say.

use std::collections::HashSet;

use syn::{
    Data, DeriveInput, Error, Expr, Fields, Ident, LitStr, Type, Visibility, ext::IdentExt, meta::ParseNestedMeta,
};

use crate::{
    diag::{Errors, set_once, unknown_option},
    doc,
    payload::kind::{self, Kind},
    types::inside,
};

const OPTIONS: [&str; 12] = [
    "secret",
    "personal",
    "rename",
    "alias",
    "example",
    "kind",
    "fields",
    "extra",
    "nullable",
    "sometimes",
    "undocumented",
    "strict",
];

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
    /// Whether its type is an `Option`.
    pub(crate) is_option: bool,
    /// Written as null when it is `None`.
    pub(crate) nullable: bool,
    /// Documented as required, and sometimes left out or null in what the platform sends.
    pub(crate) sometimes: bool,
    /// Sent by the platform without being documented: anything may stand in its place.
    pub(crate) undocumented: bool,
    /// What a value that we write has to be readable as.
    pub(crate) strict: Option<Type>,
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
                            let message = format!("a second field is called `{name}` in JSON; rename one of them");
                            errors.at(&field.ident, message);
                        }
                    }
                    payload.fields.push(*field);
                }
                Some(Parsed::Extra(ident)) if payload.extra.is_none() => payload.extra = Some(ident),
                Some(Parsed::Extra(ident)) => errors.at(ident, "a second `#[field(extra)]`; keep one"),
                None => {}
            }
        }
        if payload.extra.is_none() {
            for field in payload.fields.iter().filter(|field| field.sometimes || field.undocumented) {
                let message =
                    "what came in place of this field is kept in the extra ones; add `#[field(extra)] extra: Extra`";
                errors.at(&field.ident, message);
            }
        }
        errors.finish(payload)
    }
}

fn named_fields(input: &DeriveInput) -> syn::Result<impl ExactSizeIterator<Item = &syn::Field>> {
    let by_hand = "implement `Payload` (and serde's `Serialize` and `Deserialize`) by hand for it";
    let refuse = |what: &str| Err(Error::new(input.ident.span(), format!("{what}; {by_hand}")));
    if !input.generics.params.is_empty() {
        let message = format!("a payload has one documented shape and cannot be generic; name the type, or {by_hand}");
        return Err(Error::new_spanned(&input.generics, message));
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
    nullable: Option<()>,
    sometimes: Option<()>,
    undocumented: Option<()>,
    strict: Option<Type>,
}

impl Options {
    /// Whether it says anything beside `extra`.
    fn says_more(&self) -> bool {
        let Self { sensitivity, rename, aliases, example, kind, linked, extra: _, nullable, .. } = self;
        sensitivity.is_some()
            || rename.is_some()
            || !aliases.is_empty()
            || example.is_some()
            || kind.is_some()
            || linked.is_some()
            || nullable.is_some()
            || self.sometimes.is_some()
            || self.undocumented.is_some()
            || self.strict.is_some()
    }

    fn parse(field: &syn::Field) -> syn::Result<Self> {
        let mut options = Self::default();
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("field")) {
            attribute.parse_nested_meta(|meta| {
                let name = meta.path.get_ident().map(Ident::to_string).unwrap_or_default();
                match name.as_str() {
                    "secret" | "personal" if options.sensitivity.is_some() => {
                        Err(meta.error("a field is secret or personal; keep `secret` for what gives access"))
                    }
                    "secret" => set_once(&mut options.sensitivity, &meta.path, Sensitivity::Secret),
                    "personal" => set_once(&mut options.sensitivity, &meta.path, Sensitivity::Personal),
                    "rename" => set_once(&mut options.rename, &meta.path, name_in_json(&meta)?),
                    "alias" => {
                        options.aliases.push(name_in_json(&meta)?);
                        Ok(())
                    }
                    "example" => set_once(&mut options.example, &meta.path, meta.value()?.parse()?),
                    "kind" => set_once(&mut options.kind, &meta.path, Kind::named(&meta.value()?.parse()?)?),
                    "fields" => set_once(&mut options.linked, &meta.path, ()),
                    "extra" => set_once(&mut options.extra, &meta.path, ()),
                    "nullable" => set_once(&mut options.nullable, &meta.path, ()),
                    "sometimes" => set_once(&mut options.sometimes, &meta.path, ()),
                    "undocumented" => set_once(&mut options.undocumented, &meta.path, ()),
                    "strict" => set_once(&mut options.strict, &meta.path, meta.value()?.parse()?),
                    _ => Err(unknown_option(&meta.path, &OPTIONS)),
                }
            })?;
        }
        Ok(options)
    }
}

fn name_in_json(meta: &ParseNestedMeta<'_>) -> syn::Result<LitStr> {
    let written: LitStr = meta.value()?.parse()?;
    match written.value().is_empty() {
        true => Err(Error::new(written.span(), "the name is empty; write the name of the field in JSON")),
        false => Ok(written),
    }
}

fn parse_field(written: &syn::Field) -> syn::Result<Parsed> {
    let options = Options::parse(written)?;
    let Some(ident) = written.ident.clone() else {
        return Err(Error::new_spanned(written, "a payload needs named fields"));
    };
    if options.extra.is_some() {
        if options.says_more() {
            let message = "`extra` keeps what nobody documented, and has no name, example or kind of its own; remove the \
                           other options";
            return Err(Error::new(ident.span(), message));
        }
        return Ok(Parsed::Extra(ident));
    }
    let inner = inside(&written.ty, "Option");
    let value = inner.unwrap_or(&written.ty).clone();
    let sometimes = options.sometimes.is_some();
    if sometimes && (options.nullable.is_some() || !options.aliases.is_empty() || options.undocumented.is_some()) {
        let fix = "remove `nullable`, `alias` or `undocumented`, or remove `sometimes`";
        return Err(Error::new(ident.span(), format!("a field that is sometimes left out has one name; {fix}")));
    }
    if options.undocumented.is_some() && (inner.is_none() || !options.aliases.is_empty()) {
        let fix = "write its type as `Option<..>`, without `alias`, or remove `undocumented`";
        return Err(Error::new(ident.span(), format!("an undocumented field may be absent; {fix}")));
    }
    // A field that is sometimes left out is documented as required, whatever its type.
    let optional = inner.is_some() && !sometimes;
    let name = options.rename.as_ref().map_or_else(|| ident.unraw().to_string(), LitStr::value);
    if !optional && options.example.is_none() {
        let fix = format!("add `#[field(example = ..)]` with what the documentation shows for `{name}`");
        return Err(Error::new(ident.span(), format!("a required field needs an example; {fix}")));
    }
    if !optional && options.nullable.is_some() {
        let fix = "write its type as `Option<..>`, or remove `nullable`";
        return Err(Error::new(ident.span(), format!("only a field that may be absent is written as null; {fix}")));
    }
    if optional && ident == "new" {
        let fix = "rename the field and add `#[field(rename = \"new\")]`";
        return Err(Error::new(ident.span(), format!("its setter would be the constructor; {fix}")));
    }
    Ok(Parsed::Documented(Box::new(Field {
        kind: kind(&value, &options)?,
        sensitivity: sensitivity(&value, &options, &ident)?,
        linked: options.linked.map(|()| inside(&value, "Vec").unwrap_or(&value).clone()),
        aliases: options.aliases.iter().map(LitStr::value).collect(),
        description: doc::one_line(&written.attrs),
        example: options.example,
        nullable: options.nullable.is_some(),
        undocumented: options.undocumented.is_some(),
        strict: options.strict,
        sometimes,
        is_option: inner.is_some(),
        optional,
        ident,
        name,
        value,
    })))
}

/// What the field says it holds, else what its type says.
fn kind(value: &Type, options: &Options) -> syn::Result<Kind> {
    let of_payload = options.linked.map(|()| Kind::Object);
    options.kind.or_else(|| Kind::of(value)).or(of_payload).ok_or_else(|| {
        let message = format!(
            "this type does not say what JSON it is; add `#[field(kind = \"..\")]` with {}, or `#[field(fields)]` if it \
             is itself a payload",
            kind::names()
        );
        Error::new_spanned(value, message)
    })
}

fn sensitivity(value: &Type, options: &Options, ident: &Ident) -> syn::Result<Sensitivity> {
    match (options.sensitivity, inside(value, "Secret")) {
        (Some(Sensitivity::Personal), Some(_)) => {
            Err(Error::new(ident.span(), "a `Secret` is marked secret already; remove `personal`"))
        }
        (_, Some(_)) => Ok(Sensitivity::Secret),
        (said, None) => Ok(said.unwrap_or(Sensitivity::Public)),
    }
}
