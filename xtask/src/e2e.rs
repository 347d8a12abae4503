//! The end-to-end suite: starts the real servers, runs the tests of `e2e-tests`, stops the servers.

use crate::{
    conformance,
    kept_broker::KeptBroker,
    proto_compat,
    services::{self, Service},
    shell::{self, target},
};
use anyhow::Result;
use clap::Args;
use std::process::Command;

/// The oldest line with job streams.
const OLDEST: &str = "8.5.8";

/// How large the crash tests are; the suite runs them smaller.
#[derive(Args)]
pub(crate) struct CrashSize {
    /// How often the binary is killed at a labelled point of its work, on the test kit's servers.
    #[arg(long, default_value_t = 50)]
    points: usize,
    /// How many messages flow meanwhile.
    #[arg(long, default_value_t = 20_000)]
    point_messages: usize,
    /// How often the binary and the real broker are killed in turn.
    #[arg(long, default_value_t = 20)]
    kills: usize,
    /// How many messages flow meanwhile.
    #[arg(long, default_value_t = 10_000)]
    messages: usize,
    /// Which points and which moments.
    #[arg(long, default_value_t = 1)]
    seed: usize,
}

/// Runs the crash tests alone, at their full size.
pub(crate) fn crash(size: &CrashSize) -> Result<()> {
    shell::cargo(&["build", "--package", "sqs-connector", "--locked"])?;
    let (zeebe, sqs) = (KeptBroker::start(services::ZEEBE)?, services::elasticmq()?);
    let mut command = tests(&["--test", "crash"], None);
    for (name, value) in [
        ("CRASH_POINTS", size.points),
        ("CRASH_POINT_MESSAGES", size.point_messages),
        ("CRASH_KILLS", size.kills),
        ("CRASH_MESSAGES", size.messages),
        ("CRASH_SEED", size.seed),
    ] {
        command.env(name, value.to_string());
    }
    shell::run(with_servers(&mut command, &zeebe, &sqs))
}

/// Runs the suite; `filter` limits it to tests whose name contains it, on the main broker alone.
pub(crate) fn run(filter: Option<&str>) -> Result<()> {
    shell::cargo(&["build", "--package", "sqs-connector", "--locked"])?;
    if filter.is_none() {
        proto_compat::run(&[])?;
    }
    on_the_main_broker(filter)?;
    if filter.is_none() {
        commands_on(&services::zeebe(OLDEST)?, "on")?;
        // It gives out jobs to polls alone.
        commands_on(&services::zeebe_in_memory()?, "off")?;
    }
    Ok(())
}

fn on_the_main_broker(filter: Option<&str>) -> Result<()> {
    let zeebe = KeptBroker::start(services::ZEEBE)?;
    let sqs = services::elasticmq()?;
    if filter.is_none() {
        conformance::run(&sqs.address)?;
    }
    let mut command = tests(&[], filter);
    shell::run(with_servers(&mut command, &zeebe, &sqs).env("E2E_REST_API", proto_compat::rest_api()?))
}

fn with_servers<'a>(command: &'a mut Command, zeebe: &KeptBroker, sqs: &Service) -> &'a mut Command {
    command
        .env("E2E_BINARY", target().join("debug/sqs-connector"))
        .env("E2E_ZEEBE", &zeebe.address)
        .env("E2E_ZEEBE_KILL", &zeebe.switch)
        .env("E2E_SQS", &sqs.address)
}

/// Every command of our client on another engine.
fn commands_on(engine: &Service, streams: &str) -> Result<()> {
    let mut command = tests(&["--test", "gateway"], Some("every_engine"));
    shell::run(command.env("E2E_ZEEBE", &engine.address).env("E2E_STREAMS", streams))
}

fn tests(which: &[&str], filter: Option<&str>) -> Command {
    let mut arguments = vec!["test", "--package", "e2e-tests", "--features", "real-servers", "--locked"];
    arguments.extend(which);
    arguments.extend(["--", "--nocapture", "--test-threads", "1"]);
    arguments.extend(filter);
    shell::command(&shell::cargo_program(), &arguments)
}
