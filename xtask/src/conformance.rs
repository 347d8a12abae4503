//! SQS as boto3 sees it: the server for development has to pass every check, the real one is shown beside it.

use crate::{
    process::Process,
    services,
    shell::{self, root, target},
};
use anyhow::Result;
use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

/// Runs the checks against `dev sqs` of the debug binary, then against another server for comparison.
pub(crate) fn run(other: &str) -> Result<()> {
    let python = python_with_boto3()?;
    let [port] = services::free_ports()?;
    let address = format!("127.0.0.1:{port}");
    let mut server = Command::new(target().join("debug/sqs-connector"));
    server.args(["dev", "sqs", "--listen", &address, "--key", "test:test", "--strict"]);
    let _server = Process::start(server.stdout(Stdio::null()))?;
    println!("\nboto3 against the server for development:");
    shell::run(&mut checks(&python, &format!("http://{address}")))?;
    println!("\nboto3 against ElasticMQ, for comparison:");
    // Where the real server differs from AWS is for the reader to see, not a failure of ours.
    checks(&python, other).status()?;
    Ok(())
}

fn checks(python: &PathBuf, endpoint: &str) -> Command {
    let script = root().join("crates/connector-testkit/tests/boto3_conformance.py");
    let mut command = Command::new(python);
    command.arg(script).args(["--endpoint", endpoint]);
    command
}

fn python_with_boto3() -> Result<PathBuf> {
    let folder = target().join("e2e/python");
    let python = folder.join("bin/python");
    let has_boto3 = |python: &PathBuf| {
        Command::new(python).args(["-c", "import boto3"]).output().is_ok_and(|output| output.status.success())
    };
    if !has_boto3(&python) {
        shell::run(shell::command("python3", &["-m", "venv"]).arg(&folder))?;
        shell::run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "boto3"]))?;
    }
    Ok(python)
}
