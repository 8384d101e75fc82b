//! What can go wrong in a test app, beside the assertions of the test.

use stheno_core::{
    ConfigError, DecodeError, PublishAllError, PublishError,
    app::{StartError, running::NotSettled},
    backend::BackendError,
};

/// A test app that could not do what the test asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TestError {
    /// Something is wrong with the app; the error lists all of it.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An event of the test was refused.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// Not all of several events of the test were published.
    #[error(transparent)]
    PublishAll(#[from] PublishAllError),
    /// A subscriber did not come to rest; the error says which one, and what it was doing.
    #[error(transparent)]
    NotSettled(#[from] NotSettled),
    /// A command was not carried out: no app runs the subscriber, or it has too much to do.
    #[error("subscriber `{subscriber}` has not carried out what it was asked; does this app run it?")]
    NotCarriedOut {
        /// The subscriber.
        subscriber: String,
    },
    /// The log could not be read or written.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// An event that a handler published is not what its type documents.
    #[error("event {sequence} of the log is not what its type documents: {reason}")]
    Decode {
        /// The event.
        sequence: u64,
        /// Which field is at fault.
        reason: DecodeError,
    },
    /// The test app was given a setting twice, or one that cannot be meant.
    #[error("the test app: {mistake}")]
    Setting {
        /// Which one, and what to do.
        mistake: &'static str,
    },
    /// An event is not in the log, or not yet.
    #[error("the event {id} is not in the log; was it published with a delay that has not passed?")]
    NotInTheLog {
        /// Its id.
        id: String,
    },
}
