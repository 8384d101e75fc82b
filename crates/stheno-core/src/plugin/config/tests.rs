//! What a configuration means, and what is said of one that cannot be.

use std::collections::HashMap;

use super::*;
use crate::Secret;

#[derive(Debug, Deserialize, PartialEq)]
struct Receipts {
    from: String,
    #[serde(default)]
    smtp: Option<Smtp>,
}

#[derive(Debug, Deserialize, PartialEq)]
pub(super) struct Smtp {
    port: u16,
}

pub(super) fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn the_environment_overrides_the_file() {
    let config =
        Config::parse("[plugins.receipts]\nfrom = 'a@x'\n[plugins.receipts.smtp]\nport = 25", "stheno.toml").unwrap();
    let config = config.with_environment(variables(&[
        ("STHENO_PLUGIN_RECEIPTS__SMTP__PORT", "2525"),
        ("STHENO_PLUGIN_RECEIPTS__FROM", "b@x"),
        ("PATH", "/bin"),
    ]));
    let receipts: Receipts = config.plugin("receipts").unwrap();
    assert_eq!(receipts, Receipts { from: "b@x".into(), smtp: Some(Smtp { port: 2525 }) });
}

#[test]
fn unknown_keys_are_refused_by_name() {
    let config = Config::parse("[plugins.receipts]\nfrom = 'a'\nform = 'b'", "stheno.toml").unwrap();
    let refused = config.plugin::<Receipts>("receipts").unwrap_err().to_string();
    assert!(refused.contains("form"), "{refused}");
    let misspelt = Config::parse("[plugins.receipts]\nform = 'b'", "stheno.toml").unwrap();
    let misspelt = misspelt.plugin::<Receipts>("receipts").unwrap_err().to_string();
    assert!(misspelt.contains("missing field `from`") && misspelt.contains("`form`"), "{misspelt}");
}

#[test]
fn every_mistake_of_a_file_is_said_and_not_only_the_first() {
    let text = "plugin = 1\nplugins.receipts = 2\n[subscribers]\n'receipts.send' = 3\n\
                [subscribers.'receipts.resend']\natempts = 20\ntimeout = 60\npaused = true\n";
    let config = Config::parse(text, "stheno.toml").unwrap();
    let mistakes = config.mistakes().join("\n");
    assert_eq!(config.mistakes().len(), 5, "{mistakes}");
    for said in ["did you mean `plugins`?", "[plugins.receipts]", "[subscribers.\"receipts.send\"]"] {
        assert!(mistakes.contains(said), "{said}: {mistakes}");
    }
    assert!(mistakes.contains("unknown key `atempts`; did you mean `attempts`?"), "{mistakes}");
    assert!(mistakes.contains("`timeout` is a whole number"), "{mistakes}");
    let mut policy = crate::subscriber::policy::Policy::default();
    config.policy("receipts.resend").unwrap().apply(&mut policy);
    assert!(policy.paused, "what is right stays");
}

#[test]
fn an_address_that_is_no_text_is_refused() {
    let refused = Config::parse("url = 5", "stheno.toml").unwrap_err().to_string();
    assert!(refused.starts_with("stheno.toml: `url`"), "{refused}");
}

#[test]
fn variables_of_a_plugin_that_is_not_enabled_are_found() {
    let config = Config::default().with_environment(variables(&[
        ("STHENO_PLUGIN_RECEIPTS__FROM", "a"),
        ("STHENO_PLUGIN_RECEITS__FROM", "a"),
        ("STHENO_PLUGIN_RECEIPTS_FROM", "a"),
    ]));
    let strangers = config.strangers(&["receipts"], &[]);
    assert_eq!(strangers.len(), 2, "{strangers:?}");
    assert!(strangers[0].contains("did you mean `RECEIPTS`?"), "{strangers:?}");
    assert!(strangers[1].contains("STHENO_PLUGIN_<PLUGIN>__<FIELD>"), "{strangers:?}");
}

#[test]
fn tables_that_belong_to_nothing_are_found() {
    let config =
        Config::parse("[plugins.receits]\n[subscribers.'receipts.sent']\npaused = true", "stheno.toml").unwrap();
    let strangers = config.strangers(&["receipts"], &["receipts.send"]);
    assert_eq!(strangers.len(), 2);
    assert!(strangers.iter().all(|line| line.contains("did you mean")), "{strangers:?}");
}

/// What a plugin reads of these variables, each the field of a plugin `x`.
pub(super) fn read<T: DeserializeOwned>(file: &str, fields: &[(&str, &str)]) -> Result<T, String> {
    let variables = fields.iter().map(|(field, text)| (format!("STHENO_PLUGIN_X__{field}"), (*text).to_owned()));
    let config = Config::parse(file, "stheno.toml").unwrap().with_environment(variables);
    config.plugin("x").map_err(|error| error.to_string())
}

/// Texts that TOML would read as something else, or not at all.
const TEXTS: [&str; 18] = [
    "48151623",
    "007",
    "1e5",
    "-1",
    "true",
    "\"quoted\"",
    "'single'",
    "a#b",
    "5 # five",
    "",
    " padded ",
    "line\nbreak",
    "[1]",
    "{a=1}",
    "2026-11-22",
    "nan",
    "0x1f",
    "p%ss=w\\rd",
];

#[test]
fn a_text_field_takes_the_text_of_a_variable_as_it_is() {
    #[derive(Debug, Deserialize)]
    struct X {
        secret: Secret<String>,
        plain: String,
        maybe: Option<Secret<String>>,
        nested: Nested,
    }
    #[derive(Debug, Deserialize)]
    struct Nested {
        by_name: HashMap<String, String>,
    }
    for text in TEXTS {
        let fields = [("SECRET", text), ("PLAIN", text), ("MAYBE", text), ("NESTED__BY_NAME__A", text)];
        let x: X = read("[plugins.x]\nplain = 'b'", &fields).unwrap();
        assert_eq!(x.secret.expose(), text);
        assert_eq!((x.plain.as_str(), x.maybe.unwrap().expose().as_str()), (text, text));
        assert_eq!(x.nested.by_name["a"], text);
    }
}

#[test]
fn behind_a_flattened_field_a_text_is_a_text_and_a_number_a_number() {
    #[derive(Debug, Deserialize)]
    struct X {
        #[serde(flatten)]
        inner: Inner,
    }
    #[derive(Debug, Deserialize)]
    struct Inner {
        secret: Secret<String>,
        port: u16,
        on: bool,
    }
    for text in TEXTS {
        let x: X = read("", &[("SECRET", text), ("PORT", "25"), ("ON", "true")]).unwrap();
        assert_eq!((x.inner.secret.expose().as_str(), x.inner.port, x.inner.on), (text, 25, true));
    }
    let refused = read::<X>("", &[("SECRET", "48151623"), ("PORT", "81726354"), ("ON", "true")]).unwrap_err();
    assert!(!refused.contains("48151623") && !refused.contains("81726354"), "{refused}");
}

#[test]
fn other_fields_take_what_the_text_writes() {
    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Mode {
        Fast,
        Slow { wait: u8 },
    }
    #[derive(Debug, Deserialize, PartialEq)]
    struct X {
        number: u16,
        signed: i64,
        large: Option<u128>,
        ratio: f64,
        on: bool,
        texts: Vec<String>,
        numbers: Vec<u8>,
        pairs: Vec<(String, u8)>,
        mode: Mode,
        other: Mode,
        smtp: Smtp,
        by_number: HashMap<u8, String>,
        any: Vec<toml::Value>,
    }
    let fields = [
        ("NUMBER", "0025"),
        ("SIGNED", "-1_000"),
        ("LARGE", "18446744073709551616"),
        ("RATIO", "1e5"),
        ("ON", " true "),
        ("TEXTS", "[\"a#\", 48151623, 1e5]"),
        ("NUMBERS", "[\n 1, 2,\n]"),
        ("PAIRS", "[[\"a\", 1]]"),
        ("MODE", "fast"),
        ("OTHER", "{ slow = { wait = 3 } }"),
        ("SMTP", "{ port = 25 }"),
        ("BY_NUMBER__7", "seven"),
        ("ANY", "[1, true, \"1\"]"),
    ];
    let x: X = read("", &fields).unwrap();
    let text = |text: &str| text.to_owned();
    assert_eq!((x.number, x.signed, x.large, x.ratio, x.on), (25, -1000, Some(1 << 64), 1e5, true));
    assert_eq!(
        (x.texts, x.numbers, x.pairs),
        (vec![text("a#"), text("48151623"), text("1e5")], vec![1, 2], vec![(text("a"), 1)])
    );
    assert_eq!((x.mode, x.other, x.smtp), (Mode::Fast, Mode::Slow { wait: 3 }, Smtp { port: 25 }));
    assert_eq!(x.by_number[&7], "seven");
    assert_eq!(x.any, [toml::Value::Integer(1), toml::Value::Boolean(true), toml::Value::String("1".into())]);
}

/// A type that says in its error what it was given.
#[derive(Debug)]
struct Told;

impl<'de> Deserialize<'de> for Told {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Err(serde::de::Error::custom(format!("`{text}` is refused")))
    }
}

#[test]
fn no_error_shows_the_value_of_a_variable_and_each_names_the_field() {
    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Mode {
        Fast,
    }
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only read")]
    struct X {
        #[serde(default)]
        number: Option<u16>,
        #[serde(default)]
        ratio: Option<f32>,
        #[serde(default)]
        on: Option<Secret<bool>>,
        #[serde(default)]
        list: Option<Vec<u8>>,
        #[serde(default)]
        mode: Option<Mode>,
        #[serde(default)]
        told: Option<Told>,
        #[serde(default)]
        smtp: Option<Smtp>,
        #[serde(default)]
        any: Option<Any>,
    }
    #[derive(Debug, Deserialize)]
    #[serde(untagged)]
    #[allow(dead_code, reason = "only read")]
    enum Any {
        Number(u8),
        Table(Smtp),
    }
    for text in [
        "s3cret",
        "81726354",
        "[81726354, 81726354]",
        "{ s3cret = 81726354 }",
        "{ port = 81726354 }",
        "8172.6354",
        "s3cret\n",
    ] {
        for field in ["NUMBER", "RATIO", "ON", "LIST", "MODE", "TOLD", "SMTP", "ANY", "SMTP__PORT", "S"] {
            let Err(refused) = read::<X>("", &[(field, text)]) else {
                assert!(field == "RATIO", "{field} takes {text}");
                continue;
            };
            assert!(!refused.contains("s3cret") && !refused.contains("8172"), "{field} {text}: {refused}");
            assert!(refused.contains(&format!("STHENO_PLUGIN_X__{field}")), "{refused}");
        }
    }
    let table = "[plugins.x]\ntold = 'a word'";
    let refused = read::<X>(table, &[]).unwrap_err();
    assert!(!refused.contains("a word"), "one of the file may be a secret too: {refused}");
    assert!(refused.contains("stheno.toml: line 2: `told` is not a `Option<Told>`"), "{refused}");
}

#[test]
fn no_error_of_the_file_shows_the_value_of_a_secret() {
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only read")]
    struct X {
        secret: Secret<String>,
        told: Option<Secret<Told>>,
    }
    for file in
        ["secret = 48151623", "secret = ['s3cret']", "secret = 'a'\ntold = 's3cret'", "secret = { s3cret = 48151623 }"]
    {
        let refused = read::<X>(&format!("[plugins.x]\n{file}"), &[]).unwrap_err();
        assert!(!refused.contains("s3cret") && !refused.contains("4815"), "{refused}");
        assert!(refused.contains("secret`") || refused.contains("`told`"), "{refused}");
    }
    for line in [
        "secret = s3cret",
        "secret = 's3cret",
        "secret = \"s3cret\\q\"",
        "secret = 48151623s3cret",
        "secret 's3cret'",
        "secret = 's3cret'\nsecret = 's3cret'",
    ] {
        let refused = Config::parse(&format!("[plugins.x]\n{line}"), "stheno.toml").unwrap_err().to_string();
        assert!(!refused.contains("s3cret") && !refused.contains("4815"), "{refused}");
        assert!(refused.contains("line "), "{refused}");
    }
}

#[test]
fn two_variables_of_one_field_are_refused_by_name() {
    for (one, other) in [("SMTP", "SMTP__PORT"), ("SMTP__PORT", "SMTP"), ("FROM", "From")] {
        let refused = read::<Receipts>("", &[(one, "1"), (other, "2")]).unwrap_err();
        assert!(refused.contains(&format!("X__{one} and STHENO_PLUGIN_X__{other}")), "{refused}");
    }
}

#[test]
fn a_variable_that_could_be_of_two_plugins_is_refused() {
    let config = Config::default().with_environment(variables(&[("STHENO_PLUGIN_A_B__FROM", "x")]));
    assert!(config.strangers(&["a-b", "a.b"], &[])[0].contains("plugin `a-b` or plugin `a.b`"));
    assert_eq!(config.strangers(&["a-b", "a"], &[]), [""; 0]);
}
