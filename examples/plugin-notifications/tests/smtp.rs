//! The mailer against a real mail server: what it takes, what it refuses, and what that means for the event.

#[path = "support/smtp_server.rs"]
mod smtp_server;
mod support;

use commerce::{FixtureCommerce, Line, Order};
use plugin_notifications::{
    MailErrorKind, Mailer,
    config::{Config, Encryption, Shop, Smtp},
    mail::Letter,
};
use smtp_server::SmtpServer;
use stheno::{delivery::why::Why, medusa::OrderPlaced};
use support::{LIMIT, start};

fn mailer(port: u16, encryption: Encryption) -> Mailer {
    mailer_for(Smtp { host: "127.0.0.1".into(), port: Some(port), encryption, ca: None, user: None, password: None })
}

fn mailer_for(smtp: Smtp) -> Mailer {
    let shop = Shop { name: "Store".into(), url: "https://store.example".into(), admin_url: String::new() };
    let from = "Store <store@example.com>".into();
    Mailer::new(&Config { from, outbox: "unused".into(), shop, smtp: Some(smtp) }.mail()).unwrap()
}

fn letter(to: &str) -> Letter {
    Letter::new("test", to, "Grüße", "First line.\n.\nA line of one dot is above.\n")
}

#[tokio::test]
async fn a_mail_arrives_whole_and_with_its_id() {
    let server = SmtpServer::start(&[]);
    mailer(server.port, Encryption::None)
        .send(letter("ada@example.com"), "notifications.receipt/evt_1/0")
        .await
        .unwrap();
    let taken = server.taken();
    let [mail] = &taken[..] else { panic!("one mail, got {}", taken.len()) };
    assert!(mail.starts_with("X-Envelope: store@example.com ada@example.com\r\n"), "{mail}");
    assert!(mail.contains("First line.\r\n.\r\nA line of one dot is above."), "{mail}");
    assert!(mail.contains("Message-ID: <"), "{mail}");
}

#[tokio::test]
async fn a_second_attempt_has_the_id_of_the_first() {
    let server = SmtpServer::start(&[]);
    let mailer = mailer(server.port, Encryption::None);
    for _ in 0..2 {
        mailer.send(letter("ada@example.com"), "key").await.unwrap();
    }
    let id = |mail: &String| mail.lines().find(|line| line.starts_with("Message-ID:")).unwrap().to_owned();
    let mut ids: Vec<_> = server.taken().iter().map(id).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1);
}

#[tokio::test]
async fn a_mailbox_that_does_not_exist_is_given_up_without_naming_it() {
    let server = SmtpServer::start(&[]);
    let refused = mailer(server.port, Encryption::None).send(letter("nobody@example.com"), "key").await.unwrap_err();
    assert_eq!(refused.kind(), MailErrorKind::Rejected { code: 550 });
    assert!(refused.is_final());
    let said = stheno::Failure::new(refused).chain().join(": ");
    assert!(said.contains("550 5.1.1") && !said.contains("nobody"), "{said}");
    assert!(server.taken().is_empty());
}

#[tokio::test]
async fn a_busy_server_is_tried_again() {
    let server = SmtpServer::start(&[]);
    let busy = mailer(server.port, Encryption::None).send(letter("busy@example.com"), "key").await.unwrap_err();
    assert_eq!(busy.kind(), MailErrorKind::Busy { code: 451 });
    assert!(!busy.is_final());
}

#[tokio::test]
async fn a_server_that_does_not_let_us_in_is_tried_again() {
    let server = SmtpServer::start(&["--auth"]);
    let locked = mailer(server.port, Encryption::None).send(letter("ada@example.com"), "key").await.unwrap_err();
    assert_eq!(locked.kind(), MailErrorKind::NotLetIn { code: 530 });
    assert!(!locked.is_final());
}

#[tokio::test]
async fn a_server_that_is_down_is_tried_again() {
    let port = SmtpServer::start(&[]).port;
    let down = mailer(port, Encryption::None).send(letter("ada@example.com"), "key").await.unwrap_err();
    assert_eq!(down.kind(), MailErrorKind::Unreachable);
    assert!(!down.is_final());
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn a_server_that_offers_no_encryption_gets_no_mail_when_it_must() {
    let server = SmtpServer::start(&[]);
    let clear = mailer(server.port, Encryption::StartTls).send(letter("ada@example.com"), "key").await.unwrap_err();
    assert!(!clear.is_final());
    assert!(server.taken().is_empty());
}

/// Encrypted, with the password that is given.
#[cfg(feature = "tls")]
fn encrypted(port: u16, ca: Option<&str>, password: &str) -> Mailer {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/tls");
    mailer_for(Smtp {
        host: "127.0.0.1".into(),
        port: Some(port),
        encryption: Encryption::StartTls,
        ca: ca.map(|file| folder.join(file)),
        user: Some("store".into()),
        password: Some(stheno::Secret::new(password.to_owned())),
    })
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn a_mail_goes_encrypted_to_a_server_that_asks_for_a_password() {
    let server = SmtpServer::start(&["--starttls", "--auth"]);
    let mailer = encrypted(server.port, Some("ca.pem"), "secret");
    mailer.send(letter("ada@example.com"), "key").await.unwrap();
    assert_eq!(server.taken().len(), 1);

    let locked_out = encrypted(server.port, Some("ca.pem"), "guess");
    let locked_out = locked_out.send(letter("bob@example.com"), "key").await.unwrap_err();
    assert_eq!(locked_out.kind(), MailErrorKind::NotLetIn { code: 535 });
    assert!(!stheno::Failure::new(locked_out).chain().join(": ").contains("guess"));
    assert_eq!(server.taken().len(), 1);
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn a_server_whose_certificate_nobody_vouches_for_gets_neither_mail_nor_password() {
    let server = SmtpServer::start(&["--starttls", "--auth"]);
    let stranger = encrypted(server.port, None, "secret").send(letter("ada@example.com"), "key").await.unwrap_err();
    assert_eq!(stranger.kind(), MailErrorKind::Unreachable);
    assert!(server.taken().is_empty());
}

#[tokio::test]
async fn an_event_is_delivered_retried_or_given_up_as_the_server_answers() {
    let server = SmtpServer::start(&[]);
    let order =
        |id: &str, to: &str| Order::new(id, 1, to, "eur").line(Line::new("item_1", "Tee", "variant_1", 1, 1950));
    let shop = FixtureCommerce::new()
        .with_order(order("order_1", "ada@example.com"))
        .with_order(order("order_2", "nobody@example.com"))
        .with_order(order("order_3", "relents@example.com"));
    let patience = "[subscribers.'notifications.receipt']\nretry_initial = '10ms'\nretry_cap = '50ms'\n";
    let running = start(shop, None, &format!("{}{patience}", server.config())).await;
    for id in ["order_1", "order_2", "order_3"] {
        running.bus().publish(OrderPlaced::new(id)).await.unwrap();
    }
    let why = async |sequence| running.operator().why("notifications.receipt", sequence).await.unwrap();
    let retried = async {
        while why(3).await != Why::Handled {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LIMIT, retried).await.expect("the third mail is taken at the second attempt");
    running.settle(LIMIT).await.unwrap();

    assert_eq!(why(1).await, Why::Handled);
    assert!(matches!(why(2).await, Why::Dead(letter) if letter.attempts == 1));
    let mut recipients: Vec<_> = server.taken().iter().map(|mail| mail.lines().next().unwrap().to_owned()).collect();
    recipients.sort();
    assert_eq!(
        recipients,
        ["X-Envelope: store@example.com ada@example.com", "X-Envelope: store@example.com relents@example.com"]
    );
    running.stop().await;
}
