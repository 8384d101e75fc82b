//! Tests of what errors say of a setting: where it stands and what is wanted, and never its value.

use serde::Deserialize;

use crate::plugin::config::{
    Config,
    tests::{Smtp, read, variables},
};

/// A type that says in its error what it was given, as many do.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Token;

impl TryFrom<String> for Token {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Err(format!("`{text}` is no token"))
    }
}

#[test]
fn an_error_of_the_file_says_line_and_type_and_not_the_value() {
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only read")]
    struct X {
        name: String,
        token: Option<Token>,
        inner: Option<Inner>,
        list: Option<Vec<Token>>,
        address: Option<std::net::IpAddr>,
    }
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only read")]
    struct Inner {
        token: Token,
    }
    for (file, expected) in [
        ("token = 's3cret'", "line 3: `token` is not a `Option<Token>`"),
        ("[plugins.x.inner]\n\ntoken = 's3cret'", "line 5: `inner.token` is not a `Token`"),
        ("list = [\n  's3cret',\n]", "line 4: `list.[0]` is not a `Token`"),
        ("address = 's3cret'", "line 3: `address` is not a `Option<IpAddr>`"),
        ("list = 's3cret'", "line 3: `list` is a text, and a sequence is expected"),
    ] {
        let refused = read::<X>(&format!("[plugins.x]\nname = 'n'\n{file}"), &[]).unwrap_err();
        assert!(!refused.contains("s3cret"), "{refused}");
        assert!(refused.contains(expected) && refused.contains("in stheno.toml"), "no `{expected}` in: {refused}");
    }
}

#[test]
fn the_field_of_a_tagged_enum_or_a_flattened_struct_is_found() {
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only read")]
    struct X {
        sink: Sink,
    }
    #[derive(Debug, Deserialize)]
    #[serde(tag = "kind", rename_all = "snake_case")]
    #[allow(dead_code, reason = "only read")]
    enum Sink {
        File { path: String },
        Smtp { host: String, port: u16, token: Option<Token>, rest: Option<Smtp> },
    }
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only read")]
    struct Flat {
        #[serde(flatten)]
        smtp: Smtp,
        name: String,
    }
    const FILE: &str = "[plugins.x.sink]\nkind = 'smtp'\nhost = 'h'\n";
    let variable = |field: &'static str| [(field, "s3cret")];
    for (file, fields, expected) in [
        (format!("{FILE}port = 's3cret'"), None, "line 4: `sink.port` is a text, and u16 is expected"),
        (format!("{FILE}port = 25\ntoken = 's3cret'"), None, "line 5: `sink.token` is refused by its type"),
        (format!("{FILE}port = 25\nrest.port = 's3cret'"), None, "line 5: `sink.rest.port` is a text"),
        (FILE.to_owned(), Some("SINK__PORT"), "`sink.port`, set by STHENO_PLUGIN_X__SINK__PORT, is a text"),
        (
            format!("{FILE}port = 25"),
            Some("SINK__TOKEN"),
            "`sink.token`, set by STHENO_PLUGIN_X__SINK__TOKEN, is refused by its type",
        ),
        ("[plugins.x.sink]\nkind = 's3cret'\nport = 1".into(), None, "line 2: `sink.kind` is none of `file`, `smtp`"),
        (
            "[plugins.x.sink]\nport = 1".into(),
            Some("SINK__KIND"),
            "`sink.kind`, set by STHENO_PLUGIN_X__SINK__KIND, is none of `file`, `smtp`",
        ),
        (FILE.to_owned(), None, "line 1: `sink` missing field `port`"),
        ("[plugins.x.sink]\nhost = 'h'".into(), None, "missing field `kind`"),
    ] {
        let fields = fields.map(variable).unwrap_or([("SINK__HOST", "h")]);
        let refused = read::<X>(&file, &fields).unwrap_err();
        assert!(!refused.contains("s3cret"), "{refused}");
        assert!(refused.contains(expected), "no `{expected}` in: {refused}");
    }
    let flat = read::<Flat>("[plugins.x]\nname = 'n'\nport = 's3cret'", &[]).unwrap_err();
    assert!(flat.contains("line 3: `port` is a text, and u16 is expected") && !flat.contains("s3cret"), "{flat}");
    let flat = read::<Flat>("[plugins.x]\nname = 'n'", &[("PORT", "s3cret")]).unwrap_err();
    assert!(flat.contains("`port`, set by STHENO_PLUGIN_X__PORT, is a text") && !flat.contains("s3cret"), "{flat}");
}

#[test]
fn a_variable_and_the_file_do_not_hide_each_other() {
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only read")]
    struct X {
        nest: Option<toml::Value>,
    }
    let hidden = read::<X>("[plugins.x]\nnest = 's3cret'", &[("NEST__TOKEN", "s3cret")]).unwrap_err();
    let said = "`nest` (line 2) is a value in the file, and STHENO_PLUGIN_X__NEST__TOKEN sets a field inside it";
    assert!(hidden.contains(said) && !hidden.contains("s3cret"), "{hidden}");
    let listed = read::<X>("[plugins.x]\nnest = ['s3cret']", &[("NEST__TOKEN__A", "s3cret")]).unwrap_err();
    assert!(listed.contains("is a value in the file") && !listed.contains("s3cret"), "{listed}");
    for table in ["[plugins.x]\nnest = { a = 's3cret' }", "[plugins.x.nest]\na = 's3cret'"] {
        let hidden = read::<X>(table, &[("NEST", "{ b = 's3cret' }")]).unwrap_err();
        let said = "is a table in the file, and STHENO_PLUGIN_X__NEST sets the whole of it; set its fields one by one";
        assert!(hidden.contains(said) && !hidden.contains("s3cret"), "{hidden}");
    }
    // One value in place of another hides nothing, and neither does a field beside others.
    for (file, fields) in [
        ("[plugins.x]\nnest = ['a']", &[("NEST", "['b']")][..]),
        ("[plugins.x]\nnest = { a = 1 }", &[("NEST__A", "2"), ("NEST__B", "3")]),
        ("[plugins.x.nest]", &[("NEST", "{ b = 1 }")]),
    ] {
        assert!(read::<X>(file, fields).is_ok(), "{file}");
    }
}

#[test]
fn an_empty_address_and_an_empty_field_are_refused() {
    for text in ["url = ''", "url = ' '"] {
        let refused = Config::parse(text, "stheno.toml").unwrap_err().to_string();
        assert!(refused.contains("`url` is empty; say where the log is"), "{refused}");
    }
    let config = Config::default().with_environment(variables(&[
        ("STHENO_PLUGIN_X__", "a"),
        ("STHENO_PLUGIN_X__A____B", "a"),
        ("STHENO_PLUGIN_X__A__", "a"),
    ]));
    let strangers = config.strangers(&["x"], &[]);
    assert_eq!(strangers.len(), 3, "{strangers:?}");
    assert!(strangers.iter().all(|said| said.contains("empty name between `__`")), "{strangers:?}");
}

#[test]
fn names_of_the_file_and_of_variables_do_nothing_to_a_terminal_and_are_cut() {
    let long = "x".repeat(500_000);
    let text = format!(
        "\"\\u001b[2J\" = 1\n[plugins.\"\\u001b[31m{long}\"]\n[subscribers.\"\\u001b[32m{long}\"]\n\"{long}\" = 1"
    );
    let config = Config::parse(&text, "a\u{1b}b.toml").unwrap();
    let config = config.with_environment([(format!("STHENO_PLUGIN_\u{1b}{long}__A"), "a".to_owned())]);
    let said = [config.mistakes().to_vec(), config.strangers(&[], &[])].concat();
    assert_eq!(said.len(), 5, "{}", said.len());
    for said in said {
        assert!(!said.contains('\u{1b}') && said.chars().count() < 10_000, "{}", said.chars().count());
    }
    let refused = Config::parse("not toml", "a\u{1b}b.toml").unwrap_err().to_string();
    assert!(refused.starts_with(r"a\u{1b}b.toml: line 1"), "{refused}");
}

#[test]
fn a_number_that_is_too_large_is_said_with_its_line_and_without_itself() {
    const LARGE: &str = "170141183460469231731687303715884105727";
    for (text, expected) in [
        (format!("[plugins.x]\nport = {LARGE}"), "line 2: `plugins.x.port` is a number beyond 64 bits"),
        (format!("[plugins.x]\nport = -{LARGE}"), "line 2: `plugins.x.port` is"),
        (format!("[plugins.x]\nport = {LARGE}{LARGE}"), "line 2: `plugins.x.port` is"),
        (format!("[plugins.x]\nlist = [1,\n{{ a = {LARGE} }}]"), "line 3: `plugins.x.list.[1].a` is"),
        ("port = 0x17014118346046923173".to_owned(), "line 1: `port` is"),
        ("port = 18446744073709551615".to_owned(), "line 1: `port` is"),
        ("[subscribers.a]\nattempts = 9223372036854775808".to_owned(), "line 2: `subscribers.a.attempts` is"),
        (format!("port = {LARGE}e999"), "line 1: `port` is"),
        (format!("url = {LARGE}"), "line 1: `url` is"),
    ] {
        let refused = Config::parse(&text, "stheno.toml").unwrap_err().to_string();
        assert!(refused.contains(expected), "no `{expected}` in: {refused}");
        assert!(!refused.contains("1701411834604692") && !refused.contains("18446744073709551615"), "{refused}");
    }
    for kept in ["[plugins.x]\na = 9223372036854775807", "[plugins.x]\na = [inf, -nan, 1e300, 0x7f]"] {
        assert!(Config::parse(kept, "stheno.toml").is_ok(), "{kept}");
    }
}

#[test]
fn no_text_that_is_not_a_configuration_is_repeated() {
    let around = ["", "[plugins.x]\n", "url = 'memory:'\n", "a = [1,\n", "a = { b = ", "a = \"", "[[plugins]]\n"];
    // The name of a table or a key is shown.
    let names = ["{S}", "{S} =", "[{S}", "[[{S}]", "[{S}]\n[{S}]", "{S}.{S} = 1"];
    let values = [
        "= {S}",
        "a = {S}",
        "a = '{S}",
        "a = \"{S}",
        "a = \"\\{S}\"",
        "a = [{S}",
        "a = {{S}",
        "a = 1\na = '{S}'",
        "a.b = 1\na = '{S}'",
        "a = 1{S}",
        "a = 0x{S}",
        "a = 2026-11-30T{S}",
        "a = '''{S}",
        "a = '{S}\u{1}'",
        "a = {S}e5",
        "a = 1 {S}",
        "a = true{S}",
        "url = ['{S}']",
        "url = {a = '{S}'}",
        "plugins = '{S}'",
        "plugins.a = '{S}'",
        "subscribers = '{S}'",
        "subscribers.a = '{S}'",
        "[subscribers.a]\nattempts = '{S}'",
        "[subscribers.a]\ntimeout = '{S}'",
        "[subscribers.a]\nstart = '{S}'",
    ];
    for (around, odd) in around.iter().flat_map(|around| names.iter().chain(&values).map(move |odd| (around, odd))) {
        for secret in ["s3cret", "48151623", "s3\u{e9}cret"] {
            let text = format!("{around}{}", odd.replace("{S}", secret));
            let said = match Config::parse(&text, "stheno.toml") {
                Err(refused) => refused.to_string(),
                Ok(config) => config.mistakes().join("\n"),
            };
            assert!(names.contains(odd) || !said.contains(secret), "{text:?}: {said}");
        }
    }
}
