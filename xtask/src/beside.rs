//! Programs that have another user of SQLite beside Stheno. Cargo links one SQLite into a program, so these show that
//! one resolves, builds and works for both. Each has a manifest and a lock file of its own under the target directory,
//! with the newest versions there are, and they share what they build.

use std::{fs, path::PathBuf};

use crate::run::{Done, cargo, root, run, target};

/// Another user of SQLite.
struct Peer {
    name: &'static str,
    /// Its lines of `[dependencies]`.
    dependencies: &'static str,
    /// Its program in `tests/beside`; without one it is resolved and not built.
    program: Option<&'static str>,
    /// Whether CI builds and runs the program, or only resolves it: building takes long.
    in_ci: bool,
}

const PEERS: &[Peer] = &[
    Peer {
        name: "sqlx-0.8",
        dependencies: r#"sqlx = { version = "0.8", default-features = false, features = ["runtime-tokio", "sqlite"] }"#,
        program: Some("sqlx"),
        in_ci: true,
    },
    Peer {
        name: "sqlx-0.9",
        dependencies: r#"sqlx = { version = "0.9", default-features = false, features = ["runtime-tokio", "sqlite"] }"#,
        program: Some("sqlx"),
        in_ci: true,
    },
    Peer {
        name: "diesel-2",
        dependencies: r#"diesel = { version = "2", default-features = false, features = ["sqlite"] }"#,
        program: Some("diesel"),
        in_ci: true,
    },
    Peer { name: "rusqlite-0.39", dependencies: r#"rusqlite = "0.39""#, program: Some("rusqlite"), in_ci: true },
    Peer {
        name: "sqlx-0.8-postgres",
        dependencies: r#"sqlx = { version = "0.8", default-features = false, features = ["migrate", "postgres", "runtime-tokio"] }"#,
        program: Some("sqlx_postgres"),
        in_ci: false,
    },
    Peer {
        name: "sea-orm-1",
        dependencies: r#"sea-orm = { version = "1", default-features = false, features = ["runtime-tokio", "sqlx-sqlite"] }"#,
        program: Some("sea_orm"),
        in_ci: false,
    },
    Peer {
        name: "sea-orm-2",
        dependencies: r#"sea-orm = { version = "2", default-features = false, features = ["runtime-tokio", "sqlx-sqlite"] }"#,
        program: Some("sea_orm"),
        in_ci: false,
    },
    resolved("sqlx-0.8-defaults", r#"sqlx = { version = "0.8", features = ["postgres"] }"#),
    resolved("sqlx-0.9-defaults", r#"sqlx = { version = "0.9", features = ["postgres"] }"#),
    resolved("sea-orm-1-postgres", r#"sea-orm = { version = "1", features = ["runtime-tokio", "sqlx-postgres"] }"#),
    resolved("sea-orm-2-postgres", r#"sea-orm = { version = "2", features = ["runtime-tokio", "sqlx-postgres"] }"#),
    resolved("rusqlite-0.32", r#"rusqlite = "0.32""#),
    resolved("rusqlite-0.37", r#"rusqlite = "0.37""#),
    resolved("rusqlite-0.40", r#"rusqlite = "0.40""#),
    resolved("tokio-rusqlite-0.7", r#"tokio-rusqlite = "0.7""#),
    resolved("deadpool-sqlite-0.13", r#"deadpool-sqlite = "0.13""#),
    resolved("r2d2_sqlite-0.31", r#"r2d2_sqlite = "0.31""#),
    resolved("refinery-0.10", r#"refinery = { version = "0.10", features = ["rusqlite"] }"#),
];

const fn resolved(name: &'static str, dependencies: &'static str) -> Peer {
    Peer { name, dependencies, program: None, in_ci: true }
}

/// Resolves every program, and builds and runs those that CI has the time for; all of them, or those of one name, when
/// `words` say so.
pub(crate) fn beside(words: &[&str]) -> Done {
    let wanted = |peer: &Peer| match words {
        [] => peer.in_ci,
        ["--all"] => true,
        names => names.contains(&peer.name),
    };
    let known = |word: &&&str| **word == "--all" || PEERS.iter().any(|peer| peer.name == **word);
    if let Some(unknown) = words.iter().find(|word| !known(word)) {
        let names: Vec<_> = PEERS.iter().map(|peer| peer.name).collect();
        return Err(format!("no program `{unknown}`; there are {}", names.join(", ")));
    }
    for peer in PEERS {
        let manifest = write_manifest(peer)?;
        let place = manifest.display().to_string();
        run(&mut cargo(&["generate-lockfile", "--quiet", "--manifest-path", &place]))
            .map_err(|error| format!("{error}; Stheno does not go with {}", peer.dependencies))?;
        if peer.program.is_some() && wanted(peer) {
            let data = manifest.with_file_name("data").display().to_string();
            let mut command = cargo(&["run", "--quiet", "--manifest-path", &place]);
            run(command.arg("--target-dir").arg(folder().join("target")).args(["--", &data]))?;
        }
    }
    Ok(())
}

fn folder() -> PathBuf {
    target().join("beside")
}

/// Debug information would double what is written, and nobody debugs these.
fn write_manifest(peer: &Peer) -> Result<PathBuf, String> {
    let folder = folder().join(peer.name);
    let (name, dependencies) = (peer.name.replace('.', "-"), peer.dependencies);
    let stheno = root().join("crates").join("stheno");
    let program = root().join("tests").join("beside").join(peer.program.unwrap_or("shop")).with_extension("rs");
    let text = format!(
        r#"[package]
name = "beside-{name}"
edition = "2024"

[[bin]]
name = "beside-{name}"
path = {program:?}

[dependencies]
stheno = {{ path = {stheno:?}, features = ["sqlite"] }}
serde_json = "1"
tokio = {{ version = "1", features = ["full"] }}
{dependencies}

[profile.dev]
debug = 0

[workspace]
"#
    );
    let manifest = folder.join("Cargo.toml");
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&manifest, text))
        .map_err(|error| format!("{} cannot be written: {error}", manifest.display()))?;
    Ok(manifest)
}
