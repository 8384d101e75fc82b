//! Configuration: a plugin's own table, the environment over it, and an operator's policies.

use std::{num::NonZeroU32, time::Duration};

use serde::Deserialize;
use stheno::{
    App, Config, Plugin,
    app::{Problem, StartError},
    medusa::OrderPlaced,
};
use stheno_system_tests::{Seen, memory, noting, settle, subscriber};

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Mail {
    from: String,
    #[serde(default)]
    copies: u32,
    smtp: Option<Smtp>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Smtp {
    host: String,
    port: u16,
}

const FILE: &str = r#"
[plugins.mail-out]
from = "shop@example.com"

[plugins.mail-out.smtp]
host = "localhost"
port = 25
"#;

/// A plugin that says how it is configured, as an event is handled.
fn mail_out(seen: &Seen) -> Plugin {
    let seen = seen.clone();
    Plugin::new("mail-out").setup(move |setup| {
        let seen = seen.clone();
        Box::pin(async move {
            let mail: Mail = setup.config()?;
            // A subscriber that only the configuration knows of.
            setup.subscribe(subscriber("mail-out.send", "order.placed", move |_, _| {
                seen.note(format!("{mail:?}"));
                async { Ok(()) }
            }));
            Ok(())
        })
    })
}

async fn configured_by(config: Config) -> Result<String, StartError> {
    let seen = Seen::default();
    let running = App::new(memory()).config(config).plugin(mail_out(&seen)).start().await?;
    running.bus().publish(OrderPlaced::new("order_1")).await.unwrap();
    let lines = seen.at_least(1).await;
    running.stop().await;
    Ok(lines.concat())
}

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn expected(from: &str, copies: u32, host: &str, port: u16) -> String {
    format!("{:?}", Mail { from: from.into(), copies, smtp: Some(Smtp { host: host.into(), port }) })
}

#[tokio::test]
async fn a_plugin_reads_its_table_with_its_type() {
    let config = Config::parse(FILE, "stheno.toml").unwrap();
    assert_eq!(configured_by(config).await.unwrap(), expected("shop@example.com", 0, "localhost", 25));
}

#[tokio::test]
async fn the_environment_overrides_single_fields_and_can_stand_alone() {
    let config = Config::parse(FILE, "stheno.toml").unwrap().with_environment(variables(&[
        ("STHENO_PLUGIN_MAIL_OUT__COPIES", "2"),
        ("STHENO_PLUGIN_MAIL_OUT__SMTP__PORT", "2525"),
        ("HOME", "/"),
    ]));
    assert_eq!(configured_by(config).await.unwrap(), expected("shop@example.com", 2, "localhost", 2525));

    let alone = Config::default().with_environment(variables(&[
        ("STHENO_PLUGIN_MAIL_OUT__FROM", "env@example.com"),
        ("STHENO_PLUGIN_MAIL_OUT__SMTP__HOST", "mail"),
        ("STHENO_PLUGIN_MAIL_OUT__SMTP__PORT", "465"),
    ]));
    assert_eq!(configured_by(alone).await.unwrap(), expected("env@example.com", 0, "mail", 465));
}

#[tokio::test]
async fn what_the_type_does_not_have_or_cannot_hold_is_refused_with_its_place() {
    let refused = |file: &'static str, pairs: &'static [(&'static str, &'static str)]| async move {
        let config = Config::parse(file, "stheno.toml").unwrap().with_environment(variables(pairs));
        match configured_by(config).await {
            Err(StartError::Problems(problems)) => match problems.as_slice() {
                [Problem::Setup { plugin, error }] if plugin == "mail-out" => error.clone(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    };
    assert!(refused("", &[]).await.contains("from"), "a field that is missing");
    assert!(refused("[plugins.mail-out]\nfrom = 5", &[]).await.contains("stheno.toml"));
    let nested =
        refused("[plugins.mail-out]\nfrom = 'a'\n[plugins.mail-out.smtp]\nhost = 'a'\nport = 1\nprot = 2", &[]);
    assert!(nested.await.contains("smtp.prot"));
    let variable = refused(FILE, &[("STHENO_PLUGIN_MAIL_OUT__SMTP__PORT", "many")]).await;
    assert!(variable.contains("STHENO_PLUGIN_MAIL_OUT__SMTP__PORT"), "{variable}");
}

#[test]
fn a_file_that_is_no_configuration_at_all_is_refused() {
    for text in ["url = 5", "not toml"] {
        assert!(Config::parse(text, "stheno.toml").is_err(), "{text}");
    }
}

#[tokio::test]
async fn what_nobody_understands_is_refused_at_the_start_with_what_was_meant() {
    for (text, variable, meant) in [
        ("[plugin.mail-out]", "STHENO_PLUGIN_MAIL_OUT__COPIES", "`plugins`"),
        ("addres = 'memory:'", "STHENO_PLUGIN_MAIL_OUT__COPIES", "`addres`"),
        ("[subscribers.'mail-out.send']\natempts = 1", "STHENO_PLUGIN_MAIL_OUT__COPIES", "`attempts`"),
        ("", "STHENO_PLUGIN_MAIL_OTU__FROM", "`MAIL_OUT`"),
        ("", "STHENO_PLUGIN_MAIL_OUT_FROM", "STHENO_PLUGIN_<PLUGIN>__<FIELD>"),
    ] {
        let text = format!("{text}\n{FILE}");
        let config = Config::parse(&text, "stheno.toml").unwrap().with_environment(variables(&[(variable, "1")]));
        let Err(StartError::Problems(problems)) = configured_by(config).await else { panic!("{text}") };
        let [Problem::Config { message }] = problems.as_slice() else { panic!("{problems:?}") };
        assert!(message.contains(meant), "{message}");
    }
}

#[tokio::test]
async fn an_operator_changes_the_policy_of_a_subscriber_without_a_rebuild() {
    let (seen, paused) = (Seen::default(), Seen::default());
    let noted = seen.clone();
    let failing = subscriber("mail.fails", "order.placed", move |_, cx| {
        noted.note(cx.attempt().to_string());
        async { Err("it never works".into()) }
    });
    let config =
        "[subscribers.'mail.fails']\nattempts = 2\nretry_initial = '1ms'\n[subscribers.'mail.paused']\npaused = true";
    let app = App::new(memory())
        .config(Config::parse(config, "stheno.toml").unwrap())
        .subscribe(failing)
        .subscribe(noting("mail.paused", "order.placed", &paused));
    let running = app.start().await.unwrap();
    running.bus().publish(OrderPlaced::new("order_1")).await.unwrap();
    seen.at_least(2).await;
    let letters = || async { running.operator().dead_letters("mail.fails").await.unwrap() };
    let letters = stheno_system_tests::eventually(letters, |letters| !letters.is_empty()).await;
    assert_eq!(letters[0].attempts, 2);
    settle(&running).await;
    assert!(paused.lines().is_empty());
    let row = running.table().to_string().lines().find(|line| line.contains("mail.paused")).map(str::to_owned);
    assert!(row.is_some_and(|row| row.contains("paused")), "the table shows what is in force");
    running.stop().await;
}

#[tokio::test]
async fn a_policy_that_is_not_overridden_stays_as_it_was_written() {
    let written =
        subscriber("mail.send", "order.placed", |_, _| async { Ok(()) }).attempts(7).timeout(Duration::from_secs(3));
    assert_eq!(written.policy().attempts, NonZeroU32::new(7));
    let config = Config::parse("[subscribers.'mail.send']\ntimeout = '9s'", "stheno.toml").unwrap();
    let (table, _) = App::new(memory()).config(config).subscribe(written).inspect().await.unwrap();
    let row = table.to_string().lines().find(|line| line.contains("mail.send")).map(str::to_owned).unwrap();
    assert!(row.contains("7 attempts") && row.contains("timeout 9s"), "{row}");
}
