//! The workspace as the tests read it: its packages as cargo sees them, and its files.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// The folder of the workspace.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("this package lies in the workspace's folder").to_owned()
}

/// One package of the workspace.
pub struct Package {
    pub name: String,
    /// Its folder, from the root of the workspace.
    pub folder: String,
    /// What it needs to be built and run, without what only its tests need.
    pub dependencies: Vec<String>,
    /// What its feature `default` turns on.
    pub default_features: Vec<String>,
    pub manifest: String,
}

/// Every package of the workspace, as cargo sees it.
pub fn packages() -> Vec<Package> {
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .expect("cargo runs, since it runs this test");
    assert!(cargo.status.success(), "{}", String::from_utf8_lossy(&cargo.stderr));
    let metadata: Value = serde_json::from_slice(&cargo.stdout).expect("cargo writes JSON");
    let packages: Vec<_> = list(&metadata["packages"]).iter().map(package).collect();
    assert!(packages.len() > 5, "the workspace has more packages than {}", packages.len());
    packages
}

fn package(metadata: &Value) -> Package {
    let manifest = PathBuf::from(text(&metadata["manifest_path"]));
    let folder = manifest.parent().expect("a manifest lies in a folder");
    let needed = list(&metadata["dependencies"]).iter().filter(|dependency| dependency["kind"] != "dev");
    Package {
        name: text(&metadata["name"]),
        folder: relative(folder),
        dependencies: needed.map(|dependency| text(&dependency["name"])).collect(),
        default_features: metadata["features"]["default"].as_array().into_iter().flatten().map(text).collect(),
        manifest: fs::read_to_string(&manifest).expect("cargo has just read it"),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("cargo's metadata has a list here")
}

fn text(value: &Value) -> String {
    value.as_str().expect("cargo's metadata has a text here").to_owned()
}

fn relative(path: &Path) -> String {
    let inside = path.strip_prefix(root()).expect("it lies in the workspace");
    inside.to_str().expect("paths of this project are text").replace('\\', "/")
}

/// A text file of the project.
pub struct Source {
    /// Its path from the root of the workspace.
    pub path: String,
    pub text: String,
}

impl Source {
    /// Its lines of code, numbered, without those that are nothing but a comment.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        code_of(&self.text)
    }

    /// The same without its unit tests, which stand at the end of a file.
    pub fn library_code(&self) -> impl Iterator<Item = (usize, &str)> {
        code_of(self.text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default())
    }
}

fn code_of(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line)).filter(|(_, line)| {
        let line = line.trim_start();
        !line.is_empty() && !line.starts_with("//")
    })
}

/// Every text file of the project; what is built or written by a run is none of it.
pub fn files() -> Vec<Source> {
    let mut files = Vec::new();
    gather(&root(), &mut files);
    assert!(files.len() > 100, "the project has more files than {}", files.len());
    files
}

/// The Rust files below a folder.
pub fn rust_files(below: &str) -> Vec<Source> {
    let mut files = files();
    files.retain(|file| file.path.starts_with(below) && file.path.ends_with(".rs"));
    assert!(!files.is_empty(), "there is no Rust file in {below:?}");
    files
}

fn gather(folder: &Path, files: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("the project can be read") {
        let path = entry.expect("the project can be read").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if matches!(name, "target" | ".git" | "wip" | "node_modules") {
            continue;
        }
        if path.is_dir() {
            gather(&path, files);
        } else if let Ok(text) = fs::read_to_string(&path) {
            files.push(Source { path: relative(&path), text });
        }
    }
}

/// Fails with every place where a line of these files has one of these words.
pub fn assert_none_says<'a>(lines: impl Iterator<Item = (String, usize, &'a str)>, words: &[&str], why: &str) {
    let found: Vec<_> = lines
        .filter(|(_, _, line)| words.iter().any(|word| line.contains(word)))
        .map(|(path, number, line)| format!("{path}:{number}: {}", line.trim()))
        .collect();
    assert!(found.is_empty(), "{why}:\n{}", found.join("\n"));
}
