//! Every test of the workspace, several programs of tests at a time: most of the time they wait, for servers and for processes
//! of their own.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Mutex,
    thread,
    time::Instant,
};

use crate::{
    metadata::metadata,
    run::{Done, run, target},
};

/// How many programs run at a time.
const AT_ONCE: usize = 3;
/// Test targets that take long; each runs by itself, these first. Those of all packages that have the name belong to it.
const LONG: [&str; 13] = [
    "conformance_cluster",
    "conformance",
    "kill",
    "faults",
    "guarantees",
    "conformance_mirrors",
    "publish",
    "sqlite_memory",
    "sqlite_file",
    "process",
    "memory",
    "unrecorded",
    "letters",
];

/// Builds all tests, then runs them. `command` makes `cargo test` with what the tests need to know, for the words that follow.
///
/// # Errors
/// What could not be built, or the names of what failed; everything else has run by then.
pub(crate) fn every_test(command: impl Fn(&[&str]) -> Command + Sync) -> Done {
    run(&mut command(&["--no-run"]))?;
    let folder = target().join("test-output");
    fs::create_dir_all(&folder).map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
    let jobs = Mutex::new(jobs()?.into_iter());
    let failed = Mutex::new(Vec::new());
    let next = || jobs.lock().ok()?.next();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(job) = next() {
                    if let Err(error) = job.run(&folder, &command)
                        && let Ok(mut failed) = failed.lock()
                    {
                        failed.push(error);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or_default();
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

/// What `cargo test` runs in one go.
struct Job {
    name: String,
    words: Vec<String>,
}

impl Job {
    fn of_targets<'a>(name: &str, targets: impl Iterator<Item = &'a str>) -> Self {
        let words = targets.flat_map(|target| ["--test".to_owned(), target.to_owned()]).collect();
        Self { name: name.to_owned(), words }
    }

    fn of_words(name: &str, words: &[&str]) -> Self {
        Self { name: name.to_owned(), words: words.iter().map(|word| (*word).to_owned()).collect() }
    }

    /// Runs it to its end. What it prints is shown then, in one piece.
    fn run(&self, folder: &Path, command: impl Fn(&[&str]) -> Command) -> Done {
        let Self { name, words } = self;
        let (begun, place) = (Instant::now(), folder.join(name).with_extension("txt"));
        let words: Vec<&str> = ["--no-fail-fast"].into_iter().chain(words.iter().map(String::as_str)).collect();
        let passed = passes(&mut command(&words), &place).map_err(|error| format!("`{name}` did not run: {error}"))?;
        let (said, seconds) = (fs::read_to_string(&place).unwrap_or_default(), begun.elapsed().as_secs());
        eprintln!("{said}\n$ {name}: {} after {seconds} s", if passed { "passed" } else { "FAILED" });
        if passed {
            Ok(())
        } else {
            Err(format!("tests of `{name}` failed; {} has what they printed", place.display()))
        }
    }
}

fn passes(command: &mut Command, place: &PathBuf) -> Result<bool, std::io::Error> {
    let output = fs::File::create(place)?;
    let errors = output.try_clone()?;
    Ok(command.stdin(Stdio::null()).stdout(output).stderr(errors).status()?.success())
}

/// All of it, what takes long first.
fn jobs() -> Result<Vec<Job>, String> {
    let (all, long) = (targets()?, BTreeSet::from(LONG));
    if let Some(gone) = LONG.iter().find(|name| !all.contains(**name)) {
        return Err(format!("there is no test target `{gone}` any more; correct the list in xtask/src/suite.rs"));
    }
    let mut jobs: Vec<Job> = LONG.iter().map(|name| Job::of_targets(name, std::iter::once(*name))).collect();
    jobs.push(Job::of_words("doc", &["--doc"]));
    jobs.push(Job::of_targets("rest", all.iter().map(String::as_str).filter(|name| !long.contains(name))));
    jobs.push(Job::of_words("units", &["--lib", "--bins", "--examples", "--benches"]));
    Ok(jobs)
}

/// The test targets of the workspace, by name.
fn targets() -> Result<BTreeSet<String>, String> {
    let metadata = metadata()?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let targets = packages.flat_map(|package| package["targets"].as_array().into_iter().flatten());
    let tests =
        targets.filter(|target| target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "test")));
    Ok(tests.filter_map(|target| target["name"].as_str().map(str::to_owned)).collect())
}
