//! FEEL: our engine beside FEEL-Scala on expressions that connector users write, and alone on hostile ones.
//!
//! Like is compared with like: `evaluate` ends with each engine's own result (a `Value` here, a Java object there), `to JSON`
//! goes on to the text of a process variable on both sides, `with parse` starts from the text of the expression.

use crate::{
    feel_diff::engines,
    shell::{self, root, target},
};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What is measured, its title, and which part of the reference's time it may take; the way to JSON is shown only, as
/// most of it is writing text on both sides.
const FIGURES: [(&str, &str, Option<f64>); 3] = [
    ("evaluate", "evaluate", Some(0.1)),
    ("to_json", "to JSON", None),
    ("parse_evaluate", "with parse", Some(1.0)),
];

/// No hostile expression may take longer.
const LONGEST_MILLISECONDS: f64 = 1000.0;

/// Runs both engines on the cases, one after the other, and prints their figures side by side; then the hostile ones.
pub(crate) fn run() -> Result<()> {
    shell::cargo(&["build", "--release", "--package", "feel-rs", "--examples", "--locked"])?;
    let cases = root().join("crates/feel-rs/examples/bench-cases.jsonl");
    let ours = figures(&mut example("bench"), &cases)?;
    let allocations = figures(&mut example("allocations"), &cases)?;
    let reference = figures(engines::reference_command()?.arg("bench"), &cases)?;
    println!("\nnanoseconds of CPU time, median of rounds; FEEL-Scala 1.21.0 warmed up");
    print!("{:16}", "case");
    for (_, title, _) in FIGURES {
        print!(" {title:>12} {:>10} {:>6}", "FEEL-Sc.", "ratio");
    }
    println!(" {:>12}", "allocations");
    let mut misses = 0;
    for ((ours, reference), allocations) in ours.iter().zip(&reference).zip(&allocations) {
        print!("{:16}", text(ours, "id"));
        for (name, _, target) in FIGURES {
            let (time, against) = (number(ours, name)?, number(reference, name)?);
            print!(" {time:>12.0} {against:>10.0} {:>6.3}", time / against);
            misses += usize::from(target.is_some_and(|target| time > target * against));
        }
        println!(" {:>12}", number(allocations, "evaluate")?);
    }
    let late = hostile()?;
    if misses + late > 0 {
        bail!(
            "{misses} target(s) missed: evaluation ≤ 0.1 of FEEL-Scala's time, with parse ≤ 1; {late} hostile expression(s) \
             took longer than {LONGEST_MILLISECONDS} ms"
        );
    }
    Ok(())
}

/// How many hostile expressions took too long.
fn hostile() -> Result<usize> {
    let answers = answers(&mut example("hostile"))?;
    println!("\n{:34} {:>12}  answer", "hostile expression", "milliseconds");
    let mut late = 0;
    for answer in &answers {
        let milliseconds = number(answer, "milliseconds")?;
        println!("{:34} {milliseconds:>12.1}  {}", text(answer, "id"), text(answer, "answer"));
        late += usize::from(milliseconds > LONGEST_MILLISECONDS);
    }
    Ok(late)
}

fn example(name: &str) -> Command {
    let path: PathBuf = target().join("release/examples").join(name);
    Command::new(path)
}

fn figures(command: &mut Command, cases: &Path) -> Result<Vec<Value>> {
    let cases_file = File::open(cases).with_context(|| format!("cannot read {}", cases.display()))?;
    let figures = answers(command.stdin(cases_file))?;
    if figures.len() != fs::read_to_string(cases)?.lines().count() {
        bail!("{} did not measure all cases", command.get_program().to_string_lossy());
    }
    Ok(figures)
}

fn answers(command: &mut Command) -> Result<Vec<Value>> {
    let shown = command.get_program().to_string_lossy().into_owned();
    println!("\n> {shown}");
    let output = command.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        bail!("{shown} failed: {}", output.status);
    }
    Ok(String::from_utf8(output.stdout)?.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

fn number(figures: &Value, name: &str) -> Result<f64> {
    figures.get(name).and_then(Value::as_f64).with_context(|| format!("no figure `{name}` in {figures}"))
}

fn text<'f>(figures: &'f Value, name: &str) -> &'f str {
    figures.get(name).and_then(Value::as_str).unwrap_or_default()
}
