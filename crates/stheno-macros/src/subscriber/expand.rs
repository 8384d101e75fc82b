//! What `#[subscriber]` writes beside the function: a type of the same name (types and functions do not meet) with
//! `subscriber()`, the proof that names and types fit, and the entry in the list of what is linked.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Ident, LitStr, spanned::Spanned};

use crate::{
    duration,
    subscriber::{function::Function, options::Options},
    types,
};

/// Everything but the function.
pub(crate) fn expand(id: &LitStr, options: &Options, function: &Function) -> TokenStream {
    let Function { ident, visibility, conditions, .. } = function;
    let doc = format!("The subscriber `{}`.", id.value());
    let written = written(id, options, function);
    let checks = checks(options, function);
    let patterns = &options.patterns;
    let setters = setters(options);
    quote! {
        #(#conditions)*
        #[doc = #doc]
        #[allow(non_camel_case_types, reason = "it is found under the name of its function")]
        #visibility enum #ident {}

        #(#conditions)*
        impl #ident {
            /// The subscriber as a value: for `Plugin::subscriber`, `App::subscriber` and tests.
            pub fn subscriber() -> ::stheno::SubscriberDef {
                #written
                #checks
                (__WRITTEN.define)().on_all(&[#(#patterns),*]).origin(::stheno::__origin!())#setters
            }
        }

        #(#conditions)*
        ::stheno::__private::submit! { ::stheno::__private::Linked::Subscriber(#ident::subscriber) }
    }
}

/// The handler as core's `Written`. A type of the function is named with its own span and in this one constant, so that
/// a wrong one is reported once, and where it is written.
fn written(id: &LitStr, options: &Options, function: &Function) -> TokenStream {
    let Function { ident, event, arguments, returned, .. } = function;
    let needs: Vec<_> = (0..arguments.len()).map(|index| format_ident!("__needs_{index}")).collect();
    let prepare = arguments.iter().map(
        |argument| quote_spanned!(argument.span()=> <#argument as ::stheno::__private::Argument>::prepare(__resources)),
    );
    let take = arguments.iter().zip(&needs).map(|(argument, needs)| {
        quote_spanned!(argument.span()=> <#argument as ::stheno::__private::Argument>::take(#needs, __cx))
    });
    let result = Ident::new("__result", returned.span());
    let outcome = match &options.classify {
        None => quote_spanned!(returned.span()=> <#returned as ::stheno::__private::Outcome>::into_result(#result)),
        Some(classify) => quote_spanned!(classify.span()=> ::stheno::__private::Result::map_err(#result, #classify)),
    };
    quote! {
        const __WRITTEN: ::stheno::__private::Written = ::stheno::__private::Written {
            patterns: <#event as ::stheno::Input>::PATTERNS,
            batch: <#event as ::stheno::Input>::BATCH,
            define: || {
                ::stheno::SubscriberDef::from_fn::<#event, _, _, _, _>(
                    #id,
                    |__resources| {
                        ::stheno::__private::Prepared::all_ready((#(#prepare,)*))
                    },
                    |__event, (#(#needs,)*), __cx| {
                        let __running = #ident(__event, #(#take),*);
                        async move {
                            let #result = __running.await;
                            #outcome
                        }
                    },
                )
            },
        };
    }
}

fn setters(options: &Options) -> TokenStream {
    let mut setters = TokenStream::new();
    if let Some(was) = &options.was {
        setters.extend(quote!(.was(#was)));
    }
    if let Some(attempts) = options.attempts {
        setters.extend(quote!(.attempts(#attempts)));
    }
    let or = |given: Option<_>, default: &str| {
        let default = format_ident!("{default}");
        given.map_or_else(|| quote!(::stheno::Policy::#default), duration::constant)
    };
    if options.retry_initial.or(options.retry_cap).or(options.retry_total).is_some() {
        let initial = or(options.retry_initial, "RETRY_INITIAL");
        let cap = or(options.retry_cap, "RETRY_CAP");
        let total = or(options.retry_total, "RETRY_TOTAL");
        setters.extend(quote!(.retry(#initial, #cap, #total)));
    }
    if let Some(crash_limit) = options.crash_limit {
        setters.extend(quote!(.crash_limit(#crash_limit)));
    }
    if let Some(timeout) = options.timeout.map(duration::constant) {
        setters.extend(quote!(.timeout(#timeout)));
    }
    if let Some(concurrency) = options.concurrency {
        setters.extend(quote!(.concurrency(#concurrency)));
    }
    if options.unordered.is_some() {
        setters.extend(quote!(.unordered()));
    }
    if options.blocking.is_some() {
        setters.extend(quote!(.blocking()));
    }
    if let Some(start) = options.start.map(|variant| format_ident!("{variant}")) {
        setters.extend(quote!(.start(::stheno::Start::#start)));
    }
    if options.batching.is_some() {
        let events = options.batch.map_or_else(|| quote!(::stheno::Policy::BATCH), |events| quote!(#events));
        let linger = or(options.linger, "LINGER");
        setters.extend(quote!(.batch(#events, #linger)));
    }
    setters
}

/// What only the compiler can know, asked so that its answer stands at the culprit.
fn checks(options: &Options, function: &Function) -> TokenStream {
    let event = types::display(&function.event);
    let named = options.patterns.iter().map(|pattern| {
        let message = format!(
            "`{}` is not an event that `{event}` stands for; correct the name or take another payload type",
            pattern.value()
        );
        quote_spanned! {pattern.span()=>
            const _: () = ::core::assert!(::stheno::__private::covers(__WRITTEN.patterns, #pattern), #message);
        }
    });
    let unnamed = options.patterns.is_empty().then(|| {
        let message = format!(
            "`{event}` stands for no event of its own; name those that are meant, such as \
             `#[subscriber(\"order.placed\", id = ..)]`"
        );
        quote_spanned! {function.event.span()=>
            const _: () = ::core::assert!(!__WRITTEN.patterns.is_empty(), #message);
        }
    });
    let batching = options.batching.iter().map(|option| {
        let message =
            format!("`{option}` is for a handler of many events; take `Batch<{event}>`, or remove `{option}`");
        quote_spanned!(option.span()=> const _: () = ::core::assert!(__WRITTEN.batch, #message);)
    });
    named.chain(unnamed).chain(batching).collect()
}
