//! The release binary's size and the runtime's resident memory when idle.

use crate::{
    process::Process,
    services,
    shell::{self, root, target},
};
use anyhow::{Result, bail};
use std::{
    fs,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

const TARGET_MIB: f64 = 25.0;
/// Long enough for consumers and worker to be up and to have nothing to do.
const SETTLE: Duration = Duration::from_secs(8);

/// Builds the release binary, starts it beside servers of the test kit, and prints both figures.
pub(crate) fn run() -> Result<()> {
    shell::cargo(&["build", "--release", "--package", "sqs-connector", "--locked"])?;
    let binary = target().join("release/sqs-connector");
    let size = mebibytes(fs::metadata(&binary)?.len());
    println!("release binary: {size:.1} MiB (target ≤ {TARGET_MIB} MiB)");

    let [sqs, zeebe] = services::free_ports()?;
    let start = |arguments: &[&str]| quietly(Command::new(&binary).args(arguments));
    let _sqs = start(&["dev", "sqs", "--listen", &format!("127.0.0.1:{sqs}")])?;
    let _zeebe = start(&["dev", "gateway", "--listen", &format!("127.0.0.1:{zeebe}")])?;
    thread::sleep(Duration::from_secs(1));
    let queue = |name: &str| format!("http://127.0.0.1:{sqs}/000000000000/{name}");
    let mut command = Command::new(&binary);
    command
        .arg("run")
        .arg("--processes")
        .arg(root().join("crates/sqs-connector/processes"))
        .env("ZEEBE_ADDRESS", format!("http://127.0.0.1:{zeebe}"))
        .env("AWS_ENDPOINT_URL_SQS", format!("http://127.0.0.1:{sqs}"))
        .env("SECRET_AWS_ACCESS_KEY", "test")
        .env("SECRET_AWS_SECRET_KEY", "test")
        .env("SECRET_ORDERS_QUEUE_URL", queue("orders"))
        .env("SECRET_PAYMENTS_QUEUE_URL", queue("payments"))
        .env("SECRET_CONFIRMATIONS_QUEUE_URL", queue("confirmations.fifo"));
    let runtime = quietly(&mut command)?;
    thread::sleep(SETTLE);
    let idle = runtime.resident_mebibytes()?;
    println!(
        "resident memory when idle (one worker, two consumers): {idle:.1} MiB (target ≤ {TARGET_MIB} MiB)"
    );
    if size > TARGET_MIB || idle > TARGET_MIB {
        bail!("a target is missed");
    }
    Ok(())
}

fn quietly(command: &mut Command) -> Result<Process> {
    Process::start(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()))
}

fn mebibytes(bytes: u64) -> f64 {
    u32::try_from(bytes / 1024).map_or(f64::MAX, |kibibytes| f64::from(kibibytes) / 1024.0)
}
