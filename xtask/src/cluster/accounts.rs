//! What the users of a cluster may do, as the nats-server reads it. Whatever is not listed is refused.

use std::fmt::Write as _;

use crate::cluster::users::Users;

/// The subscriber that every host has: it counts names that no catalog knows.
const BUILT_IN: &str = "stheno.unknown-names";
/// Users, the variables with their passwords, and what they are for.
const SYSTEM: &str = "NATS_SYSTEM_PASSWORD";

/// What one user may do.
struct User {
    name: &'static str,
    what: &'static str,
    publish: Vec<String>,
    subscribe: Vec<String>,
}

/// `accounts.conf`.
pub(crate) fn accounts(users: &Users) -> String {
    let all = [publisher(users), host(users), operator(users)];
    let mut text = String::from(HEAD);
    text.push_str("accounts {\n  STHENO {\n    jetstream: enabled\n    users: [\n");
    for user in &all {
        write(&mut text, user);
    }
    text.push_str("    ]\n  }\n\n  # The servers' own account, for `nats server report` and the like.\n");
    let _ = writeln!(text, "  $SYS {{ users: [ {{ user: system, password: ${SYSTEM} }} ] }}\n}}");
    text
}

const HEAD: &str = "\
# Who may do what. Written by `cargo xtask cluster config` from users.json and the manifest of the host: change those.
#
# Each user has an inbox of its own (`inbox_prefix=_INBOX_<user>`), so that nobody reads another's replies. The server says
# no to whatever is not listed.

";

fn write(text: &mut String, user: &User) {
    let User { name, what, publish, subscribe } = user;
    let password = format!("NATS_{}_PASSWORD", name.to_uppercase());
    let list = |subjects: &[String]| -> String {
        subjects.iter().map(|subject| format!("\n              \"{subject}\"")).collect()
    };
    let _ = writeln!(text, "      # {what}");
    let _ = writeln!(text, "      {{");
    let _ = writeln!(text, "        user: {name}, password: ${password}");
    let _ = writeln!(text, "        permissions: {{");
    let _ = writeln!(text, "          publish: {{\n            allow: [{}\n            ]\n          }}", list(publish));
    let _ =
        writeln!(text, "          subscribe: {{\n            allow: [{}\n            ]\n          }}", list(subscribe));
    let _ = writeln!(text, "        }}\n      }}");
}

fn publisher(users: &Users) -> User {
    let mut publish = names(&users.publisher);
    publish.extend(looks(&users.stream));
    User {
        name: "publisher",
        what: "Publishes, and reads nothing.",
        publish,
        subscribe: vec!["_INBOX_publisher.>".into()],
    }
}

fn host(users: &Users) -> User {
    let stream = &users.stream;
    let (bucket, records) = (bucket(stream), format!("KV_{}", bucket(stream)));
    let mut publish = names(&users.host);
    publish.extend(looks(stream));
    for stream in [stream, &records] {
        publish.extend(reads(stream));
    }
    // Records of its own subscribers, and of what its catalogs know.
    let record = |path: String| format!("$KV.{bucket}.{path}");
    for id in users.subscribers.keys().map(String::as_str).chain([BUILT_IN]) {
        let id = id.replace('.', "=2E");
        publish.extend([
            record(format!("sub.{id}.>")),
            record(format!("spec.{id}")),
            record(format!("lease.{id}")),
            record(format!("command.{id}.>")),
        ]);
    }
    publish.extend(["catalog.>", "unknown.>"].map(|path| record(path.to_owned())));
    User {
        name: "host",
        what: "Reads the log, and writes the records of its own subscribers.",
        publish,
        subscribe: vec!["_INBOX_host.>".into()],
    }
}

fn operator(users: &Users) -> User {
    let stream = &users.stream;
    let (bucket, records) = (bucket(stream), format!("KV_{}", bucket(stream)));
    let mut publish = looks(stream);
    publish.extend(["$JS.API.STREAM.NAMES".to_owned(), "$JS.API.STREAM.LIST".to_owned()]);
    for stream in [stream, &records] {
        publish.extend(reads(stream));
        publish.extend(["CREATE", "UPDATE", "PURGE"].map(|call| format!("$JS.API.STREAM.{call}.{stream}")));
        publish.extend([format!("$JS.API.CONSUMER.LIST.{stream}"), format!("$JS.API.CONSUMER.NAMES.{stream}")]);
    }
    // Commands to subscribers: redrive, rewind, pause. What they are told to change they change themselves.
    publish.push(format!("$KV.{bucket}.command.>"));
    User {
        name: "operator",
        what: "Makes the log, sees everything in it, and tells subscribers what to do. Publishes no events.",
        publish,
        subscribe: vec!["_INBOX_operator.>".into()],
    }
}

fn bucket(stream: &str) -> String {
    format!("{stream}-records")
}

/// Where events of these patterns are published, by any program and by ours.
fn names(patterns: &[String]) -> Vec<String> {
    let both = patterns.iter().flat_map(|pattern| [format!("events.{pattern}"), format!("log.*.{pattern}")]);
    let mut subjects: Vec<_> = both.collect();
    if !subjects.is_empty() {
        // Events that wait for their time, and the question whether an id is known.
        subjects.push("schedule.*".into());
    }
    subjects
}

/// What every program asks at its start.
fn looks(stream: &str) -> Vec<String> {
    let info = |stream: &str| format!("$JS.API.STREAM.INFO.{stream}");
    vec!["$JS.API.INFO".to_owned(), info(stream), info(&format!("KV_{}", bucket(stream)))]
}

/// What reading a stream takes: single messages, and consumers of its own that nobody acknowledges.
fn reads(stream: &str) -> Vec<String> {
    vec![
        format!("$JS.API.STREAM.MSG.GET.{stream}"),
        format!("$JS.API.CONSUMER.CREATE.{stream}.*"),
        format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.*"),
        format!("$JS.API.CONSUMER.DELETE.{stream}.*"),
        format!("$JS.FC.{stream}.>"),
    ]
}
