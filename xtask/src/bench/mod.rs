//! `cargo xtask bench`: what is measured, each in a file of its own.

mod feel;
mod size;

use anyhow::Result;
use clap::Subcommand;

/// What to measure.
#[derive(Subcommand)]
pub(crate) enum Bench {
    /// Our FEEL engine beside FEEL-Scala.
    Feel,
    /// The release binary's size and the runtime's resident memory when idle.
    Size,
}

/// Runs one bench.
pub(crate) fn run(what: &Bench) -> Result<()> {
    match what {
        Bench::Feel => feel::run(),
        Bench::Size => size::run(),
    }
}
