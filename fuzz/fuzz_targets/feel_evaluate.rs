//! Any expression ends within its limits, with a value or an error.
#![no_main]

use feel_rs::Engine;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use std::sync::LazyLock;

static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::default);
static INPUT: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "a": 1, "b": -2.50, "s": "text", "t": true, "n": null, "l": [1, 2, 3], "c": {"x": 1, "y": [{"z": "q"}]},
        "d": "2024-02-29", "body": {"orderId": "o-1", "lines": [{"price": 1.10, "count": 3}]}
    })
});

fuzz_target!(|text: &str| {
    if let Ok(expression) = ENGINE.compile(text) {
        if let Ok(value) = expression.evaluate(&[&INPUT]).result {
            let _ = value.to_json();
        }
    }
});
