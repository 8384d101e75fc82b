//! Users: the people who run the store.

use stheno::{Event, Extra, Payload, Secret};

use crate::{define::ids, examples::USER};

ids! {
    /// Triggered when a user is created.
    #[event(name = "user.created", key = "user:/id", section = "User Events")]
    pub struct UserCreated {
        /// ID of the user.
        id = USER,
    }

    /// Triggered when a user is updated.
    #[event(name = "user.updated", key = "user:/id", section = "User Events")]
    pub struct UserUpdated {
        /// ID of the user.
        id = USER,
    }
}

/// Triggered when a user requests to reset their password.
#[derive(Clone, PartialEq, Payload, Event)]
#[event(
    name = "user.password_reset",
    section = "User Events",
    note = "Has no id and therefore no key: an e-mail address must not become one."
)]
pub struct UserPasswordReset {
    /// E-mail address of the user.
    #[field(personal, example = "staff@example.com")]
    pub email: String,
    /// Token that resets the password.
    #[field(secret, example = "not-a-real-reset-token")]
    pub token: Secret<String>,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}

ids! {
    /// Triggered when a user is deleted.
    #[event(name = "user.deleted", key = "user:/id", section = "User Events")]
    pub struct UserDeleted {
        /// ID of the user.
        id = USER,
    }
}
