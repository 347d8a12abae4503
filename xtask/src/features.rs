//! `xtask features`: every crate compiles without its features, and with each of them alone.

use crate::shell;
use anyhow::{Context, Result};
use serde_json::Value;

/// Checks all crates that have features.
///
/// # Errors
/// A crate does not compile in one of the ways.
pub(crate) fn run() -> Result<()> {
    let arguments = ["metadata", "--no-deps", "--format-version", "1", "--locked"];
    let metadata = shell::output(&mut shell::command(&shell::cargo_program(), &arguments))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    for package in metadata.get("packages").and_then(Value::as_array).context("no packages")? {
        let name = package.get("name").and_then(Value::as_str).context("a package without a name")?;
        let features = package.get("features").and_then(Value::as_object).context("no features")?;
        if features.is_empty() {
            continue;
        }
        check(name, None)?;
        for feature in features.keys().filter(|feature| *feature != "default") {
            check(name, Some(feature))?;
        }
    }
    Ok(())
}

fn check(package: &str, feature: Option<&str>) -> Result<()> {
    let mut arguments = vec!["clippy", "--locked", "--package", package, "--no-default-features"];
    arguments.extend(feature.iter().flat_map(|feature| ["--features", feature]));
    arguments.extend(["--", "-D", "warnings"]);
    shell::cargo(&arguments)
}
