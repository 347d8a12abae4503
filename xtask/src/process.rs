//! A child process that ends with its owner, and what it has used so far.

use anyhow::{Context, Result, bail};
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio},
};

/// The unit of CPU times in `/proc`: Linux promises a hundred a second to programs.
const TICKS_A_SECOND: f64 = 100.0;

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

    /// The CPU time that it has used, in seconds, all threads together.
    pub(crate) fn cpu_seconds(&self) -> Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The program's name is in parentheses and may hold spaces; user and system time are the 12th and 13th behind it.
        let (_, fields) = stat.rsplit_once(')').context("no name in stat")?;
        let times = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
        Ok(times.sum::<Result<f64, _>>()? / TICKS_A_SECOND)
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

/// A process that answers each line with a line.
pub(crate) struct Dialogue {
    /// Ends with the dialogue.
    _process: Process,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Dialogue {
    /// Starts a program with its standard input and output piped.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let mut process = Process::start(command.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
        let (input, output) = process.pipes()?;
        Ok(Self { _process: process, input, output })
    }

    /// Says a line and waits for the answer.
    pub(crate) fn ask(&mut self, line: &str) -> Result<String> {
        writeln!(self.input, "{line}").context("the program listens no more")?;
        self.hear()
    }

    /// Waits for a line.
    pub(crate) fn hear(&mut self) -> Result<String> {
        let mut answer = String::new();
        if self.output.read_line(&mut answer)? == 0 {
            bail!("the program ended without an answer");
        }
        Ok(answer.trim_end().to_owned())
    }
}
