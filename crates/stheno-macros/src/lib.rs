//! Macros of Stheno; use them from the `stheno` crate.
//!
//! Each has a folder of the same plan: `parse` (or what it reads, by name) turns tokens into a struct or says everything
//! that is wrong with them, `expand` turns the struct into calls of what `stheno_core::__private` holds. Beside the
//! folders: `diag` (errors that stand at their culprit), `names` and `duration` (what literals may say), `doc` and
//! `types` (looking at comments and types).

#![cfg_attr(not(test), deny(clippy::expect_used, clippy::panic, clippy::unreachable, clippy::unwrap_used))]

mod diag;
mod doc;
mod duration;
mod event;
mod event_sum;
mod names;
mod payload;
mod subscriber;
mod types;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes an `async fn` a subscriber with a permanent id.
///
/// The first argument is what it takes: an event type, an enum with `#[derive(EventSum)]`, `Body<T>` for a view of the body,
/// `AnyEvent`, or a `Batch<..>` of one of these. After it come up to eight of `Res<T>` (something provided before the start)
/// and `Cx` (the context of the attempt). It returns `Result<(), E>`, where `E` is `Failure`, any standard error, or a type
/// of your own that implements `IntoFailure`.
///
/// The function stays callable. Beside it stands a type of the same name with `subscriber()`, which gives the definition, and
/// the subscriber becomes part of the plugin of its module.
///
/// # Options
/// - `"order.placed", "order.*"`: the events it takes. They may be left out for a type that stands for events of its own, and
///   then may only narrow it; a name that does not belong to the type does not compile. `*` means all events.
/// - `id = "receipts.send"`: required and permanent, because its position in the log is kept under it. Tokens of `[a-z0-9-]`.
/// - `was = "old.id"`: adopts the position and the dead letters of a subscriber that had this id before.
/// - `attempts = 20`: at most this many attempts at one event.
/// - `retry_initial = "1s"`, `retry_cap = "15m"`, `retry_total = "6h"`: the first wait, which doubles, the longest, and for
///   how long in all.
/// - `crash_limit = 3`: how often an event may end the process while it is tried alone, before it becomes a dead letter.
/// - `timeout = "60s"`: how long one attempt may take.
/// - `concurrency = 4`: most attempts under way at once.
/// - `unordered`: events of one key side by side and in any order.
/// - `blocking`: the handler blocks its thread; each attempt begins on one of its own.
/// - `start = "new"` or `"beginning"`: where it begins when it has never run.
/// - `batch = 500`, `linger = "200ms"`: most events in one call, and how long a batch waits to become full. Only for `Batch`.
/// - `classify = f`: turns the handler's error into a `Failure` with `fn f(error: E) -> Failure`.
///
/// An option that is left out has the default of `Policy`; an operator may override it.
///
/// ```
/// # extern crate stheno_core as stheno;
/// use stheno::{Cx, Event, Failure, Payload, Res, subscriber};
///
/// /// A new order was placed.
/// #[derive(Payload, Event)]
/// #[event(name = "order.placed", key = "order:/id")]
/// struct OrderPlaced {
///     #[field(example = "order_1")]
///     id: String,
/// }
///
/// struct Mailer;
///
/// #[subscriber(id = "receipts.send", timeout = "60s")]
/// async fn send_receipt(order: OrderPlaced, mailer: Res<Mailer>, cx: Cx) -> Result<(), Failure> {
///     // ..
///     Ok(())
/// }
///
/// assert_eq!(send_receipt::subscriber().patterns(), ["order.placed"]);
/// ```
#[proc_macro_attribute]
pub fn subscriber(options: TokenStream, item: TokenStream) -> TokenStream {
    subscriber::expand(options.into(), item.into()).into()
}

/// Makes a struct with named fields the payload of a JSON object: writes serde's `Serialize` and `Deserialize`, a `Debug` that
/// hides what it must, `Payload`, `new` and setters.
///
/// A field of type `Option<T>` is optional: absent and null both read as `None`, and `None` is not written. `new` takes the
/// other fields, in order; each optional one has a by-value setter of its name. Both take `impl Into<T>`, or the type itself
/// where it is a number or a boolean. The doc comment of a field is its description.
///
/// `Debug` prints `[secret]`, `[personal]`, and `[undocumented]` for objects whose insides nobody documented: the same rule as
/// for bodies that are shown.
///
/// # Options of a field
/// - `#[field(example = ..)]`: what the documentation shows. Required for a required field. It is converted with `Into`; of
///   `[a, b]` for a `Vec`, each item.
/// - `#[field(secret)]`, `#[field(personal)]`: how carefully it has to be treated. A `Secret<T>` is secret already.
/// - `#[field(rename = "type")]`: its name in JSON. `#[field(alias = "message")]`, repeatable: another name it is read by.
/// - `#[field(nullable)]` on an `Option`: `None` is written as null, because the platform always sends the field.
/// - `#[field(sometimes)]`: the documentation requires the field, and the platform sometimes leaves it out or sends null. `new`
///   takes it, and what is written by hand must have it. Read, it is `None`, an empty `Vec`, or the default of its type, which
///   has to mean the same; it is written back as it came.
/// - `#[field(undocumented)]` on an `Option`: the platform sends the field without documenting it. A value that cannot be read
///   refuses nothing: it is `None`, `Extra::unread` has it, and it is written back. With `nullable` null is written back, too.
/// - `#[field(strict = Currency)]`: the type reads more than the documentation allows; what is written by hand has to be
///   readable as this.
/// - `#[field(fields)]`: the type (or that in an `Option` or `Vec`) is a payload too, and its fields are documented with it.
/// - `#[field(kind = "string_or_object")]`: what JSON it holds, where the type does not say: a `FieldKind` in snake case.
/// - `#[field(extra)]` on a field of type `Extra`: keeps the fields that nobody documented, and writes them back after the
///   others. Without it they are ignored.
///
/// ```
/// # extern crate stheno_core as stheno;
/// use stheno::{Extra, Payload, Secret};
///
/// #[derive(Payload)]
/// struct PasswordReset {
///     /// The id of the customer.
///     #[field(example = "cus_1")]
///     id: String,
///     /// Where the mail goes.
///     #[field(personal, example = "ada@example.com")]
///     email: String,
///     /// Lets its holder set the password.
///     #[field(example = "t0ken")]
///     token: Secret<String>,
///     no_notification: Option<bool>,
///     #[field(extra)]
///     extra: Extra,
/// }
///
/// let reset = PasswordReset::new("cus_1", "ada@example.com", "t0ken").no_notification(true);
/// assert_eq!(
///     format!("{reset:?}"),
///     r#"PasswordReset { id: "cus_1", email: [personal], token: [secret], no_notification: Some(true), extra: [0 undocumented] }"#
/// );
/// assert_eq!(PasswordReset::FIELDS.len(), 4);
/// ```
#[proc_macro_derive(Payload, attributes(field))]
pub fn payload(item: TokenStream) -> TokenStream {
    let input = parse_macro_input!(item as DeriveInput);
    payload::derive(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Gives a payload type its event name: writes `Event`. The doc comment's first paragraph is the description.
///
/// # Options, in `#[event(..)]`
/// - `name = "order.placed"`: required. A pattern, such as `oauth.token_generated.*`, needs `name_with = f` with a
///   `fn f(event: &Self) -> Cow<'static, str>` that says the name of a value.
/// - `key = "order:/id"`, or several, of which the first that is there counts: `key("payment:/payment_id", "refund:/id")`.
///   Before the colon stands the kind; after it a JSON pointer, nothing for the body itself, or `{2}` for a token of the name,
///   counted from 0. Without it the event has no key, and no order.
/// - `section = "Order Events"`: where it belongs in its platform's documentation.
/// - `status = "emitted"` (the default), `"documented_only"`, `"lossy_upstream"`: whether anybody sends it.
/// - `note = ".."`, repeatable: what else a subscriber should know.
/// - `decode_with = f`: reads a body with `fn f(name: &EventName, body: &[u8]) -> Result<Self, DecodeError>`.
///
/// ```
/// # extern crate stheno_core as stheno;
/// use stheno::{Event, Payload};
///
/// /// A customer earned points.
/// #[derive(Payload, Event)]
/// #[event(name = "points.earned", key = "customer:/customer_id", section = "Points")]
/// struct PointsEarned {
///     #[field(example = "cus_1")]
///     customer_id: String,
///     #[field(example = 20)]
///     points: u64,
/// }
///
/// let key = PointsEarned::new("cus_1", 20).key();
/// assert_eq!(key.unwrap().as_str(), "customer:cus_1");
/// assert_eq!(PointsEarned::descriptor().description, "A customer earned points.");
/// ```
#[proc_macro_derive(Event, attributes(event))]
pub fn event(item: TokenStream) -> TokenStream {
    let input = parse_macro_input!(item as DeriveInput);
    event::derive(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes an enum of events something a subscriber can take: writes `Input`.
///
/// Each variant holds one event, and the enum stands for the events of all of them. Variants are tried in order, so a pattern
/// stands after the names it covers; a variant that could never be reached does not compile.
///
/// One variant may be a catch-all, `#[event(other)] Other(AnyEvent)`, for every event that no other variant stands for. The
/// enum then stands for no events of its own, and the subscriber has to name them: `#[subscriber("order.*", id = ..)]`.
///
/// ```
/// # extern crate stheno_core as stheno;
/// # use stheno::{Event, Payload};
/// # #[derive(Payload, Event)]
/// # #[event(name = "order.placed")]
/// # struct OrderPlaced {}
/// # #[derive(Payload, Event)]
/// # #[event(name = "order.canceled")]
/// # struct OrderCanceled {}
/// use stheno::{EventSum, Failure, subscriber};
///
/// #[derive(EventSum)]
/// enum OrderChange {
///     Placed(OrderPlaced),
///     Canceled(OrderCanceled),
/// }
///
/// #[subscriber(id = "stock.reserve")]
/// async fn reserve(change: OrderChange) -> Result<(), Failure> {
///     match change {
///         OrderChange::Placed(_order) => Ok(()),
///         OrderChange::Canceled(_order) => Ok(()),
///     }
/// }
///
/// assert_eq!(reserve::subscriber().patterns(), ["order.placed", "order.canceled"]);
/// ```
#[proc_macro_derive(EventSum, attributes(event))]
pub fn event_sum(item: TokenStream) -> TokenStream {
    let input = parse_macro_input!(item as DeriveInput);
    event_sum::derive(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}
