//! The programs that are measured, and how they are started.

use super::world::World;
use crate::{
    process::{Dialogue, Process},
    shell::{self, target},
};
use anyhow::Result;
use std::{
    path::Path,
    process::{Command, Stdio},
};

/// The servers are not what is measured, so they are built for speed here, though the binary has them small.
const FAST_SERVERS: &str = "profile.release.package.connector-testkit.opt-level=3";

/// Builds the binary and the programs beside it, together, so that they share their dependencies.
pub(super) fn build() -> Result<()> {
    let packages = ["--package", "sqs-connector", "--package", "bench-programs"];
    shell::cargo(&[&["build", "--release", "--locked", "--config", FAST_SERVERS], &packages[..]].concat())
}

/// One of the programs beside the binary.
pub(super) fn beside(arguments: &[&str]) -> Command {
    let mut command = Command::new(target().join("release/bench-programs"));
    command.args(arguments);
    command
}

/// The same, counting its allocations.
pub(super) fn counting(arguments: &[&str]) -> Command {
    let mut command = Command::new(target().join("release/counting-programs"));
    command.args(arguments);
    command
}

/// The connector as it ships, with the models of a folder.
pub(super) fn connector(world: &World, processes: &Path) -> Command {
    let mut command = Command::new(target().join("release/sqs-connector"));
    command.arg("run").arg("--processes").arg(processes);
    surroundings(&mut command, world);
    command
}

/// The connector's runtime in a program that counts its allocations.
pub(super) fn counted_connector(world: &World, processes: &Path) -> Command {
    let mut command = counting(&["connector", "--processes"]);
    command.arg(processes);
    surroundings(&mut command, world);
    command
}

fn surroundings(command: &mut Command, world: &World) {
    command
        .env("ZEEBE_ADDRESS", &world.gateway)
        .env("AWS_ENDPOINT_URL_SQS", &world.sqs)
        .env("SECRET_AWS_ACCESS_KEY", "test")
        .env("SECRET_AWS_SECRET_KEY", "test")
        // What it says of its queues is not what is looked at here.
        .env("SQS_CONNECTOR_LOG_LEVEL", "error");
}

/// Starts a program that is only measured; it shows its errors alone.
pub(super) fn start(command: &mut Command) -> Result<Process> {
    // A pipe that nobody writes to: the program ends when we do.
    Process::start(command.stdin(Stdio::piped()).stdout(Stdio::null()))
}

/// How many allocations a counting program makes for a job or message while `work` gives it so many.
pub(super) fn allocations(
    program: &mut Dialogue,
    count: usize,
    mut work: impl FnMut(usize) -> Result<()>,
) -> Result<f64> {
    work(count)?;
    program.ask("")?;
    work(count)?;
    let counted: f64 = program.ask("")?.parse()?;
    Ok(counted / super::report::real(count))
}
