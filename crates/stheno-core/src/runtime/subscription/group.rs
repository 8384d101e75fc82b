//! Events for one call of a handler that takes batches.

use crate::delivery::Attempt;

/// Events for one call.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) attempts: Vec<Attempt>,
    /// How many of their calls before this failed together with others.
    pub(crate) earlier: u32,
}

impl Group {
    /// The same in groups of at most so many, in their order.
    pub(crate) fn in_parts(self, together: usize) -> Vec<Self> {
        let Self { attempts, earlier } = self;
        let mut parts: Vec<Self> = Vec::with_capacity(attempts.len().div_ceil(together.max(1)));
        for attempt in attempts {
            match parts.last_mut() {
                Some(part) if part.attempts.len() < together => part.attempts.push(attempt),
                _ => parts.push(Self { attempts: vec![attempt], earlier }),
            }
        }
        parts
    }
}
