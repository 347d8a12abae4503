//! Unary tests: what a cell of a decision table says about its input.

use feel_rs::{Engine, Value};
use serde_json::{Value as Json, json};

fn test(cell: &str, input: &Json) -> Json {
    let expression = Engine::default().compile_unary_tests(cell).unwrap();
    expression.evaluate_with_input(Value::from_json(input), &[&json!({"limit": 5})]).result.unwrap().to_json()
}

#[test]
fn a_dash_takes_everything() {
    assert_eq!(test("-", &json!(null)), json!(true));
}

#[test]
fn compares_with_the_input() {
    assert_eq!(test("< limit", &json!(4)), json!(true));
    assert_eq!(test(">= 5", &json!(4)), json!(false));
    assert_eq!(test("[1..4]", &json!(4)), json!(true));
    assert_eq!(test("]1..4[", &json!(4)), json!(false));
    assert_eq!(test("\"a\", \"b\"", &json!("b")), json!(true));
    assert_eq!(test("not(\"a\", \"b\")", &json!("b")), json!(false));
    assert_eq!(test("true", &json!(true)), json!(true));
    assert_eq!(test("null", &json!(null)), json!(true));
}

#[test]
fn the_question_mark_is_the_input() {
    assert_eq!(test("? > 3 and ? < 5", &json!(4)), json!(true));
    assert_eq!(test("odd(?)", &json!(4)), json!(false));
}

#[test]
fn what_cannot_be_compared_is_null() {
    assert_eq!(test("< 5", &json!("a")), json!(null));
    assert_eq!(test("[1..5]", &json!("a")), json!(null));
}

#[test]
fn a_range_cannot_be_a_result() {
    let expression = Engine::default().compile("{a: append([], [1..3])}").unwrap();
    let message = expression.evaluate(&[]).result.unwrap_err().to_string();
    assert!(
        message.ends_with("java.lang.IllegalArgumentException: no value mapper found for '[1..3]'"),
        "{message}"
    );
}
