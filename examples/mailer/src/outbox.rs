//! A directory with a file for each mail: what happens until a mail server is configured.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use stheno::async_trait;

use crate::{Mail, MailError, MailErrorKind, Transport};

/// A directory with a file for each mail. A mail that comes twice is one file.
#[derive(Debug, Clone)]
pub struct Outbox {
    folder: PathBuf,
}

impl Outbox {
    /// The outbox in this directory, which is made if it is not there. Only its owner can read the mails.
    ///
    /// # Errors
    /// [`MailErrorKind::Configuration`] when the directory cannot be made.
    pub fn open(folder: &Path) -> Result<Self, MailError> {
        make_private(folder).map_err(|error| {
            // Where it is may be said by a variable, and those are not shown.
            let message = "the directory that `outbox` names cannot be made; correct `outbox`";
            MailError::new(MailErrorKind::Configuration, message).because(error)
        })?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// The file of a mail.
    pub fn path_of(&self, mail: &Mail) -> PathBuf {
        self.folder.join(mail.file_stem()).with_extension("eml")
    }
}

#[async_trait]
impl Transport for Outbox {
    async fn deliver(&self, mail: &Mail) -> Result<(), MailError> {
        let (path, bytes) = (self.path_of(mail), mail.bytes().to_vec());
        let written = tokio::task::spawn_blocking(move || write_whole(&path, &bytes)).await;
        let written = written.unwrap_or_else(|error| Err(io::Error::other(error)));
        written.map_err(|error| {
            let message = "the mail cannot be written to the directory that `outbox` names";
            MailError::new(MailErrorKind::Outbox, message).because(error)
        })
    }
}

/// Writes the file beside its place and moves it there, so that nobody ever sees half a mail.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("part");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Letter;

    fn mail(key: &str) -> Mail {
        let from = "Store <store@example.com>".parse().unwrap();
        Mail::compose(&from, Letter::new("receipt-7", "ada@example.com", "Hi", "Hello."), key).unwrap()
    }

    fn files(folder: &Path) -> Vec<PathBuf> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    #[tokio::test]
    async fn a_mail_that_comes_twice_is_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(folder.path()).unwrap();
        // Composed once: a mail has the second in which it was.
        let (first, second) = (mail("first"), mail("second"));
        for mail in [&first, &first, &second] {
            outbox.deliver(mail).await.unwrap();
        }
        assert_eq!(files(folder.path()).len(), 2);
        assert_eq!(fs::read(outbox.path_of(&first)).unwrap(), first.bytes());
    }

    #[test]
    fn mails_whose_ids_begin_alike_are_two_files() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(folder.path()).unwrap();
        let labelled = |label: &str, key: &str| {
            let from = "Store <store@example.com>".parse().unwrap();
            let mail = Mail::compose(&from, Letter::new(label, "ada@example.com", "Hi", "Hello."), key).unwrap();
            outbox.path_of(&mail)
        };
        let path = labelled("receipt-1.5", "first");
        assert_ne!(path, labelled("receipt-1.5", "second"));
        assert!(path.file_stem().unwrap().len() > 32 && path.extension().unwrap() == "eml", "{}", path.display());
        assert_eq!(labelled("../../outside", "first").parent().unwrap(), folder.path());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn nobody_else_can_read_a_mail() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(&folder.path().join("mails")).unwrap();
        outbox.deliver(&mail("key")).await.unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder.path().join("mails")), 0o700);
        assert_eq!(mode(&outbox.path_of(&mail("key"))), 0o600);
    }

    #[tokio::test]
    async fn an_outbox_that_goes_away_is_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(&folder.path().join("mails")).unwrap();
        fs::remove_dir(folder.path().join("mails")).unwrap();
        let failed = outbox.deliver(&mail("key")).await.unwrap_err();
        assert_eq!(failed.kind(), MailErrorKind::Outbox);
        assert!(!failed.is_final());
    }

    #[test]
    fn an_outbox_that_cannot_be_made_is_refused_at_the_start() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let refused = Outbox::open(&file.path().join("mails")).unwrap_err();
        assert_eq!(refused.kind(), MailErrorKind::Configuration);
    }
}
