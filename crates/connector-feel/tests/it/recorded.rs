//! The connectors' functions answer as recorded, through the JSON lines that tools speak.

use connector_feel::jsonl;
use serde_json::Value;

const CORPUS: &str = include_str!("../corpus/connector-functions.jsonl");

/// Numbers by value, objects without order.
fn equal(x: &Value, y: &Value) -> bool {
    match (x, y) {
        (Value::Number(x), Value::Number(y)) => x.to_string() == y.to_string() || x.as_f64() == y.as_f64(),
        (Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| equal(x, y)),
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len()
                && x.iter().all(|(key, value)| y.get(key).is_some_and(|other| equal(value, other)))
        }
        (x, y) => x == y,
    }
}

#[test]
fn every_recorded_case_is_answered_alike() {
    let mut out = Vec::new();
    jsonl::run(CORPUS.as_bytes(), &mut out).unwrap();
    let answers = String::from_utf8(out).unwrap();
    assert_eq!(answers.lines().count(), CORPUS.lines().count());
    let mut wrong = Vec::new();
    for (case, answer) in CORPUS.lines().zip(answers.lines()) {
        let case: Value = serde_json::from_str(case).unwrap();
        let answer: Value = serde_json::from_str(answer).unwrap();
        let expected = &case["expect"];
        let same = match expected["ok"].as_bool().unwrap() {
            true => {
                answer["ok"] == true
                    && answer["type"] == expected["type"]
                    && equal(&answer["value"], &expected["value"])
            }
            false => answer["phase"] == expected["phase"] && answer["error"] == expected["error"],
        };
        let none = Value::Array(Vec::new());
        if !same || answer["warnings"] != *expected.get("warnings").unwrap_or(&none) {
            wrong.push(format!("{}\n    expected {expected}\n    got {answer}", case["expr"]));
        }
    }
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_line_that_is_no_request_does_not_end_the_run() {
    let mut out = Vec::new();
    let lines = "no json\n{\"id\": 1}\n\n{\"id\": 2, \"expr\": \"=1 + 1\"}\n";
    jsonl::run(lines.as_bytes(), &mut out).unwrap();
    let answers: Vec<Value> =
        String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), 3);
    assert_eq!(answers[0]["phase"], "input");
    assert_eq!(answers[1]["phase"], "input");
    assert_eq!(answers[2]["value"], 2);
}

#[test]
fn the_clock_of_a_request_is_in_force() {
    let mut out = Vec::new();
    let line = "{\"id\":1,\"expr\":\"now()\",\"clock\":\"2026-03-15T14:30:45.123456Z[Europe/Berlin]\"}";
    jsonl::run(line.as_bytes(), &mut out).unwrap();
    let answer: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(answer["value"], "2026-03-15T15:30:45.123456+01:00");
}
