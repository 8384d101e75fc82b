//! What an operator asks is carried out.

use std::error::Error as _;

use crate::{
    backend::{BackendError, RecordName},
    delivery::{doc::DeadLetter, names},
    runtime::{
        alarm::Verdict,
        operator::command::{Asked, Command},
        store,
        subscription::worker::Worker,
    },
};

impl Worker {
    pub(super) async fn obey(&mut self, asked: Asked) {
        let now = self.now();
        // It may have been carried out since it was passed on, when the subscriber was taken over; and one that cannot be read
        // comes again.
        if self.is_carried_out(&asked.record) {
            return;
        }
        match self.around.backend.get_record(&asked.record).await {
            Ok(Some(_)) => {}
            Ok(None) => return,
            Err(error) => return self.could_not_read(&error),
        }
        match asked.command {
            Command::Redrive { sequence } | Command::Discard { sequence } => {
                let letter = match self.around.backend.get_record(&names::dead_letter(&self.id, sequence)).await {
                    Ok(letter) => letter,
                    Err(error) => return self.could_not_read(&error),
                };
                let found: Option<DeadLetter> = match letter.as_ref().map(store::parse).transpose() {
                    Ok(found) => found,
                    Err(error) => return self.refuse(asked, &error),
                };
                match (found.filter(|letter| !self.is_on_its_way(letter.sequence)), &asked.command) {
                    (Some(letter), Command::Redrive { .. }) => self.machine.redrive(&letter, now),
                    (Some(letter), _) => self.machine.discard(&letter, now),
                    (None, Command::Redrive { .. }) if self.machine.retry_now(sequence, now) => {}
                    (None, _) => tracing::warn!(subscriber = &*self.id, sequence, "there is no such dead letter"),
                }
            }
            Command::Rewind { after } => {
                let replaced = self.rewinding.replace((after, asked.clone()));
                // Of two rewinds the later one counts; it may also be the same one, passed on again.
                if let Some((_, replaced)) = replaced.filter(|(_, replaced)| replaced.record != asked.record) {
                    self.machine.carried_out(replaced.record, None);
                }
                return;
            }
            Command::Pause => self.machine.pause(true),
            Command::Resume => self.machine.pause(false),
        }
        let letter = match asked.command {
            Command::Redrive { sequence } | Command::Discard { sequence } => Some(sequence),
            _ => None,
        };
        self.machine.carried_out(asked.record, letter);
    }

    /// What a command is about could not be read. Its record stays: the command comes again, unless this does not pass.
    fn could_not_read(&self, error: &BackendError) {
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
    fn is_on_its_way(&self, sequence: u64) -> bool {
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
            let records = match self.around.backend.list_records(&names::dead_letters(&self.id)).await {
                Ok(records) => records,
                Err(error) => return self.could_not_read(&error),
            };
            let dead_letters: Vec<DeadLetter> = match records.iter().map(store::parse).collect() {
                Ok(dead_letters) => dead_letters,
                Err(error) => return self.refuse(asked, &error),
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
