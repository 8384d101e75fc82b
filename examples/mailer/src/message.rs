//! A mail, ready to be handed over: with an id that is the same at every attempt.

use std::fmt;

use lettre::{
    Message,
    address::Envelope,
    message::{Mailbox, MultiPart, SinglePart},
};
use uuid::Uuid;

use crate::{Letter, MailError, MailErrorKind};

/// Ids of mails are made in this space (a UUIDv5 of the idempotency key).
const SPACE: Uuid = Uuid::from_u128(0x2f6a_91c4_5d0e_4b7b_9b1e_6d61_696c_0001);

/// Most characters of a label in a file name.
const MAX_LABEL: usize = 64;

/// A mail, ready to be handed over.
pub struct Mail {
    id: Uuid,
    label: String,
    recipient: String,
    envelope: Envelope,
    bytes: Vec<u8>,
}

impl Mail {
    /// Writes the mail of a letter. Headers are encoded, so that nothing in a letter can become a header of its own.
    ///
    /// # Errors
    /// [`MailErrorKind::BadAddress`] when the letter's address is none.
    pub(crate) fn compose(from: &Mailbox, letter: Letter, idempotency_key: &str) -> Result<Self, MailError> {
        let bad = |error: Box<dyn std::error::Error + Send + Sync>| {
            let message = "the address of the mail is none; correct it in the shop, then redrive";
            MailError::new(MailErrorKind::BadAddress, message).because(error)
        };
        let to = letter.to.parse().map_err(|error: lettre::address::AddressError| bad(error.into()))?;
        let id = Uuid::new_v5(&SPACE, idempotency_key.as_bytes());
        let builder = Message::builder()
            .from(from.clone())
            .to(Mailbox::new(None, to))
            .subject(on_one_line(&letter.subject))
            .message_id(Some(format!("<{id}@{}>", from.email.domain())));
        let plain = SinglePart::plain(letter.text);
        let message = match letter.html {
            None => builder.singlepart(plain),
            Some(html) => {
                // Lettre's own boundary is random, and a mail has to be the same at every attempt.
                let both = MultiPart::alternative().boundary(format!("{:x}", id.simple()));
                builder.multipart(both.singlepart(plain).singlepart(SinglePart::html(html)))
            }
        };
        let message = message.map_err(|error| bad(error.into()))?;
        let (envelope, bytes) = (message.envelope().clone(), message.formatted());
        Ok(Self { id, label: letter.label, recipient: letter.to, envelope, bytes })
    }

    /// The left side of its `Message-ID`: the same at every attempt, and in no other mail.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// What it is and which, as a file name without ending: in no other mail, because the whole id is in it. Of the label
    /// there is as much as a file name takes, with `_` in place of what does not belong there.
    pub fn file_stem(&self) -> String {
        let belongs = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let label = self.label.chars().take(MAX_LABEL).map(|c| if belongs(c) { c } else { '_' });
        format!("{}-{}", label.collect::<String>(), self.id.simple())
    }

    /// The address it goes to.
    pub fn recipient(&self) -> &str {
        &self.recipient
    }

    /// The mail as it travels, headers first.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn envelope(&self) -> &Envelope {
        &self.envelope
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("id", &self.id).field("label", &self.label).finish_non_exhaustive()
    }
}

/// lettre encodes line breaks in headers; some readers decode them again. So there are none. What turns the direction of
/// the text is left out: a subject would read otherwise than it is written.
fn on_one_line(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.chars().filter(|c| !turns(*c)).map(|c| if breaks(c) { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compose(to: &str, subject: &str, key: &str) -> Result<Mail, MailError> {
        let from = "Store <store@example.com>".parse().unwrap();
        Mail::compose(&from, Letter::new("test", to, subject, "Hello."), key)
    }

    fn text(mail: &Mail) -> String {
        String::from_utf8(mail.bytes().to_vec()).unwrap()
    }

    #[test]
    fn the_same_key_gives_the_same_id_and_another_key_another() {
        let id = |key| compose("ada@example.com", "Hi", key).unwrap().id();
        assert_eq!(id("notifications.receipt/evt_1/0"), id("notifications.receipt/evt_1/0"));
        assert_ne!(id("notifications.receipt/evt_1/0"), id("notifications.receipt/evt_1/1"));
    }

    #[test]
    fn a_subject_cannot_become_a_header() {
        for subject in ["Hi\r\nBcc: all@example.com", "Hi\nBcc: all@example.com", "Grüße\r\nBcc: all@example.com"] {
            let mail = compose("ada@example.com", subject, "key").unwrap();
            assert!(!text(&mail).to_ascii_lowercase().contains("\nbcc:"), "{}", text(&mail));
            assert_eq!(mail.envelope().to().len(), 1);
        }
    }

    #[test]
    fn a_subject_is_one_line_that_reads_as_it_is_written() {
        assert_eq!(on_one_line("a\u{202e}b\u{2066}c\u{2028}d\0e"), "abc d e");
    }

    #[test]
    fn every_mail_has_a_file_name_of_its_own_whatever_its_label() {
        let stem = |label: &str, key: &str| {
            let from = "Store <store@example.com>".parse().unwrap();
            let letter = Letter::new(label, "ada@example.com", "Hi", "Hello.");
            let mail = Mail::compose(&from, letter, key).unwrap();
            (mail.file_stem(), mail.id().simple().to_string())
        };
        for label in
            ["receipt-1042", "receipt-1.5", "../../etc/passwd", "/etc/passwd", "a\0b", "", "C:\\x", &"é".repeat(999)]
        {
            let (first, id) = stem(label, "first");
            assert!(first.ends_with(&id), "the whole id is in it: {first}");
            assert!(first.len() <= 64 + 1 + 32 && !first.contains(['/', '\\', '.', '\0', ':']), "{first}");
            assert_ne!(first, stem(label, "second").0);
        }
        let (named, id) = stem("receipt-1042", "first");
        assert_eq!(named, format!("receipt-1042-{id}"));
    }

    #[test]
    fn an_address_cannot_become_two() {
        for to in [
            "ada@example.com, all@example.com",
            "ada@example.com\r\nBcc: all@example.com",
            "ada",
            "",
            "<ada@example.com>",
        ] {
            let refused = compose(to, "Hi", "key").unwrap_err();
            assert_eq!(refused.kind(), MailErrorKind::BadAddress, "{to:?}");
            assert!(refused.is_final());
        }
    }

    #[test]
    fn debug_output_shows_nothing_of_what_it_says() {
        let letter = Letter::new("test", "ada@example.com", "Hi Ada", "token t0ken");
        let mail = compose("ada@example.com", "Hi Ada", "key").unwrap();
        let shown = format!("{letter:?} {mail:?}");
        assert!(!shown.contains("ada@") && !shown.contains("Hi Ada") && !shown.contains("t0ken"), "{shown}");
    }
}
