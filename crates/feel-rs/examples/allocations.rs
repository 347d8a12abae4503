//! Counts the allocations of the expressions that the example `bench` times; apart from it, as counting takes time.

use std::hint::black_box;

use allocation_counter::measure;
use feel_rs::Engine;
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::default().with_warnings(false);
    for line in std::io::stdin().lines() {
        let case: Value = serde_json::from_str(&line?)?;
        let text = case.get("expr").and_then(Value::as_str).unwrap_or_default();
        let context = case.get("context").unwrap_or(&Value::Null);
        let expression = engine.compile(text)?;
        let evaluate = || drop(black_box(expression.evaluate(&[context])));
        let parse_evaluate =
            || drop(black_box(engine.compile(text).map(|compiled| drop(compiled.evaluate(&[context])))));
        println!(
            "{}",
            json!({
                "id": case.get("id"),
                "evaluate": measure(evaluate).count_total,
                "parse_evaluate": measure(parse_evaluate).count_total,
            })
        );
    }
    Ok(())
}
