//! One page of what was asked for.

use crate::log::{cursor::Cursor, error::LogError, logged::Logged, reader::Reader};

/// Pages of the backend that are looked at for one page of a question, most of whose events may not be meant.
const LOOKS: usize = 16;

/// Some events of the log, and where to go on.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LogPage<E> {
    /// The events, in the order that was asked for.
    pub events: Vec<Logged<E>>,
    /// Where the next page begins; at the end of the log, with what comes.
    pub cursor: Cursor,
    /// Whether nothing is left now.
    pub end: bool,
}

pub(super) async fn read<E>(reader: &mut Reader, limit: usize) -> Result<LogPage<E>, LogError> {
    let mut events = Vec::new();
    for _ in 0..LOOKS {
        reader.limit(limit - events.len());
        let Some(found) = reader.next().await? else { break };
        events.extend(found.into_iter().map(Logged::new));
        if events.len() >= limit {
            break;
        }
    }
    Ok(LogPage { events, cursor: reader.cursor(), end: reader.is_at_the_end() })
}
