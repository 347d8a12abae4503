//! Times expressions: JSON lines `{"id", "expr", "context"}` on standard input, nanoseconds for compiling and evaluating out.
//!
//! `cargo run --release --example bench -p feel-rs < cases.jsonl`

use std::{hint::black_box, io::BufRead, time::Duration};

use feel_rs::Engine;
use serde_json::Value;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::default().with_warnings(false);
    for line in std::io::stdin().lock().lines() {
        let case: Value = serde_json::from_str(&line?)?;
        let text = case.get("expr").and_then(Value::as_str).unwrap_or_default();
        let context = case.get("context").unwrap_or(&Value::Null);
        let expression = engine.compile(text)?;
        let compile = nanoseconds(|| drop(black_box(engine.compile(black_box(text)))));
        let evaluate = nanoseconds(|| drop(black_box(expression.evaluate(black_box(&[context])))));
        let json = nanoseconds(|| {
            drop(black_box(expression.evaluate(&[context]).result.map(|value| value.to_json())));
        });
        println!(
            "{}\tcompile {compile} ns\tevaluate {evaluate} ns\tevaluate to JSON {json} ns",
            case.get("id").unwrap_or(&Value::Null)
        );
    }
    Ok(())
}

/// The best of five rounds.
#[allow(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn nanoseconds(mut run: impl FnMut()) -> u128 {
    let mut best = Duration::MAX;
    let rounds = 2000;
    for _ in 0..5 {
        let start = std::time::Instant::now();
        for _ in 0..rounds {
            run();
        }
        best = best.min(start.elapsed());
    }
    best.as_nanos() / rounds
}
