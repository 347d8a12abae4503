//! The end-to-end suite: starts the real servers, runs the tests of `e2e-tests`, stops the servers.

use crate::{
    conformance,
    kept_broker::KeptBroker,
    proto_compat,
    services::{self, Service},
    shell::{self, target},
};
use anyhow::Result;
use std::process::Command;

/// The oldest line with job streams.
const OLDEST: &str = "8.5.8";

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
    shell::run(
        tests(&[], filter)
            .env("E2E_BINARY", target().join("debug/sqs-connector"))
            .env("E2E_ZEEBE", &zeebe.address)
            .env("E2E_ZEEBE_KILL", &zeebe.switch)
            .env("E2E_SQS", &sqs.address)
            .env("E2E_REST_API", proto_compat::rest_api()?),
    )
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
