//! What keeps an app from starting, each with what to do about it.

use std::fmt;

use crate::{
    backend::BackendError,
    catalog::set::DuplicateEvent,
    name::NameError,
    resources::ProvidedTwice,
    shown::{shown, shown_error, shown_long},
    subscriber::definition::id_problem,
};

/// Something that keeps an app from starting.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// There is no subscriber, and the app does not say that it only publishes.
    NoSubscribers,
    /// Two subscribers have one id.
    DuplicateSubscriber {
        /// The id.
        id: String,
        /// Where the two are.
        places: [String; 2],
    },
    /// Two plugins have one name.
    DuplicatePlugin {
        /// The name.
        name: String,
        /// Where the two are.
        places: [String; 2],
    },
    /// The name of a plugin is none.
    BadPluginName {
        /// The name as written.
        name: String,
    },
    /// A plugin is built in a way that cannot be.
    BadPlugin {
        /// Its name.
        plugin: String,
        /// What is wrong, and what to do.
        message: String,
    },
    /// Two resources of one type are provided.
    DuplicateResource(ProvidedTwice),
    /// Two subscribers adopt what one earlier one has left.
    DuplicateWas {
        /// The earlier id.
        was: String,
        /// The subscribers.
        ids: [String; 2],
    },
    /// A subscriber has an id that another one had before.
    FormerId {
        /// The id.
        id: String,
        /// The subscriber that had it before.
        other: String,
    },
    /// The app is built in a way that cannot be.
    App {
        /// What is wrong, and what to do.
        message: String,
    },
    /// Two catalogs define one event.
    DuplicateEvent(DuplicateEvent),
    /// An id is not one.
    BadId {
        /// The id as written.
        id: String,
    },
    /// A pattern is not one.
    BadPattern {
        /// The subscriber.
        id: String,
        /// What is wrong.
        error: NameError,
    },
    /// A subscriber says no pattern.
    NoPattern {
        /// The subscriber.
        id: String,
    },
    /// No catalog knows an event that a pattern could match.
    UnknownEvent {
        /// The subscriber.
        id: String,
        /// The pattern.
        pattern: String,
        /// The known name nearest to it.
        nearest: Option<&'static str>,
    },
    /// Something a handler needs was not provided.
    MissingResource {
        /// The subscriber.
        id: String,
        /// Its place.
        place: String,
        /// What is missing, and what to do.
        message: String,
    },
    /// A plugin has no subscriber.
    EmptyPlugin {
        /// Its name.
        plugin: String,
    },
    /// A plugin's set-up failed.
    Setup {
        /// Its name.
        plugin: String,
        /// The error and its sources.
        error: String,
    },
    /// A policy cannot be.
    BadPolicy {
        /// The subscriber.
        id: String,
        /// What is wrong.
        message: String,
    },
    /// The configuration names something that is not there.
    Config {
        /// What is wrong.
        message: String,
    },
    /// What is linked is not what the manifest says.
    Manifest {
        /// What differs.
        message: String,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::NoSubscribers => {
                f.write_str("there is no subscriber; enable a plugin with `.plugin(..)`, or say `.publishes_only()`")
            }
            Problem::DuplicateSubscriber { id, places: [first, second] } => write!(
                f,
                "subscriber `{}` is there twice, in {first} and in {second}; an id is permanent and has one owner: rename one",
                shown(id)
            ),
            Problem::DuplicatePlugin { name, places: [first, second] } => write!(
                f,
                "plugin `{}` is enabled twice, from {first} and from {second}; enable it once, or rename one",
                shown(name)
            ),
            Problem::BadPluginName { name } => write!(
                f,
                "`{}` is no name of a plugin; use letters, digits and `-` (no `__`, which separates fields in variables), such as \
                 `receipts`",
                shown(name)
            ),
            Problem::BadPlugin { plugin, message } => write!(f, "plugin `{}`: {}", shown(plugin), shown_long(message)),
            Problem::DuplicateResource(twice) => write!(f, "{twice}"),
            Problem::DuplicateWas { was, ids: [first, second] } => write!(
                f,
                "subscribers `{}` and `{}` both adopt what `{}` has left; one of them can (`was`): let the other begin anew",
                shown(first),
                shown(second),
                shown(was)
            ),
            Problem::FormerId { id, other } => write!(
                f,
                "subscriber `{id}` has an id that `{other}` had before (`was`), and what `{other}` did is remembered under it: each \
                 would take what the other did for its own. Give `{id}` an id that none has had"
            ),
            Problem::App { message } => write!(f, "the app: {}", shown_long(message)),
            Problem::DuplicateEvent(duplicate) => write!(f, "{duplicate}"),
            Problem::BadId { id } => {
                write!(f, "`{}` {}", shown(id), id_problem(id).unwrap_or("is no subscriber id; choose another one"))
            }
            Problem::BadPattern { id, error } => write!(f, "subscriber `{}`: {error}", shown(id)),
            Problem::NoPattern { id } => {
                write!(f, "subscriber `{}` says no event; name patterns with `.on(..)`", shown(id))
            }
            Problem::UnknownEvent { id, pattern, nearest } => {
                write!(f, "subscriber `{}` takes `{}`, which no catalog knows; ", shown(id), shown(pattern))?;
                match nearest {
                    Some(nearest) => write!(f, "did you mean `{}`?", shown(nearest)),
                    None => f.write_str("add its catalog, or `declare_event!` it"),
                }
            }
            Problem::MissingResource { id, place, message } => {
                write!(f, "subscriber `{}` in {place}: {}", shown(id), shown_long(message))
            }
            Problem::EmptyPlugin { plugin } => write!(
                f,
                "plugin `{}` has no subscriber; is its `plugin!` in the module above its subscribers?",
                shown(plugin)
            ),
            Problem::Setup { plugin, error } => {
                write!(f, "the set-up of plugin `{}` failed: {}", shown(plugin), shown_long(error))
            }
            Problem::BadPolicy { id, message } => write!(f, "subscriber `{}`: {}", shown(id), shown_long(message)),
            Problem::Config { message } | Problem::Manifest { message } => write!(f, "{}", shown_long(message)),
        }
    }
}

/// An app that did not start. Nothing was consumed.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// Something is wrong with the app; all of it.
    Problems(Vec<Problem>),
    /// The backend does not answer.
    Backend(BackendError),
    /// The control thread cannot be started.
    Thread(std::io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::Problems(problems) => {
                write!(f, "the app cannot start:")?;
                problems.iter().try_for_each(|problem| write!(f, "\n  - {problem}"))
            }
            StartError::Backend(error) => write!(f, "the app cannot start: the log cannot be used: {error}"),
            StartError::Thread(error) => {
                write!(f, "the app cannot start: no thread can be started: {}", shown_error(error))
            }
        }
    }
}

// The message has the whole reason.
impl std::error::Error for StartError {}
