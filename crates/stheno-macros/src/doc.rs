//! Doc comments as one-line descriptions.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The whole doc comment on one line.
pub(crate) fn one_line(attributes: &[Attribute]) -> String {
    join(lines(attributes))
}

/// The first paragraph of the doc comment on one line.
pub(crate) fn first_paragraph(attributes: &[Attribute]) -> String {
    let lines = lines(attributes).into_iter().skip_while(|line| line.is_empty());
    join(lines.take_while(|line| !line.is_empty()))
}

fn join(lines: impl IntoIterator<Item = String>) -> String {
    let filled: Vec<String> = lines.into_iter().filter(|line| !line.is_empty()).collect();
    filled.join(" ")
}

fn lines(attributes: &[Attribute]) -> Vec<String> {
    let mut lines = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("doc")) {
        // `#[doc(hidden)]` and `#[doc = include_str!(..)]` are not text that could be read here.
        if let Meta::NameValue(pair) = &attribute.meta
            && let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &pair.value
        {
            lines.extend(text.value().lines().map(|line| line.trim().to_owned()));
            if text.value().is_empty() {
                lines.push(String::new());
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documented() -> Vec<Attribute> {
        let item: syn::ItemStruct = syn::parse_quote! {
            ///  An order was placed,
            /// and paid.
            ///
            /// The body is thin.
            #[doc(hidden)]
            struct Placed;
        };
        item.attrs
    }

    #[test]
    fn a_doc_comment_becomes_one_line() {
        assert_eq!(one_line(&documented()), "An order was placed, and paid. The body is thin.");
        assert_eq!(first_paragraph(&documented()), "An order was placed, and paid.");
        assert_eq!(one_line(&[]), "");
    }
}
