//! Notes that staff attach to orders and other things.

use crate::{define::ids, examples::NOTE};

ids! {
    /// Triggered when a note is created.
    #[event(name = "note.created", key = "note:/id", section = "Note Events")]
    pub struct NoteCreated {
        /// ID of the note.
        id = NOTE,
    }

    /// Triggered when a note is updated.
    #[event(name = "note.updated", key = "note:/id", section = "Note Events")]
    pub struct NoteUpdated {
        /// ID of the note.
        id = NOTE,
    }

    /// Triggered when a note is deleted.
    #[event(name = "note.deleted", key = "note:/id", section = "Note Events")]
    pub struct NoteDeleted {
        /// ID of the note.
        id = NOTE,
    }
}
