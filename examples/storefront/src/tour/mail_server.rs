//! A mail server that is made up, so that the tour can show a mail that fails: it writes files, is busy once for each
//! mail to `busy.example`, and knows nobody at `refused.example`.

use std::{
    collections::HashSet,
    path::Path,
    sync::{Mutex, PoisonError},
};

use plugin_notifications::{Mail, MailError, MailErrorKind, Transport, mail::Outbox};
use stheno::async_trait;

pub(super) struct MailServer {
    outbox: Outbox,
    /// The mails it was busy for.
    put_off: Mutex<HashSet<String>>,
}

impl MailServer {
    pub(super) fn open(folder: &Path) -> Result<Self, MailError> {
        Ok(Self { outbox: Outbox::open(folder)?, put_off: Mutex::default() })
    }

    fn puts_off(&self, mail: &Mail) -> bool {
        let mut put_off = self.put_off.lock().unwrap_or_else(PoisonError::into_inner);
        mail.recipient().ends_with("@busy.example") && put_off.insert(mail.file_stem())
    }
}

#[async_trait]
impl Transport for MailServer {
    async fn deliver(&self, mail: &Mail) -> Result<(), MailError> {
        if mail.recipient().ends_with("@refused.example") {
            let message = "the mail server refused the mail for good (550 5.1.1)";
            return Err(MailError::new(MailErrorKind::Rejected { code: 550 }, message));
        }
        // A receipt is put off once, so that the rest of the story does not wait.
        if mail.file_stem().starts_with("receipt") && self.puts_off(mail) {
            let message = "the mail server does not take the mail now (451 4.3.2)";
            return Err(MailError::new(MailErrorKind::Busy { code: 451 }, message));
        }
        self.outbox.deliver(mail).await
    }
}
