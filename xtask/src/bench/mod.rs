//! `cargo xtask bench`: what is measured, each in a file of its own.

mod size;

use anyhow::Result;
use clap::Subcommand;

/// What to measure.
#[derive(Subcommand)]
pub(crate) enum Bench {
    /// The release binary's size and the runtime's resident memory when idle.
    Size,
}

/// Runs one bench.
pub(crate) fn run(what: &Bench) -> Result<()> {
    match what {
        Bench::Size => size::run(),
    }
}
