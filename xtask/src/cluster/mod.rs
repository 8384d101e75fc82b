//! `deploy/cluster`: its accounts, written from the manifest, and its three servers in the foreground.
//!
//! Reading order: `users` (who there is), `accounts` (what they may do), `secrets` (passwords and certificates of this
//! machine), this file.

mod accounts;
mod secrets;
mod users;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command},
    thread,
    time::Duration,
};

use crate::{
    nats,
    run::{Done, root, target},
};

const NODES: [&str; 3] = ["n1", "n2", "n3"];

fn folder() -> PathBuf {
    root().join("deploy").join("cluster")
}

/// Writes `accounts.conf`, or says that it differs.
pub(crate) fn config(write: bool) -> Done {
    let path = folder().join("accounts.conf");
    let wanted = accounts::accounts(&users::read(&folder().join("users.json"), &root())?);
    if write {
        return fs::write(&path, wanted).map_err(|error| format!("{} cannot be written: {error}", path.display()));
    }
    match fs::read_to_string(&path) {
        Ok(there) if there == wanted => Ok(()),
        _ => Err(format!("{} is not what the manifest asks for; run `cargo xtask cluster config`", path.display())),
    }
}

/// Runs the three servers until one ends or all are told to.
pub(crate) fn start() -> Done {
    let (server, state) = (nats::server()?, target().join("cluster"));
    let secrets = secrets::of_this_machine(&state)?;
    let mut nodes = Vec::new();
    for name in NODES {
        match node(name, &server, &state, &secrets) {
            Ok(node) => nodes.push((name, node)),
            Err(error) => {
                end(&mut nodes);
                return Err(error);
            }
        }
    }
    print!("{}", secrets.help());
    let ended = loop {
        let ended = nodes.iter_mut().find_map(|(name, node)| node.try_wait().ok().flatten().map(|how| (*name, how)));
        match ended {
            Some(ended) => break ended,
            None => thread::sleep(Duration::from_millis(200)),
        }
    };
    end(&mut nodes);
    let (name, how) = ended;
    Err(format!("{name} ended with {how}; its log is {}", state.join(name).join("server.log").display()))
}

fn node(name: &str, server: &Path, state: &Path, secrets: &secrets::Secrets) -> Result<Child, String> {
    let own = state.join(name);
    let cannot = |error: std::io::Error| format!("{name} cannot be started: {error}");
    fs::create_dir_all(&own).map_err(cannot)?;
    let variables = fs::read_to_string(folder().join(format!("{name}.env"))).map_err(cannot)?;
    let mut command = Command::new(server);
    command.arg("-c").arg(folder().join("node.conf")).envs(secrets.variables());
    command
        .envs(secrets::parse(&variables))
        .env("NATS_STORE", own.join("data"))
        .env("NATS_LOG", own.join("server.log"));
    command.spawn().map_err(cannot)
}

fn end(nodes: &mut Vec<(&str, Child)>) {
    for (_, mut node) in nodes.drain(..) {
        // One that has ended already is fine.
        let _ = node.kill();
        let _ = node.wait();
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_accounts_are_what_the_manifest_asks_for() {
        super::config(false).unwrap();
    }
}
