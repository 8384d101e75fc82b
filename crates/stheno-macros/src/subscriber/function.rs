//! The function of a subscriber as we read it.

use syn::{Attribute, Error, FnArg, Ident, ItemFn, ReturnType, Type, Visibility, spanned::Spanned};

use crate::diag::Errors;

/// Most arguments after the event; core implements `Arguments` for tuples of as many.
const MAX_ARGUMENTS: usize = 8;

/// A handler.
pub(crate) struct Function {
    pub(crate) ident: Ident,
    pub(crate) visibility: Visibility,
    /// `#[cfg(..)]`, which has to stand on what is written beside the function too.
    pub(crate) conditions: Vec<Attribute>,
    /// The first argument.
    pub(crate) event: Type,
    /// The others.
    pub(crate) arguments: Vec<Type>,
    pub(crate) returned: Type,
}

impl Function {
    /// Reads the function, or says everything that is wrong with it.
    pub(crate) fn parse(item: &ItemFn) -> syn::Result<Self> {
        let mut errors = Errors::default();
        let signature = &item.sig;
        if signature.asyncness.is_none() {
            errors.at(signature.fn_token, "a handler is async; write `async fn`");
        }
        if !signature.generics.params.is_empty() {
            errors.at(&signature.generics, "a handler cannot be generic; name the types of its arguments");
        }
        let returned = match &signature.output {
            ReturnType::Type(_, returned) => Some(Type::clone(returned)),
            ReturnType::Default => {
                errors.at(&signature.ident, "a handler says whether it failed; add `-> Result<(), Failure>`");
                None
            }
        };
        let mut types = Vec::new();
        for argument in &signature.inputs {
            types.extend(errors.take(argument_type(argument)));
        }
        if signature.inputs.is_empty() {
            let message = "a handler takes an event; add one as its first argument, such as `order: OrderPlaced`";
            errors.at(&signature.ident, message);
        }
        if let Some(first) = signature.inputs.iter().nth(1 + MAX_ARGUMENTS) {
            let message = format!("a handler takes the event and at most {MAX_ARGUMENTS} more; put resources together");
            errors.at(first, message);
        }
        errors.finish(())?;
        let mut types = types.into_iter();
        let (Some(event), Some(returned)) = (types.next(), returned) else {
            // Both were asked for above.
            return Err(Error::new(signature.span(), "a handler takes an event and returns a result"));
        };
        Ok(Self {
            ident: signature.ident.clone(),
            visibility: item.vis.clone(),
            conditions: item.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg")).cloned().collect(),
            event,
            arguments: types.collect(),
            returned,
        })
    }
}

fn argument_type(argument: &FnArg) -> syn::Result<Type> {
    let written = match argument {
        FnArg::Receiver(receiver) => {
            let message = "a handler is a free function; take what it needs as `Res<T>`, or implement `Subscriber`";
            return Err(Error::new_spanned(receiver, message));
        }
        FnArg::Typed(typed) => &*typed.ty,
    };
    match written {
        Type::Reference(reference) => {
            let inner = crate::types::display(&reference.elem);
            Err(Error::new_spanned(written, format!("a handler owns its arguments; take `{inner}` without the `&`")))
        }
        Type::ImplTrait(_) => Err(Error::new_spanned(written, "a handler cannot be generic; name the type")),
        _ => Ok(written.clone()),
    }
}
