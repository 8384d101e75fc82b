//! The project's own commands: `cargo xtask help` lists them. All set-up is done here, so that a machine needs only Rust, a C
//! compiler and python3.

mod bench;
mod beside;
mod check;
mod cluster;
mod features;
mod lowest;
mod metadata;
mod nats;
mod node;
mod older;
mod peers;
mod python;
mod run;
mod suite;

use std::{ffi::OsString, process::ExitCode};

const HELP: &str = "\
cargo xtask COMMAND

  test              every test of the workspace, all set-up included, several programs at a time; with further words, what
                    `cargo test` makes of them
  ci                what has to pass before a change lands: formatting, clippy, rustdoc, the main job, every test
  features          checks and tests every package with no features and with each of its features alone
  lowest            tests the embedded backend with the oldest rusqlite it allows
  beside [--all | NAMES]
                    resolves, builds and runs programs with another user of SQLite (sqlx, Diesel, ..) beside Stheno
  older [REVISION]  builds the storefront of an older revision, which takes turns with today's on one log
  bench embedded    measures the embedded log against bare SQLite, and writes target/bench/embedded.json
  bench nats        measures ours on a nats-server against loops on the bare client; [ROUNDS] [MESSAGES] [WORDS OF A ROW]
  bench recovery    measures keys that fall due together, and failures among events that go well; [embedded|nats] [ROUNDS] [KEYS]
  bench operator    measures what an operator looks at, however many dead letters there are; [embedded|nats] [ROUNDS] [KEYS]
  bench peers       the same against other libraries, in Rust, Python and Node
  docs [--check]    writes the reference pages from the catalogs, or says which differ
  generated [N]     gives each suite (the decoders of a catalog, its messages, its signatures ..) N generated inputs, spread
                    over what it tests; 10,000,000 by default
  kill [ROUNDS]     kills a process at random moments on one log, 1000 times by default; STHENO_SEED repeats a run
  mirrors           the conformance suite on one nats-server and on three, beside mirrors of each log that answer for it
  nats [WORDS]      a nats-server in the foreground with nats.conf: STHENO_NATS_SERVER, the one on the path, or a pinned one
  cluster           three nats-servers in the foreground with deploy/cluster: TLS, and a user for each kind of program
  cluster config [--check]
                    writes deploy/cluster/accounts.conf from users.json and the manifest, or says that it differs
";

fn main() -> ExitCode {
    let words: Result<Vec<String>, _> = std::env::args_os().skip(1).map(OsString::into_string).collect();
    let Ok(words) = words else {
        eprintln!("a word of the command is not UTF-8; write it as text");
        return ExitCode::from(64);
    };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["test", rest @ ..] => check::test(rest),
        ["ci"] => check::ci(),
        ["features"] => features::each(),
        ["lowest"] => lowest::lowest(),
        ["beside", rest @ ..] => beside::beside(rest),
        ["older", rest @ ..] => older::older(rest),
        ["bench", "embedded", rest @ ..] => bench::embedded(rest),
        ["bench", "nats", rest @ ..] => bench::nats(rest),
        ["bench", "recovery", rest @ ..] => bench::recovery(rest),
        ["bench", "operator", rest @ ..] => bench::operator(rest),
        ["bench", "peers", rest @ ..] => bench::peers(rest),
        ["docs"] => check::docs(true),
        ["docs", "--check"] => check::docs(false),
        ["generated"] => check::generated("10000000"),
        ["generated", cases] => check::generated(cases),
        ["kill"] => check::kill("1000"),
        ["kill", rounds] => check::kill(rounds),
        ["mirrors", rest @ ..] => check::mirrors(rest),
        ["nats", rest @ ..] => nats::serve(rest),
        ["cluster"] => cluster::start(),
        ["cluster", "config"] => cluster::config(true),
        ["cluster", "config", "--check"] => cluster::config(false),
        ["help" | "--help" | "-h"] | [] => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        other => Err(format!("`{}` is no command\n\n{HELP}", other.join(" "))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}
