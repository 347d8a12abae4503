//! Times expressions: JSON lines `{"id", "expr", "context"}` on standard input, for each a line of nanoseconds of CPU
//! time out. `cargo xtask bench feel` runs it beside FEEL-Scala.
//!
//! `evaluate` ends with the engine's own value, as FEEL-Scala's engine does; `to_json` goes on to JSON text.

use std::{hint::black_box, time::Duration};

use feel_rs::Engine;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

const ROUNDS: usize = 15;
const TIMES: u32 = 5_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::default().with_warnings(false);
    for line in std::io::stdin().lines() {
        let case: Value = serde_json::from_str(&line?)?;
        let text = case.get("expr").and_then(Value::as_str).unwrap_or_default();
        let context = case.get("context").unwrap_or(&Value::Null);
        let expression = engine.compile(text)?;
        let evaluate = || drop(black_box(expression.evaluate(black_box(&[context]))));
        let to_json = || {
            let result = expression.evaluate(black_box(&[context])).result;
            drop(black_box(result.map(|value| value.to_json_text())));
        };
        let parse_evaluate = || {
            let compiled = engine.compile(black_box(text));
            drop(black_box(compiled.map(|compiled| drop(black_box(compiled.evaluate(&[context]))))));
        };
        println!(
            "{}",
            json!({
                "id": case.get("id"),
                "evaluate": nanoseconds(evaluate),
                "to_json": nanoseconds(to_json),
                "parse_evaluate": nanoseconds(parse_evaluate),
            })
        );
    }
    Ok(())
}

/// CPU time of one run, in the median of the rounds.
fn nanoseconds(run: impl Fn()) -> f64 {
    let mut rounds = [0.0; ROUNDS];
    for round in &mut rounds {
        let start = cpu_nanoseconds();
        for _ in 0..TIMES {
            run();
        }
        *round = (cpu_nanoseconds() - start) / f64::from(TIMES);
    }
    rounds.sort_by(f64::total_cmp);
    rounds.get(ROUNDS / 2).copied().unwrap_or_default()
}

/// What this thread has used; other load on the machine does not count.
fn cpu_nanoseconds() -> f64 {
    let used = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(used).unwrap_or_default().as_secs_f64() * 1e9
}
