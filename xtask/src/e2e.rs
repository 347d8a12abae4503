//! The end-to-end suite: starts the real servers, runs the tests of `e2e-tests`, stops the servers.

use crate::{
    conformance, proto_compat, services,
    shell::{self, target},
};
use anyhow::Result;

/// Runs the suite; `filter` limits it to tests whose name contains it.
pub(crate) fn run(filter: Option<&str>) -> Result<()> {
    shell::cargo(&["build", "--package", "sqs-connector", "--locked"])?;
    if filter.is_none() {
        proto_compat::run(&[])?;
    }
    let zeebe = services::zeebe(services::ZEEBE)?;
    let sqs = services::elasticmq()?;
    if filter.is_none() {
        conformance::run(&sqs.address)?;
    }
    let mut arguments =
        vec!["test", "--package", "e2e-tests", "--features", "real-servers", "--locked", "--"];
    arguments.extend(["--nocapture", "--test-threads", "1"]);
    arguments.extend(filter);
    shell::run(
        shell::command(&shell::cargo_program(), &arguments)
            .env("E2E_BINARY", target().join("debug/sqs-connector"))
            .env("E2E_ZEEBE", &zeebe.address)
            .env("E2E_SQS", &sqs.address),
    )
}
