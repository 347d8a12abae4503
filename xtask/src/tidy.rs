//! The rules that no compiler checks: arrows between crates, file headers, words that do not belong here.

use crate::shell::{self, root};
use anyhow::{Result, bail};
use serde_json::Value;
use std::{fs, path::Path, path::PathBuf};

/// Which of our crates each of our crates may use. An arrow that is not here is an error.
const ARROWS: &[(&str, &[&str])] = &[
    ("connector-core", &[]),
    ("feel-rs", &[]),
    ("zeebe-proto", &[]),
    ("connector-feel", &["connector-core", "feel-rs"]),
    ("connector-secrets", &["connector-core"]),
    ("connector-bpmn", &["connector-core"]),
    ("sqs-transport", &["connector-core"]),
    ("zeebe-gateway", &["connector-core", "zeebe-proto"]),
    ("connector-binding", &["connector-core", "connector-feel", "connector-secrets"]),
    (
        "sqs-outbound",
        &["connector-binding", "connector-core", "connector-feel", "connector-secrets", "sqs-transport"],
    ),
    (
        "sqs-inbound",
        &[
            "connector-binding",
            "connector-bpmn",
            "connector-core",
            "connector-feel",
            "connector-secrets",
            "sqs-transport",
        ],
    ),
    (
        "connector-runtime",
        &[
            "connector-binding",
            "connector-bpmn",
            "connector-core",
            "connector-feel",
            "connector-secrets",
            "sqs-inbound",
            "sqs-outbound",
            "sqs-transport",
            "zeebe-gateway",
        ],
    ),
    ("connector-testkit", &["connector-core", "connector-feel", "zeebe-proto"]),
    (
        "sqs-connector",
        &[
            "connector-core",
            "connector-feel",
            "connector-runtime",
            "connector-testkit",
            "sqs-transport",
            "zeebe-gateway",
        ],
    ),
    (
        "bench-programs",
        &["connector-core", "connector-runtime", "connector-testkit", "zeebe-gateway", "zeebe-proto"],
    ),
    ("e2e-tests", &["connector-core", "zeebe-gateway", "zeebe-proto"]),
    ("xtask", &[]),
];

/// What every crate may use in its tests.
const FOR_TESTS: &[&str] = &["connector-testkit", "e2e-tests", "zeebe-proto"];

/// Places and registries that the project must not name, in two halves so that this file is clean too.
const FOREIGN: &[(&str, &str)] = &[
    ("../", "shared"),
    ("/wo", "rk/"),
    ("/ro", "ot/"),
    ("/ho", "me/"),
    ("repo1.ma", "ven"),
    ("static.crates", ".io"),
];

/// One TLS stack: rustls with aws-lc-rs.
const BANNED: [&str; 4] = ["ring", "openssl-sys", "native-tls", "openssl"];

/// Checks everything and prints every finding before it fails.
pub(crate) fn run() -> Result<()> {
    let mut findings = arrows()?;
    findings.extend(banned_crates()?);
    for file in tracked_files()? {
        findings.extend(file_rules(&file)?);
    }
    for finding in &findings {
        eprintln!("tidy: {finding}");
    }
    if !findings.is_empty() {
        bail!("tidy found {} thing(s) to mend", findings.len());
    }
    println!("tidy: the arrows, the files and the crates are as they should be");
    Ok(())
}

fn arrows() -> Result<Vec<String>> {
    let metadata = shell::output(&mut shell::command(
        &shell::cargo_program(),
        &["metadata", "--format-version", "1", "--no-deps", "--offline", "--locked"],
    ))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages = metadata.get("packages").and_then(Value::as_array).cloned().unwrap_or_default();
    let ours: Vec<&str> = packages.iter().filter_map(name).collect();
    let mut findings = Vec::new();
    for package in &packages {
        let from = name(package).unwrap_or_default();
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == from) else {
            findings.push(format!("{from}: not in the arrow table of xtask/src/tidy.rs"));
            continue;
        };
        findings.extend(crate_rules(from, package));
        for dependency in package.get("dependencies").and_then(Value::as_array).into_iter().flatten() {
            let to = name(dependency).unwrap_or_default();
            let in_tests = dependency.get("kind").and_then(Value::as_str) == Some("dev");
            let known = allowed.contains(&to) || (in_tests && (FOR_TESTS.contains(&to) || to == from));
            if ours.contains(&to) && !known {
                findings.push(format!("{from} → {to}: not an arrow of the house; see ARCHITECTURE.md"));
            }
        }
    }
    Ok(findings)
}

fn banned_crates() -> Result<Vec<String>> {
    let arguments = ["tree", "--workspace", "--all-features", "--prefix", "none", "--locked"];
    let tree = shell::output(&mut shell::command(&shell::cargo_program(), &arguments))?;
    let used = |banned: &&&str| tree.lines().any(|line| line.split_whitespace().next() == Some(**banned));
    Ok(BANNED
        .iter()
        .filter(used)
        .map(|banned| format!("{banned} came in; `cargo tree -i {banned}` says with whom"))
        .collect())
}

fn name(item: &Value) -> Option<&str> {
    item.get("name").and_then(Value::as_str)
}

fn crate_rules(from: &str, package: &Value) -> Vec<String> {
    let mut findings = Vec::new();
    let Some(folder) =
        package.get("manifest_path").and_then(Value::as_str).and_then(|path| Path::new(path).parent())
    else {
        return findings;
    };
    let library = fs::read_to_string(folder.join("src/lib.rs")).unwrap_or_default();
    let generated = from == "zeebe-proto";
    if !library.is_empty() && !generated {
        if !library.contains("//! ```") && !library.contains("include_str!(\"../README.md\")") {
            findings.push(format!("{from}: lib.rs has no doctest"));
        }
        if !library.contains("//! Invariant:") {
            findings.push(format!("{from}: lib.rs names no `Invariant:`"));
        }
    }
    if from != "xtask" && !folder.join("README.md").is_file() {
        findings.push(format!("{from}: no README.md"));
    }
    findings
}

fn tracked_files() -> Result<Vec<PathBuf>> {
    let listing = shell::output(&mut shell::command(
        "git",
        &["ls-files", "--cached", "--others", "--exclude-standard"],
    ))?;
    Ok(listing.lines().map(PathBuf::from).collect())
}

fn file_rules(file: &Path) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    let Ok(text) = fs::read_to_string(root().join(file)) else { return Ok(findings) };
    let shown = file.display();
    let is_rust = file.extension().is_some_and(|extension| extension == "rs");
    let generated = shown.to_string().contains("/generated/");
    if is_rust && !generated && !text.starts_with("//!") {
        findings.push(format!("{shown}: the first line is not a `//!` that says what the file is"));
    }
    let is_corpus = shown.to_string().contains("/corpus/") || shown.to_string().contains("/golden/");
    if !is_corpus {
        for (head, tail) in FOREIGN {
            if text.contains(&format!("{head}{tail}")) {
                findings.push(format!("{shown}: names `{head}{tail}`, which is not of this project"));
            }
        }
    }
    Ok(findings)
}
