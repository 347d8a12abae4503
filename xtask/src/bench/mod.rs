//! `cargo xtask bench`: what is measured, each in a file of its own.

mod contest;
mod feel;
mod gateway;
mod inbound;
mod models;
mod outbound;
mod programs;
mod report;
mod size;
mod world;

use anyhow::Result;
use clap::Subcommand;

/// What to measure.
#[derive(Subcommand)]
pub(crate) enum Bench {
    /// Our FEEL engine beside FEEL-Scala.
    Feel,
    /// Our job worker beside the official Java client's, on the real broker.
    Gateway,
    /// From a job to a sent message, beside a loop of the calls that are needed for it.
    Outbound,
    /// From a queue to the engine, beside a loop of the calls that are needed for it; and 200 idle queues.
    Inbound,
    /// The release binary's size and the runtime's resident memory when idle.
    Size,
}

/// Runs one bench.
pub(crate) fn run(what: &Bench) -> Result<()> {
    match what {
        Bench::Feel => feel::run(),
        Bench::Gateway => gateway::run(),
        Bench::Outbound => outbound::run(),
        Bench::Inbound => inbound::run(),
        Bench::Size => size::run(),
    }
}
