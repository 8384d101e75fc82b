//! Looking at types by the last segment of their path; a macro sees no more than that.

use quote::ToTokens;
use syn::{GenericArgument, PathArguments, PathSegment, Type};

/// The last segment of a type that is a path.
pub(crate) fn last_segment(written: &Type) -> Option<&PathSegment> {
    match written {
        Type::Path(path) => path.path.segments.last(),
        // What a `macro_rules!` hands on as `$t:ty`.
        Type::Group(group) => last_segment(&group.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        _ => None,
    }
}

/// The `T` of `Wrapper<T>` (the last type, where lifetimes stand before it).
pub(crate) fn inside<'a>(written: &'a Type, wrapper: &str) -> Option<&'a Type> {
    let segment = last_segment(written).filter(|segment| segment.ident == wrapper)?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    arguments.args.iter().rev().find_map(|argument| match argument {
        GenericArgument::Type(inner) => Some(inner),
        _ => None,
    })
}

/// Whether the type is a number or a boolean of the language: such a value is taken as it is, because a literal cannot
/// choose among the types that convert into it.
pub(crate) fn is_primitive(written: &Type) -> bool {
    const PRIMITIVES: [&str; 13] =
        ["bool", "f32", "f64", "i8", "i16", "i32", "i64", "isize", "u8", "u16", "u32", "u64", "usize"];
    last_segment(written).is_some_and(|segment| PRIMITIVES.iter().any(|name| segment.ident == name))
}

/// What the type is called, without the path to it; of `Wrapper<T>` what `T` is called.
pub(crate) fn name(written: &Type) -> String {
    let Some(segment) = last_segment(written) else { return display(written) };
    inside(written, &segment.ident.to_string()).map_or_else(|| segment.ident.to_string(), name)
}

/// The type as one would write it. Tokens print with spaces between them; those that part words are kept.
pub(crate) fn display(written: &Type) -> String {
    let is_word = |character: char| character.is_alphanumeric() || character == '_' || character == '\'';
    let mut text = String::new();
    for piece in written.to_token_stream().to_string().split(' ') {
        let parts_words = text.ends_with(is_word) && piece.starts_with(is_word);
        if parts_words || text.ends_with([',', '+']) || piece.starts_with('+') {
            text.push(' ');
        }
        text.push_str(piece);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_shown_as_it_was_written() {
        for written in [
            "OrderPlaced",
            "stheno::Body<Order>",
            "Batch<Body<Map<String, Value>>>",
            "Res<dyn Commerce + Send>",
            "&'static str",
            "(A, B)",
        ] {
            assert_eq!(display(&syn::parse_str(written).unwrap()), written);
        }
    }
}
