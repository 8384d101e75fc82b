//! Passwords and certificates for a cluster on this machine: made at first use, under the target directory, never shared.

use std::{
    fs,
    io::{Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{cluster::folder, python::python, run::run};

const USERS: [&str; 4] = ["publisher", "host", "operator", "system"];

/// What the servers take from the environment beside their addresses.
pub(crate) struct Secrets {
    passwords: Vec<(String, String)>,
    certificates: PathBuf,
}

/// Those that were made before, or new ones.
pub(crate) fn of_this_machine(state: &Path) -> Result<Secrets, String> {
    let cannot = |error: std::io::Error| format!("{} cannot be filled: {error}", state.display());
    fs::create_dir_all(state).map_err(cannot)?;
    let certificates = state.join("tls");
    if !certificates.join("ca.pem").exists() {
        let script = folder().join("certificates.py");
        run(Command::new(python()?).arg(script).arg(&certificates).args(["localhost", "127.0.0.1"]))?;
    }
    let file = state.join("passwords.env");
    if !file.exists() {
        let mut text = String::new();
        for user in USERS {
            text.push_str(&format!("{}={}\n", variable(user), password().map_err(cannot)?));
        }
        let mut options = fs::OpenOptions::new();
        let mut created = options.write(true).create_new(true).mode(0o600).open(&file).map_err(cannot)?;
        created.write_all(text.as_bytes()).map_err(cannot)?;
    }
    let passwords = parse(&fs::read_to_string(&file).map_err(cannot)?);
    Ok(Secrets { passwords, certificates })
}

impl Secrets {
    /// Variables for the servers.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        let file = |name: &str| self.certificates.join(name).display().to_string();
        let mut variables = self.passwords.clone();
        variables.push(("NATS_CA".into(), file("ca.pem")));
        variables.push(("NATS_CERT".into(), file("server.pem")));
        variables.push(("NATS_KEY".into(), file("server-key.pem")));
        variables
    }

    /// What a person does next.
    pub(crate) fn help(&self) -> String {
        let state = self.certificates.parent().unwrap_or(&self.certificates).display().to_string();
        let ca = self.certificates.join("ca.pem").display().to_string();
        let servers = "127.0.0.1:4222,127.0.0.1:4223,127.0.0.1:4224";
        format!(
            "The cluster starts at {servers}; Ctrl-C ends it. Passwords, in a shell: . {state}/passwords.env\n\n\
             A program that makes the log, once:\n  \
             STHENO_URL=\"tls://operator:$NATS_OPERATOR_PASSWORD@{servers}?ca={ca}&inbox_prefix=_INBOX_operator&replicas=3&sync=always\"\n\
             A host, from then on:\n  \
             STHENO_URL=\"tls://host:$NATS_HOST_PASSWORD@{servers}?ca={ca}&inbox_prefix=_INBOX_host&manage=false&sync=always\"\n"
        )
    }
}

fn variable(user: &str) -> String {
    format!("NATS_{}_PASSWORD", user.to_uppercase())
}

/// Begins with a letter, so that the server takes it for a text and not for a number.
fn password() -> std::io::Result<String> {
    let mut bytes = [0; 16];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().fold("p".to_owned(), |text, byte| format!("{text}{byte:02x}")))
}

/// Lines `NAME=value`; others are remarks.
pub(crate) fn parse(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('=')).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_say_that_the_servers_write_through() {
        let node = fs::read_to_string(folder().join("node.conf")).unwrap();
        assert!(node.contains("sync_interval: always"));
        let help = Secrets { passwords: Vec::new(), certificates: "target/cluster/tls".into() }.help();
        let addresses: Vec<_> = help.lines().filter(|line| line.contains("STHENO_URL=")).collect();
        assert_eq!(addresses.len(), 2, "{help}");
        assert!(addresses.iter().all(|address| address.contains("&sync=always")), "{help}");
    }
}
