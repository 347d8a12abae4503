//! Finding a Java runtime for the real servers.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// What the real Zeebe broker asks for.
const LEAST: u32 = 21;

/// The home of a Java runtime ≥ 21, or why there is none.
pub(crate) fn home() -> Result<PathBuf, String> {
    candidates()
        .into_iter()
        .find(|home| version(home).is_some_and(|version| version >= LEAST))
        .ok_or_else(|| format!("no Java runtime ≥ {LEAST}: set JAVA_HOME to one"))
}

/// Whether Maven can be called.
pub(crate) fn maven() -> Result<(), String> {
    match Command::new("mvn").arg("--version").output() {
        Ok(output) if output.status.success() => Ok(()),
        _ => Err("no Maven: install `mvn`".to_owned()),
    }
}

fn candidates() -> Vec<PathBuf> {
    let mut homes: Vec<PathBuf> = std::env::var_os("JAVA_HOME").map(PathBuf::from).into_iter().collect();
    if let Ok(installed) = std::fs::read_dir("/usr/lib/jvm") {
        homes.extend(installed.flatten().map(|entry| entry.path()));
    }
    homes.extend(on_the_path());
    homes
}

fn on_the_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let java = std::env::split_paths(&path).map(|folder| folder.join("java")).find(|java| java.is_file())?;
    Some(java.canonicalize().ok()?.parent()?.parent()?.to_owned())
}

fn version(home: &Path) -> Option<u32> {
    let output =
        Command::new(home.join("bin/java")).args(["-XshowSettings:properties", "-version"]).output().ok()?;
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find(|line| line.trim().starts_with("java.specification.version"))?;
    line.rsplit('=').next()?.trim().parse().ok()
}
