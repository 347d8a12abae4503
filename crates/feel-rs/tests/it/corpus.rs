//! Every recorded case must equal what FEEL-Scala answered: value, type, acceptance, texts.

use std::collections::BTreeMap;

use feel_rs::{
    Engine, FixedClock,
    temporal::{DateTime, Zone},
};
use serde_json::Value as Json;

const CORPUS: &str = include_str!("../corpus/corpus.jsonl");

/// Cases with these functions are run where the functions are: in connector-feel.
const CONNECTOR_FUNCTIONS: [&str; 5] =
    ["bpmnError(", "jobError(", "ignoreError(", "backoff(", "createDocument("];

struct Answer {
    ok: bool,
    kind: String,
    value: Json,
    error: String,
    phase: &'static str,
    warnings: Json,
}

fn clock(text: &str) -> FixedClock {
    let (moment, zone) = text.strip_suffix(']').unwrap().split_once('[').unwrap();
    let moment = DateTime::parse(moment).unwrap().with_zone(&Zone::parse(zone).unwrap()).unwrap();
    FixedClock::new(moment)
}

fn answer(engine: &Engine, case: &Json) -> Answer {
    let text = case["expr"].as_str().unwrap().trim();
    let text = text.strip_prefix('=').unwrap_or(text).trim();
    let engine = match case.get("clock").and_then(Json::as_str) {
        Some(text) => engine.clone().with_clock(clock(text)),
        None => engine.clone(),
    };
    let mut answer = Answer {
        ok: false,
        kind: String::new(),
        value: Json::Null,
        error: String::new(),
        phase: "parse",
        warnings: Json::Array(Vec::new()),
    };
    let expression = match engine.compile(text) {
        Ok(expression) => expression,
        Err(error) => {
            answer.error = error.to_string();
            return answer;
        }
    };
    answer.phase = "eval";
    let outcome = expression.evaluate(&[&case["context"]]);
    answer.warnings = outcome
        .warnings
        .iter()
        .map(|warning| serde_json::json!({"type": warning.kind.as_str(), "message": warning.message}))
        .collect();
    match outcome.result {
        Ok(value) => {
            answer.ok = true;
            answer.kind = value.exact_type_name().to_owned();
            answer.value = value.to_json();
            assert_eq!(value.to_json_text(), answer.value.to_string());
        }
        Err(error) => answer.error = error.to_string(),
    }
    answer
}

/// Numbers by value, objects without order.
fn equal(x: &Json, y: &Json) -> bool {
    match (x, y) {
        (Json::Number(x), Json::Number(y)) => {
            x.to_string() == y.to_string() || (x.as_f64() == y.as_f64() && (x.is_f64() || y.is_f64()))
        }
        (Json::Array(x), Json::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| equal(x, y)),
        (Json::Object(x), Json::Object(y)) => {
            x.len() == y.len()
                && x.iter().all(|(key, value)| y.get(key).is_some_and(|other| equal(value, other)))
        }
        (x, y) => x == y,
    }
}

fn cases() -> impl Iterator<Item = Json> {
    CORPUS.lines().map(|line| serde_json::from_str(line).unwrap()).filter(|case: &Json| {
        let text = case["expr"].as_str().unwrap();
        !CONNECTOR_FUNCTIONS.iter().any(|name| text.contains(name))
    })
}

#[test]
fn values_types_and_failures_equal_the_recorded_ones() {
    let engine = Engine::default();
    let mut rates: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for case in cases() {
        let expected = &case["expect"];
        let answer = answer(&engine, &case);
        let ok = expected["ok"].as_bool().unwrap();
        let same = if ok {
            answer.ok && equal(&expected["value"], &answer.value) && expected["type"] == answer.kind.as_str()
        } else {
            !answer.ok && expected["phase"] == answer.phase && expected["error"] == answer.error.as_str()
        };
        let rate = rates.entry(case["category"].as_str().unwrap().to_owned()).or_default();
        rate.1 += 1;
        if same {
            rate.0 += 1;
        } else {
            wrong.push(format!(
                "{}: {}\n    expected {expected}\n    got {} {} {}",
                case["id"], case["expr"], answer.kind, answer.value, answer.error
            ));
        }
    }
    for (category, (right, all)) in &rates {
        println!("{category:24}{right:6}/{all}");
    }
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn warnings_equal_the_recorded_ones() {
    let engine = Engine::default();
    let mut wrong = Vec::new();
    for case in cases() {
        let expected = case["expect"].get("warnings").cloned().unwrap_or(Json::Array(Vec::new()));
        let answer = answer(&engine, &case);
        if expected != answer.warnings {
            wrong.push(format!("{}\n    expected {expected}\n    got {}", case["expr"], answer.warnings));
        }
    }
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong.join("\n"));
}
