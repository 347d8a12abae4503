//! A child process that ends with its owner, and what it has used so far.

use anyhow::{Context, Result};
use std::{
    fs,
    io::BufReader,
    process::{Child, ChildStdin, ChildStdout, Command, ExitStatus},
};

/// A process that is killed when this is dropped.
pub(crate) struct Process {
    child: Child,
}

impl Process {
    /// Starts a program.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command.spawn().with_context(|| format!("cannot start {program}"))?;
        Ok(Self { child })
    }

    /// How it ended, when it has.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Ends it.
    pub(crate) fn kill(&mut self) {
        // A process that has ended already is as good as one that is stopped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Its standard input and output, when they were piped and nobody has taken them yet.
    pub(crate) fn pipes(&mut self) -> Result<(ChildStdin, BufReader<ChildStdout>)> {
        let (input, output) = (self.child.stdin.take(), self.child.stdout.take());
        Ok((input.context("no standard input")?, BufReader::new(output.context("no standard output")?)))
    }

    /// The memory that it has resident, in MiB.
    pub(crate) fn resident_mebibytes(&self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
        let kibibytes: f64 = line.split_whitespace().nth(1).context("VmRSS has no number")?.parse()?;
        Ok(kibibytes / 1024.0)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
