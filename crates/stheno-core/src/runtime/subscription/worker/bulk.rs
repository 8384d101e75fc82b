//! Many dead letters are handed back or given up, a few at a time while events flow.
//!
//! The command stays until the last letter is recorded as gone. So nothing has to be remembered of how far it is: whoever takes the
//! subscriber over begins with the first letter that is still there. It is about those alone that were there when it was asked, which
//! their revisions say: one that fails again is left to the next command.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use tokio::task::JoinError;

use crate::{
    backend::{BackendError, Record, RecordName},
    delivery::{doc::DeadLetter, names},
    join,
    runtime::{
        operator::command::{Asked, Command, Many},
        subscription::worker::{
            READ_RETRY, Worker,
            pager::{Pager, Read},
        },
    },
};

/// Letters read at once.
const PAGE: usize = 256;
/// Letters handed back or given up before events get their turn.
const STEP: usize = 32;

/// A command about many letters that is being carried out.
pub(crate) struct Bulk {
    asked: Asked,
    many: Many,
    discards: bool,
    reading: Pager,
    /// Those that were read, and are not handed back or given up yet.
    letters: VecDeque<RecordName>,
    done: u64,
}

impl Bulk {
    /// The command, if it is one about many letters.
    pub(super) fn of(subscriber: &str, asked: &Asked) -> Option<Self> {
        let (many, discards) = match &asked.command {
            Command::RedriveAll(many) => (many.clone(), false),
            Command::DiscardAll(many) => (many.clone(), true),
            _ => return None,
        };
        let mut reading = Pager::new(names::dead_letters(subscriber), PAGE);
        reading.begin_again();
        Some(Self { asked: asked.clone(), many, discards, reading, letters: VecDeque::new(), done: 0 })
    }

    /// The letter in a record, if it is meant.
    fn meant(&self, record: &Record) -> Option<DeadLetter> {
        match self.many.letter(record, self.asked.revision) {
            Ok(letter) => letter,
            Err(error) => {
                tracing::error!(record = %record.name, %error, "a dead letter cannot be read; it stays, and the others go on");
                None
            }
        }
    }
}

/// The page of letters that is being read; never, if none is.
pub(super) async fn next_letters(bulk: &mut Option<Bulk>) -> Result<Read, JoinError> {
    match bulk {
        Some(bulk) => bulk.reading.next().await,
        None => std::future::pending().await,
    }
}

impl Worker {
    /// Whether letters can be handed back or given up now.
    pub(super) fn has_letters_to_take(&self) -> bool {
        let is_read = self.bulk.as_ref().is_some_and(|bulk| !bulk.letters.is_empty());
        is_read && self.rewinding.is_none() && self.machine.may_hand_back()
    }

    /// Takes letters that were read.
    pub(super) fn took_letters(&mut self, read: Read) {
        let Some(bulk) = &mut self.bulk else { return };
        match read {
            Ok(page) => {
                let meant = page.records.iter().filter(|record| bulk.meant(record).is_some());
                let meant: Vec<_> = meant.map(|record| record.name.clone()).collect();
                bulk.letters.extend(meant);
                bulk.reading.took(page.next);
            }
            Err(error) => {
                bulk.reading.read(&self.around.backend, &self.around.control, READ_RETRY);
                self.could_not_read(&error);
            }
        }
    }

    /// Does the next step of a command about many letters.
    pub(super) async fn take_letters(&mut self) {
        if self.has_letters_to_take() {
            if let Err(error) = self.take_some_letters().await {
                self.could_not_read(&error);
                // What could not be read is read once more.
                if let Some(bulk) = &mut self.bulk {
                    bulk.letters.clear();
                    bulk.reading.begin_again();
                    bulk.reading.read(&self.around.backend, &self.around.control, READ_RETRY);
                }
            }
            return;
        }
        let Some(bulk) = &mut self.bulk else { return };
        if !bulk.letters.is_empty() || bulk.reading.is_under_way() {
            return;
        }
        if !bulk.reading.is_over() {
            bulk.reading.read(&self.around.backend, &self.around.control, Duration::ZERO);
        } else if !self.machine.takes_letters_away() {
            tracing::info!(
                subscriber = &*self.id,
                letters = bulk.done,
                discarded = bulk.discards,
                "a command about many dead letters is carried out"
            );
            let record = bulk.asked.record.clone();
            self.machine.carried_out(record, None);
            self.end_bulk();
        }
    }

    async fn take_some_letters(&mut self) -> Result<(), BackendError> {
        let Some(bulk) = &mut self.bulk else { return Ok(()) };
        let names: Vec<_> = bulk.letters.drain(..bulk.letters.len().min(STEP)).collect();
        let backend = Arc::clone(&self.around.backend);
        // They may have gone since the page was read, and somebody may have taken the command back.
        let (command, letters) = tokio::join!(
            backend.get_record(&bulk.asked.record),
            join::all(names.iter().map(|name| backend.get_record(name)))
        );
        let letters = letters.into_iter().collect::<Result<Vec<_>, _>>()?;
        if command?.is_none() {
            tracing::info!(
                subscriber = &*self.id,
                letters = bulk.done,
                "a command about many dead letters was taken back"
            );
            self.end_bulk();
            return Ok(());
        }
        let discards = bulk.discards;
        let meant: Vec<_> = letters.iter().flatten().filter_map(|record| bulk.meant(record)).collect();
        let now = self.now();
        for letter in meant {
            if self.is_on_its_way(letter.sequence) {
                continue;
            }
            match discards {
                true => self.machine.discard(&letter, now),
                false => self.machine.redrive(&letter, now),
            }
            if let Some(bulk) = &mut self.bulk {
                bulk.done += 1;
            }
        }
        Ok(())
    }

    /// The next one may wait already.
    fn end_bulk(&mut self) {
        self.bulk = None;
        self.commands.look_again();
    }
}
