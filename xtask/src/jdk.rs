//! Finding a Java runtime for the real servers, and what our small Java programs run with.

use crate::shell::{self, root, target};
use anyhow::{Result, anyhow};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const CLASSPATH: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:build-classpath";

/// What the real Zeebe broker asks for.
const LEAST: u32 = 21;

/// The home of a Java runtime ≥ 21, or why there is none.
pub(crate) fn home() -> std::result::Result<PathBuf, String> {
    candidates()
        .into_iter()
        .find(|home| version(home).is_some_and(|version| version >= LEAST))
        .ok_or_else(|| format!("no Java runtime ≥ {LEAST}: set JAVA_HOME to one"))
}

/// Whether Maven can be called.
pub(crate) fn maven() -> std::result::Result<(), String> {
    match Command::new("mvn").arg("--version").output() {
        Ok(output) if output.status.success() => Ok(()),
        _ => Err("no Maven: install `mvn`".to_owned()),
    }
}

/// A Java program of ours, `xtask/<folder>/<class>.java`; Java compiles it when it starts.
pub(crate) fn program(folder: &str, class: &str, options: &[&str]) -> Result<Command> {
    let java = home().map_err(|reason| anyhow!(reason))?;
    let mut command = Command::new(java.join("bin/java"));
    let source = root().join("xtask").join(folder).join(format!("{class}.java"));
    command.args(options).args(["-cp", &classpath(folder)?]).arg(source);
    Ok(command)
}

/// What Maven says that a program needs; asked once for each state of its pom.
fn classpath(folder: &str) -> Result<String> {
    let pom = root().join("xtask").join(folder).join("pom.xml");
    let folder = target().join(folder);
    let (kept_pom, kept) = (folder.join("pom.xml"), folder.join("classpath"));
    fs::create_dir_all(&folder)?;
    let wanted = fs::read_to_string(&pom)?;
    let is_kept = fs::read_to_string(&kept_pom).is_ok_and(|known| known == wanted);
    if let Some(known) = fs::read_to_string(&kept).ok().filter(|known| is_kept && all_exist(known)) {
        return Ok(known);
    }
    maven().map_err(|reason| anyhow!(reason))?;
    let mut command = Command::new("mvn");
    command
        .args(["-q", "-B", CLASSPATH, "-f"])
        .arg(&pom)
        .arg(format!("-Dmdep.outputFile={}", kept.display()));
    shell::run(&mut command)?;
    fs::write(&kept_pom, wanted)?;
    Ok(fs::read_to_string(&kept)?)
}

fn all_exist(classpath: &str) -> bool {
    classpath.split(':').all(|jar| PathBuf::from(jar).is_file())
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
