//! Invites: somebody is asked to join the people who run the store.

use stheno::{Event, Extra, Payload, Secret};

use crate::examples::INVITE;

/// Triggered when an invite is created for a user to join the admin team.
#[derive(Clone, PartialEq, Payload, Event)]
#[event(
    name = "invite.created",
    key = "invite:/id",
    section = "Invite Events",
    note = "Also sent when an invite is sent again."
)]
pub struct InviteCreated {
    /// ID of the invite.
    #[field(example = INVITE)]
    pub id: String,
    /// Token that accepts the invite.
    #[field(secret, example = "not-a-real-invite-token")]
    pub token: Secret<String>,
    /// E-mail address of the invited user.
    #[field(personal, example = "new-colleague@example.com")]
    pub user_email: String,
    /// Fields that nobody documented.
    #[field(extra)]
    pub extra: Extra,
}
