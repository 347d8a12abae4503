//! Everything that must be green, in the order that fails fastest.

use crate::{codegen, e2e, features, jdk, shell, tidy};
use anyhow::{Result, bail};

/// Runs all checks; the end-to-end suite only where it can run, unless it is required.
pub(crate) fn run(require_e2e: bool) -> Result<()> {
    let left_out = jdk::home().err().or_else(|| jdk::maven().err());
    if let (true, Some(reason)) = (require_e2e, &left_out) {
        bail!("the end-to-end suite is required, but there is {reason}");
    }
    shell::cargo(&["fmt", "--all", "--check"])?;
    tidy::run()?;
    codegen::run(true)?;
    shell::cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--locked",
        "--",
        "-D",
        "warnings",
    ])?;
    features::run()?;
    shell::cargo(&["test", "--workspace", "--locked"])?;
    documentation()?;
    match left_out {
        None => e2e::run(None)?,
        Some(reason) => println!("\nleft out: the end-to-end suite ({reason})"),
    }
    println!("\nall green");
    Ok(())
}

fn documentation() -> Result<()> {
    let arguments = ["doc", "--workspace", "--no-deps", "--locked"];
    shell::run(shell::command(&shell::cargo_program(), &arguments).env("RUSTDOCFLAGS", "-D warnings"))
}
