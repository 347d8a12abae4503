//! The release binary's size and the runtime's resident memory when idle.

use crate::{
    services,
    shell::{self, root, target},
};
use anyhow::{Context, Result, bail};
use std::{
    fs,
    process::{Child, Command, Stdio},
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
    let start = |arguments: &[&str]| Running::start(Command::new(&binary).args(arguments));
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
    let runtime = Running::start(&mut command)?;
    thread::sleep(SETTLE);
    let idle = runtime.resident_kibibytes()?;
    println!(
        "resident memory when idle (one worker, two consumers): {:.1} MiB (target ≤ {TARGET_MIB} MiB)",
        idle / 1024.0
    );
    if size > TARGET_MIB || idle / 1024.0 > TARGET_MIB {
        bail!("a target is missed");
    }
    Ok(())
}

struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Result<Self> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Ok(Self(child.context("cannot start the release binary")?))
    }

    fn resident_kibibytes(&self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
        let number = line.split_whitespace().nth(1).context("VmRSS has no number")?;
        Ok(number.parse()?)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A process that has ended already is as good as one that is stopped.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn mebibytes(bytes: u64) -> f64 {
    u32::try_from(bytes / 1024).map_or(f64::MAX, |kibibytes| f64::from(kibibytes) / 1024.0)
}
