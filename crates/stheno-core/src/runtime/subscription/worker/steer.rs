//! What an operator asks is carried out.

use std::{error::Error as _, sync::Arc};

use crate::{
    backend::{Backend, BackendError, Record, RecordName},
    delivery::{doc::DeadLetter, names},
    join,
    runtime::{
        alarm::Verdict,
        operator::command::{Asked, Command},
        store,
        subscription::worker::{Worker, bulk::Bulk},
    },
};

/// Commands obeyed before events get their turn.
const STEP: usize = 16;

/// What a command is about, as it is now.
struct Found {
    /// Whether its record is still there.
    is_there: bool,
    letter: Option<Record>,
}

async fn find(backend: &Arc<dyn Backend>, subscriber: &str, asked: &Asked) -> Result<Found, BackendError> {
    let is_there = backend.get_record(&asked.record).await?.is_some();
    let letter = match asked.command.letter().filter(|_| is_there) {
        Some(sequence) => backend.get_record(&names::dead_letter(subscriber, sequence)).await?,
        None => None,
    };
    Ok(Found { is_there, letter })
}

impl Worker {
    /// Whether something that was asked can be done now.
    pub(super) fn has_to_obey(&self) -> bool {
        self.can_obey() || self.has_letters_to_take()
    }

    fn can_obey(&self) -> bool {
        self.commands.has_some() && self.machine.has_room_for_commands()
    }

    /// Does the next few things that were asked.
    pub(super) async fn obey_some(&mut self) {
        if self.can_obey() {
            let asked = self.commands.take(STEP);
            self.obey(asked).await;
        }
        self.take_letters().await;
        self.commands.read_on(&self.around.backend, &self.around.control);
    }

    /// Obeys commands, in their order.
    pub(super) async fn obey(&mut self, asked: Vec<Asked>) {
        // What an operator asks by the thousand costs a few trips, and not one for each.
        let (backend, id) = (Arc::clone(&self.around.backend), Arc::clone(&self.id));
        let found = join::all(asked.iter().map(|asked| find(&backend, &id, asked))).await;
        for (asked, found) in asked.into_iter().zip(found) {
            match found {
                Ok(found) => self.obey_one(asked, found),
                Err(error) => self.could_not_read(&error),
            }
        }
    }

    fn obey_one(&mut self, asked: Asked, found: Found) {
        let now = self.now();
        // It may have been carried out since it was read.
        if !found.is_there || self.is_carried_out(&asked.record) {
            return;
        }
        match asked.command {
            Command::Redrive { sequence } | Command::Discard { sequence } => {
                let letter: Option<DeadLetter> = match found.letter.as_ref().map(store::parse).transpose() {
                    Ok(letter) => letter,
                    Err(error) => return self.refuse(asked, &error),
                };
                match (letter.filter(|letter| !self.is_on_its_way(letter.sequence)), &asked.command) {
                    (Some(letter), Command::Redrive { .. }) => self.machine.redrive(&letter, now),
                    (Some(letter), _) => self.machine.discard(&letter, now),
                    (None, Command::Redrive { .. }) if self.machine.retry_now(sequence, now) => {}
                    (None, _) => tracing::warn!(subscriber = &*self.id, sequence, "there is no such dead letter"),
                }
            }
            Command::RedriveAll(_) | Command::DiscardAll(_) => {
                // One after the other: the next one is read again when this one is done.
                if self.bulk.is_none() {
                    self.bulk = Bulk::of(&self.id, &asked);
                }
                return;
            }
            Command::Rewind { after } => {
                let replaced = self.rewinding.replace((after, asked.clone()));
                // Of two rewinds the later one counts; it may also be the same one, read again.
                if let Some((_, replaced)) = replaced.filter(|(_, replaced)| replaced.record != asked.record) {
                    self.machine.carried_out(replaced.record, None);
                }
                return;
            }
            Command::Pause => self.machine.pause(true),
            Command::Resume => self.machine.pause(false),
        }
        let letter = asked.command.letter();
        self.machine.carried_out(asked.record, letter);
    }

    /// What a command is about could not be read. Its record stays: the command comes again, unless this does not pass.
    pub(super) fn could_not_read(&self, error: &BackendError) {
        if self.around.alarm.judge(error) == Verdict::Retry {
            tracing::warn!(subscriber = &*self.id, %error, "what a command is about could not be read; it is tried again");
        }
    }

    /// Gives a command up because a dead letter that it is about cannot be read. Nothing of it was done.
    fn refuse(&mut self, asked: Asked, error: &BackendError) {
        let cause = error.source().map(ToString::to_string);
        tracing::error!(
            subscriber = &*self.id, command = ?asked.command, %error, cause,
            "a command is refused, because a dead letter cannot be read; the letter stays, and the subscriber goes on"
        );
        self.machine.carried_out(asked.record, None);
    }

    /// Whether a command was carried out whose record is still there, until what it changed is written.
    fn is_carried_out(&self, command: &RecordName) -> bool {
        let being_written = self.writing.as_ref().is_some_and(|writing| writing.commit.commands.contains(command));
        being_written || self.machine.is_carried_out(command)
    }

    /// Whether a dead letter was taken away whose record is still there.
    pub(super) fn is_on_its_way(&self, sequence: u64) -> bool {
        let being_written = self.writing.as_ref().is_some_and(|writing| writing.commit.undead.contains(&sequence));
        self.machine.is_on_its_way(sequence, being_written)
    }

    /// Rewinds once nothing is under way.
    pub(super) async fn rewind_when_quiet(&mut self) {
        if self.rewinding.is_none() {
            return;
        }
        // What has gathered counts as under way; the next turn ends a worker without its lease.
        if self.begin_gathered().is_err() {
            return;
        }
        let is_alone = self.machine.is_alone() && !self.machine.waits_to_be_alone();
        if self.machine.is_busy() || is_alone || self.writing.is_some() {
            return;
        }
        if let Some((after, asked)) = self.rewinding.take() {
            let dead_letters = match store::dead_sequences(&*self.around.backend, &self.id).await {
                Ok(Ok(dead_letters)) => dead_letters,
                Ok(Err(error)) => return self.refuse(asked, &error),
                Err(error) => return self.could_not_read(&error),
            };
            // A suspect that has not been started is given up, and the leave for it: nothing is begun before the rewind.
            self.machine.forget_alone();
            self.leave = None;
            self.machine.rewind(after, &dead_letters);
            self.attempts.set_run(self.machine.run());
            self.machine.carried_out(asked.record, None);
            self.current = None;
            self.feed = self.around.intake.feed(&self.around.control, self.patterns.clone(), after);
        }
    }
}
