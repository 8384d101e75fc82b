//! What is asked of many dead letters at once, and how far that is.

use serde::Serialize;

use crate::{
    backend::{BackendError, BackendErrorKind, RecordError, RecordName, RecordWrite},
    delivery::names,
    runtime::{
        operator::{
            LetterFilter, Operator,
            command::{Asked, Command, Many},
        },
        store::Pages,
    },
};

/// A command about many dead letters that is not carried out to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct BulkProgress {
    /// Names it for [`Operator::take_back`].
    pub id: String,
    /// Whether it gives them up for good, and does not hand them back.
    pub discards: bool,
    /// Which dead letters it is about, of those that were there when it was asked.
    pub filter: LetterFilter,
    /// How many these were.
    pub letters: u64,
    /// How many of them are left to be handed back or given up.
    pub left: u64,
}

impl BulkProgress {
    /// How many of them are done, or gone for another reason.
    pub fn done(&self) -> u64 {
        self.letters.saturating_sub(self.left)
    }
}

impl Operator {
    /// How many dead letters of a subscriber a filter lets through. All are read, a page at a time; how many there are in all
    /// [`subscribers`](Self::subscribers) says at once.
    ///
    /// # Errors
    /// When a letter cannot be read, or the backend cannot be.
    pub async fn count_dead_letters(&self, subscriber: &str, filter: &LetterFilter) -> Result<u64, BackendError> {
        let mut count = 0;
        let mut pages = Pages::of(names::dead_letters(subscriber));
        while let Some(records) = pages.next(&**self.backend()).await? {
            for record in &records {
                count += u64::from(filter.matches(&crate::runtime::store::parse(record)?));
            }
        }
        Ok(count)
    }

    /// Hands every dead letter that a filter lets through back to the handler, with what is parked behind each. Says how many that
    /// are now; if there are none, nothing is asked.
    ///
    /// The subscriber handles other events meanwhile, and takes more letters as it gets through with these. One that fails again
    /// stays a dead letter. A restart goes on where it was. [`bulk_progress`](Self::bulk_progress) says how far it is.
    ///
    /// ```no_run
    /// # use stheno_core::runtime::operator::{LetterFilter, Operator};
    /// # async fn mails_go_again(operator: Operator) -> Result<(), stheno_core::backend::BackendError> {
    /// let letters = operator.redrive_all("receipts.send", LetterFilter::all().error("mail server")).await?;
    /// println!("{letters} dead letters are tried again");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When a letter cannot be read, no such subscriber has ever run, or the backend cannot be read or written.
    pub async fn redrive_all(&self, subscriber: &str, filter: LetterFilter) -> Result<u64, BackendError> {
        self.ask_of_many(subscriber, filter, Command::RedriveAll).await
    }

    /// Gives every dead letter that a filter lets through up for good, and hands back what is parked behind each. Says how many
    /// that are now; if there are none, nothing is asked. Otherwise like [`redrive_all`](Self::redrive_all).
    ///
    /// # Errors
    /// When a letter cannot be read, no such subscriber has ever run, or the backend cannot be read or written.
    pub async fn discard_all(&self, subscriber: &str, filter: LetterFilter) -> Result<u64, BackendError> {
        self.ask_of_many(subscriber, filter, Command::DiscardAll).await
    }

    async fn ask_of_many(
        &self,
        subscriber: &str,
        filter: LetterFilter,
        command: fn(Many) -> Command,
    ) -> Result<u64, BackendError> {
        let letters = self.count_dead_letters(subscriber, &filter).await?;
        let asked = command(Many { filter, letters });
        match letters {
            0 => self.has_run(subscriber).await?,
            _ => self.ask(subscriber, &asked).await?,
        }
        Ok(letters)
    }

    /// The commands about many dead letters of a subscriber that are not carried out to their end, in the order they were asked in,
    /// each with how far it is. All its letters are read for that, a page at a time.
    ///
    /// # Errors
    /// When a letter cannot be read, or the backend cannot be.
    pub async fn bulk_progress(&self, subscriber: &str) -> Result<Vec<BulkProgress>, BackendError> {
        let mut asked = self.bulk_commands(subscriber).await?;
        asked.sort_by(|(a, ..), (b, ..)| a.record.cmp(&b.record));
        let mut left = vec![0; asked.len()];
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let mut pages = Pages::of(names::dead_letters(subscriber));
        while let Some(records) = pages.next(&**self.backend()).await? {
            for record in &records {
                for ((asked, many, _), left) in asked.iter().zip(&mut left) {
                    *left += u64::from(many.letter(record, asked.revision)?.is_some());
                }
            }
        }
        let prefix = names::commands(subscriber);
        let progress = asked.into_iter().zip(left).map(|((asked, many, discards), left)| BulkProgress {
            id: asked.record.as_str().trim_start_matches(&prefix).to_owned(),
            discards,
            filter: many.filter,
            letters: many.letters,
            left,
        });
        Ok(progress.collect())
    }

    /// Takes a command about many dead letters back: what it has not come to stays a dead letter.
    ///
    /// # Errors
    /// When there is no such command, or none any more; or the backend cannot be read or written.
    pub async fn take_back(&self, subscriber: &str, id: &str) -> Result<(), BackendError> {
        let commands = self.bulk_commands(subscriber).await?;
        let wanted = RecordName::trusted(format!("{}{id}", names::commands(subscriber)));
        if !commands.iter().any(|(asked, ..)| asked.record == wanted) {
            let message = format!(
                "`{id}` is no command about many dead letters of `{subscriber}`: it may be carried out already; the progress \
                 shows those that are not"
            );
            return Err(BackendError::new(BackendErrorKind::Other, message));
        }
        match self.backend().write_records(vec![RecordWrite::delete(wanted)]).await {
            // Without an expectation there is no conflict.
            Ok(_) | Err(RecordError::Conflict { .. }) => Ok(()),
            Err(RecordError::Backend(error)) => Err(error),
        }
    }

    async fn bulk_commands(&self, subscriber: &str) -> Result<Vec<(Asked, Many, bool)>, BackendError> {
        let mut found = Vec::new();
        let mut pages = Pages::of(names::commands(subscriber));
        while let Some(records) = pages.next(&**self.backend()).await? {
            for record in records.iter().filter(|record| names::commanded(&record.name).as_deref() == Some(subscriber))
            {
                // One that cannot be read is left to whoever carries commands out.
                let Ok(asked) = Asked::read(record) else { continue };
                match asked.command.clone() {
                    Command::RedriveAll(many) => found.push((asked, many, false)),
                    Command::DiscardAll(many) => found.push((asked, many, true)),
                    _ => {}
                }
            }
        }
        Ok(found)
    }
}
