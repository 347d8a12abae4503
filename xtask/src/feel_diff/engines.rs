//! The two engines as processes that answer JSON lines.

use super::compare;
use crate::{
    jdk,
    process::Process,
    shell::{self, target},
};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    process::{ChildStdin, ChildStdout, Command, Stdio},
    thread,
};

/// Where the clock stands for both engines.
pub(crate) const CLOCK: &str = "2026-03-15T14:30:45.123456Z[Etc/UTC]";

/// An expression and the scope that it is evaluated in.
#[derive(Clone, Debug)]
pub(super) struct Case {
    /// The expression.
    pub(super) text: String,
    /// Its variables.
    pub(super) scope: usize,
}

/// An engine that answers; it is started again when it ends early.
pub(super) struct Engine {
    command: Command,
    running: Option<Running>,
}

struct Running {
    /// Ends with the engine.
    _process: Process,
    /// `None` after it could not be written to.
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Engine {
    /// Ours, with the checks of a debug build.
    pub(super) fn ours() -> Result<Self> {
        shell::cargo(&["build", "--quiet", "--package", "connector-feel", "--example", "jsonl"])?;
        Ok(Self::new(Command::new(target().join("debug/examples/jsonl"))))
    }

    /// FEEL-Scala.
    pub(super) fn reference() -> Result<Self> {
        reference_command().map(Self::new)
    }

    fn new(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        Self { command, running: None }
    }

    /// The answers in order; `null` where the engine's process ended.
    pub(super) fn ask(&mut self, cases: &[Case], scopes: &[Value]) -> Result<Vec<Value>> {
        let mut answers = Vec::with_capacity(cases.len());
        while let Some(rest) = cases.get(answers.len()..).filter(|rest| !rest.is_empty()) {
            let before = answers.len();
            self.ask_until_it_ends(rest, scopes, &mut answers)?;
            if answers.len() < cases.len() {
                self.running = None;
                // It ends itself after an answer that it gave up; an end without one is the expression's doing.
                let gave_up = answers.len() > before && answers.last().is_some_and(compare::is_timeout);
                if !gave_up {
                    answers.push(Value::Null);
                }
            }
        }
        Ok(answers)
    }

    fn ask_until_it_ends(
        &mut self,
        cases: &[Case],
        scopes: &[Value],
        answers: &mut Vec<Value>,
    ) -> Result<()> {
        if self.running.is_none() {
            let mut process = Process::start(&mut self.command)?;
            let (input, output) = process.pipes()?;
            self.running = Some(Running { _process: process, input: Some(input), output });
        }
        let Running { input: kept_input, output, .. } = self.running.as_mut().context("not started")?;
        let mut input = kept_input.take().context("no standard input")?;
        let requests: String = cases.iter().map(|case| request(case, scopes)).collect();
        thread::scope(|scope| {
            // An engine that has ended takes no more requests; that shows in what it answers.
            let written = scope.spawn(move || {
                let _ = input.write_all(requests.as_bytes()).and_then(|()| input.flush());
                input
            });
            for _ in cases {
                let mut line = String::new();
                if output.read_line(&mut line)? == 0 {
                    return Ok(());
                }
                answers.push(serde_json::from_str(&line).with_context(|| format!("cannot read {line}"))?);
            }
            *kept_input = written.join().ok();
            Ok(())
        })
    }
}

fn request(case: &Case, scopes: &[Value]) -> String {
    let scope = scopes.get(case.scope).unwrap_or(&Value::Null);
    format!("{}\n", json!({"id": 0, "expr": case.text, "context": scope, "clock": CLOCK}))
}

/// FEEL-Scala behind JSON lines.
pub(crate) fn reference_command() -> Result<Command> {
    let clock = format!("-Dclock={CLOCK}");
    let options = ["-XX:+UseSerialGC", "-Xmx1g", "-Duser.timezone=Etc/UTC", "-Duser.language=en", &clock];
    jdk::program("feel-oracle", "FeelOracle", &options)
}
