//! The two engines as processes that answer JSON lines.

use super::compare;
use crate::{
    jdk,
    shell::{self, root, target},
};
use anyhow::{Context, Result, anyhow};
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
    thread,
};

/// Where the clock stands for both engines.
pub(crate) const CLOCK: &str = "2026-03-15T14:30:45.123456Z[Etc/UTC]";
const CLASSPATH: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:build-classpath";

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
    process: Option<(Child, BufReader<ChildStdout>)>,
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
        Self { command, process: None }
    }

    /// The answers in order; `null` where the engine's process ended.
    pub(super) fn ask(&mut self, cases: &[Case], scopes: &[Value]) -> Result<Vec<Value>> {
        let mut answers = Vec::with_capacity(cases.len());
        while let Some(rest) = cases.get(answers.len()..).filter(|rest| !rest.is_empty()) {
            self.ask_until_it_ends(rest, scopes, &mut answers)?;
            let is_stuck = answers.last().is_some_and(compare::is_timeout);
            if is_stuck || answers.len() < cases.len() {
                self.stop();
            }
            if !is_stuck && answers.len() < cases.len() {
                answers.push(Value::Null);
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
        if self.process.is_none() {
            let mut child =
                self.command.spawn().with_context(|| format!("cannot start {:?}", self.command))?;
            let out = child.stdout.take().context("no standard output")?;
            self.process = Some((child, BufReader::new(out)));
        }
        let (child, out) = self.process.as_mut().context("not started")?;
        let mut input = child.stdin.take().context("no standard input")?;
        let requests: String = cases.iter().map(|case| request(case, scopes)).collect();
        thread::scope(|scope| {
            // An engine that has ended takes no more requests; that shows in what it answers.
            let written = scope.spawn(move || {
                let _ = input.write_all(requests.as_bytes()).and_then(|()| input.flush());
                input
            });
            for _ in cases {
                let mut line = String::new();
                if out.read_line(&mut line)? == 0 {
                    return Ok(());
                }
                let answer = serde_json::from_str(&line).with_context(|| format!("cannot read {line}"))?;
                let is_stuck = compare::is_timeout(&answer);
                answers.push(answer);
                if is_stuck {
                    // Its thread goes on for ever; only the process can be stopped.
                    child.kill()?;
                    return Ok(());
                }
            }
            child.stdin = written.join().ok();
            Ok(())
        })
    }

    fn stop(&mut self) {
        if let Some((mut child, _)) = self.process.take() {
            // A process that has ended already is as good as one that is stopped.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop();
    }
}

fn request(case: &Case, scopes: &[Value]) -> String {
    let scope = scopes.get(case.scope).unwrap_or(&Value::Null);
    format!("{}\n", json!({"id": 0, "expr": case.text, "context": scope, "clock": CLOCK}))
}

/// FEEL-Scala behind JSON lines; Java compiles the harness when it starts.
pub(crate) fn reference_command() -> Result<Command> {
    let java = jdk::home().map_err(|reason| anyhow!(reason))?;
    let classpath = classpath()?;
    let mut command = Command::new(java.join("bin/java"));
    command
        .args(["-XX:+UseSerialGC", "-Xmx1g", "-Duser.timezone=Etc/UTC", "-Duser.language=en"])
        .arg(format!("-Dclock={CLOCK}"))
        .args(["-cp", &classpath])
        .arg(root().join("xtask/feel-oracle/FeelOracle.java"));
    Ok(command)
}

/// What Maven says that the harness needs; asked once for each state of its pom.
fn classpath() -> Result<String> {
    let pom = root().join("xtask/feel-oracle/pom.xml");
    let folder = target().join("feel-oracle");
    let (kept_pom, kept) = (folder.join("pom.xml"), folder.join("classpath"));
    fs::create_dir_all(&folder)?;
    let wanted = fs::read_to_string(&pom)?;
    let is_kept = fs::read_to_string(&kept_pom).is_ok_and(|known| known == wanted);
    if let Some(known) = fs::read_to_string(&kept).ok().filter(|known| is_kept && all_exist(known)) {
        return Ok(known);
    }
    jdk::maven().map_err(|reason| anyhow!(reason))?;
    let mut command = Command::new("mvn");
    command
        .args(["-q", "-B", CLASSPATH, "-f"])
        .arg(&pom)
        .arg(format!("-Dmdep.outputFile={}", kept.display()));
    shell::run(&mut command)?;
    fs::write(&kept_pom, wanted)?;
    Ok(fs::read_to_string(&kept)?)
}

fn all_exist(classpath: &str) -> bool {
    classpath.split(':').all(|jar| PathBuf::from(jar).is_file())
}
