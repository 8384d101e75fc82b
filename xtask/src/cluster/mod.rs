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
    process::{Child, Command, Stdio},
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
        let ended =
            nodes.iter_mut().find_map(|(name, node)| node.server.try_wait().ok().flatten().map(|how| (*name, how)));
        match ended {
            Some(ended) => break ended,
            None => thread::sleep(Duration::from_millis(200)),
        }
    };
    end(&mut nodes);
    let (name, how) = ended;
    Err(format!("{name} ended with {how}; its log is {}", state.join(name).join("server.log").display()))
}

/// One of the servers, and a shell that ends it when this process has ended, however it did.
struct Node {
    server: Child,
    guard: Child,
}

fn node(name: &str, server: &Path, state: &Path, secrets: &secrets::Secrets) -> Result<Node, String> {
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
    let mut server = command.spawn().map_err(cannot)?;
    let mut shell = Command::new("sh");
    shell.args(["-c", "cat >/dev/null; kill \"$1\"", "guard"]).arg(server.id().to_string()).stdin(Stdio::piped());
    match shell.spawn() {
        Ok(guard) => Ok(Node { server, guard }),
        Err(error) => {
            // One that has ended already is fine.
            let _ = server.kill();
            Err(cannot(error))
        }
    }
}

fn end(nodes: &mut Vec<(&str, Node)>) {
    for (_, mut node) in nodes.drain(..) {
        // The guard first: it must not meet another process of the same number. What has ended already is fine.
        for child in [&mut node.guard, &mut node.server] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_accounts_are_what_the_manifest_asks_for() {
        super::config(false).unwrap();
    }
}
