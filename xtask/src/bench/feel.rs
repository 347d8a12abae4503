//! FEEL: our engine beside FEEL-Scala, on expressions that connector users write.

use crate::{
    feel_diff::engines,
    shell::{self, root, target},
};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::{
    fs::{self, File},
    path::Path,
    process::{Command, Stdio},
};

/// Our evaluation may take this part of the reference's; with parsing it may take as long.
const TARGET: f64 = 0.1;

/// Runs both engines on the cases, one after the other, and prints their figures side by side.
pub(crate) fn run() -> Result<()> {
    shell::cargo(&["build", "--release", "--package", "feel-rs", "--example", "bench", "--locked"])?;
    let cases = root().join("crates/feel-rs/examples/bench-cases.jsonl");
    let ours = figures(&mut Command::new(target().join("release/examples/bench")), &cases)?;
    let reference = figures(engines::reference_command()?.arg("bench"), &cases)?;
    println!("\nnanoseconds of CPU time, median of rounds; FEEL-Scala 1.21.0 warmed up");
    println!(
        "{:16} {:>10} {:>10} {:>7} {:>7}  {:>10} {:>10} {:>7} {:>7}",
        "case", "evaluate", "FEEL-Sc.", "ratio", "allocs", "with parse", "FEEL-Sc.", "ratio", "allocs"
    );
    let mut misses = 0;
    for (ours, reference) in ours.iter().zip(&reference) {
        let (evaluate, against) = (number(ours, "evaluate")?, number(reference, "evaluate")?);
        let (parse, parse_against) = (number(ours, "parse_evaluate")?, number(reference, "parse_evaluate")?);
        let id = ours.get("id").and_then(Value::as_str).unwrap_or_default();
        println!(
            "{id:16} {evaluate:>10.0} {against:>10.0} {:>7.3} {:>7}  {parse:>10.0} {parse_against:>10.0} {:>7.3} {:>7}",
            evaluate / against,
            number(ours, "allocations")?,
            parse / parse_against,
            number(ours, "parse_allocations")?,
        );
        misses += usize::from(evaluate > TARGET * against) + usize::from(parse > parse_against);
    }
    if misses > 0 {
        bail!(
            "{misses} target(s) missed: evaluation ≤ {TARGET} of FEEL-Scala's, parse and evaluation ≤ its own"
        );
    }
    Ok(())
}

fn figures(command: &mut Command, cases: &Path) -> Result<Vec<Value>> {
    let shown = command.get_program().to_string_lossy().into_owned();
    println!("\n> {shown} < {}", cases.display());
    let cases_file = File::open(cases).with_context(|| format!("cannot read {}", cases.display()))?;
    let output = command.stdin(cases_file).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        bail!("{shown} failed: {}", output.status);
    }
    let figures: Vec<Value> =
        String::from_utf8(output.stdout)?.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    if figures.len() != fs::read_to_string(cases)?.lines().count() {
        bail!("{shown} did not measure all cases");
    }
    Ok(figures)
}

fn number(figures: &Value, name: &str) -> Result<f64> {
    figures.get(name).and_then(Value::as_f64).with_context(|| format!("no figure `{name}` in {figures}"))
}
