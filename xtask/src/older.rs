//! An older program and this one take turns on one log: neither may lose or misread what the other has recorded.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::run::{Done, cargo, root, run, target};

/// The program that is tried unless another is named: the last one before events came back with their errors.
const REVISION: &str = "363ff11";
/// Turns of each program.
const TURNS: usize = 3;

/// Builds the storefront of an older revision, and lets it and today's take turns on one file. Each checks its own tour.
pub(crate) fn older(words: &[&str]) -> Done {
    let revision = match words {
        [] => REVISION,
        [revision] => revision,
        _ => return Err("name one revision, or none".to_owned()),
    };
    let folder = target().join("older");
    let (older, today) = (build_older(revision, &folder)?, build_today()?);
    let log = folder.join("log");
    empty(&log)?;
    for turn in 1..=TURNS {
        for (name, program) in [(revision, &older), ("today", &today)] {
            eprintln!("turn {turn}, {name}");
            let mut command = Command::new(program);
            command.current_dir(&log).env_remove("STHENO_URL").env_remove("NATS_URL").stdout(Stdio::null());
            run(&mut command)?;
        }
    }
    Ok(())
}

fn build_older(revision: &str, folder: &Path) -> Result<PathBuf, String> {
    let source = folder.join("source");
    empty(&source)?;
    let archive = folder.join("source.tar");
    let mut git = Command::new("git");
    git.current_dir(root()).args(["archive", "--format=tar", "--output"]).arg(&archive).arg(revision);
    run(&mut git).map_err(|error| format!("{error}; is `{revision}` in this clone, and the clone a whole one?"))?;
    run(Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(&source))?;
    let built = folder.join("target");
    let mut command = cargo(&["build", "--quiet", "--package", "storefront"]);
    run(command.current_dir(&source).env("CARGO_TARGET_DIR", &built).env("CARGO_PROFILE_DEV_DEBUG", "0"))?;
    Ok(built.join("debug/storefront"))
}

fn build_today() -> Result<PathBuf, String> {
    run(&mut cargo(&["build", "--quiet", "--package", "storefront"]))?;
    Ok(target().join("debug/storefront"))
}

/// Makes a folder that has nothing in it.
fn empty(folder: &Path) -> Done {
    let removed = match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    let made = removed.and_then(|()| fs::create_dir_all(folder));
    made.map_err(|error| format!("{} cannot be made anew: {error}", folder.display()))
}
