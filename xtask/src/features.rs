//! Every feature set that somebody may build: none, each alone, and all together.

use serde_json::Value;

use crate::{
    metadata::metadata,
    run::{Done, cargo, run},
};

/// A package and its features.
struct Package {
    name: String,
    features: Vec<String>,
}

/// Checks and tests each package with no features and with each of its features alone. All together is what every other command
/// builds. What needs more features than a set has is left out of it, and runs with all.
pub(crate) fn each() -> Done {
    for Package { name, features } in packages()? {
        let alone = features.iter().map(String::as_str);
        for set in std::iter::once("").chain(alone) {
            let chosen = ["-p", &name, "--no-default-features", "--features", set];
            let mut clippy = cargo(&["clippy", "--quiet", "--all-targets"]);
            run(clippy.args(chosen).args(["--", "-D", "warnings"]))?;
            run(cargo(&["test", "--quiet"]).args(chosen))?;
        }
    }
    Ok(())
}

/// The packages of the workspace that have features.
fn packages() -> Result<Vec<Package>, String> {
    let metadata = metadata()?;
    let listed = metadata["packages"].as_array().ok_or("`cargo metadata` lists no packages")?;
    let package = |package: &Value| {
        let features = package["features"].as_object()?.keys().filter(|feature| *feature != "default");
        Some(Package { name: package["name"].as_str()?.to_owned(), features: features.cloned().collect() })
    };
    Ok(listed.iter().filter_map(package).filter(|package| !package.features.is_empty()).collect())
}
