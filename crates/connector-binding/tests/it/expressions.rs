//! Result and error expressions, and the outcome that they lead to.

use connector_binding::{
    Content, ErrorAction, ErrorMapping, Failure, Headers, JavaDuration, Outcome, ResultMapping, Retries,
};
use connector_feel::{FeelEngine, FeelOptions};
use connector_secrets::Redactor;
use secrecy::SecretString;
use serde_json::{Value, json};

fn headers(fields: Value) -> Headers {
    Headers::parse(&fields.to_string()).unwrap()
}

fn feel() -> FeelEngine {
    FeelEngine::new(FeelOptions::default())
}

fn result(fields: Value) -> Result<Value, Failure> {
    let mapping = ResultMapping::compile(&headers(fields), &feel())?;
    mapping.variables(&Content::new(json!({"messageId": "m-1"})), "Done").map(Value::Object)
}

fn action(expression: &str) -> Result<Option<ErrorAction>, Failure> {
    let mapping = ErrorMapping::compile(&headers(json!({"errorExpression": expression})), &feel())?;
    mapping.action(&Content::new(json!({"error": {"message": "m", "code": "C"}})), 3)
}

fn redactor() -> Redactor {
    let mut redactor = Redactor::default();
    redactor.add(&SecretString::from("canary"));
    redactor
}

#[test]
fn the_expression_is_merged_over_the_result_variable() {
    assert_eq!(
        result(json!({"resultVariable": "r", "resultExpression": "={a: response.messageId, b: messageId}"}))
            .unwrap(),
        json!({"r": {"messageId": "m-1"}, "a": "m-1", "b": "m-1"})
    );
    assert_eq!(
        result(json!({"resultVariable": "r", "resultExpression": "={r: 1}"})).unwrap(),
        json!({"r": 1})
    );
    assert_eq!(result(json!({})).unwrap(), json!({}));
}

#[test]
fn a_syntax_error_is_found_before_anything_is_done() {
    let failure = result(json!({"resultExpression": "={a: "})).unwrap_err();
    assert_eq!(failure.retries(), Retries::Exhausted);
    assert!(
        failure.message().ends_with("Nothing was sent: correct the header resultExpression"),
        "{}",
        failure.message()
    );
    assert_eq!(action("=bpmnError(").unwrap_err().retries(), Retries::Exhausted);
}

#[test]
fn an_expression_that_fails_after_the_work_says_what_was_done() {
    let failure = result(json!({"resultExpression": "={a: assert(null, false)}"})).unwrap_err();
    assert_eq!(failure.retries(), Retries::Exhausted);
    assert!(failure.message().ends_with(". Done"), "{}", failure.message());
}

#[test]
fn the_three_errors_are_read_from_functions_and_by_hand() {
    let none = serde_json::Map::new;
    let bpmn = |code: &str, message: &str| ErrorAction::Bpmn {
        code: code.into(),
        message: message.into(),
        variables: none(),
    };
    let job = |message: Option<&str>, retries: i32| ErrorAction::Job {
        message: message.map(str::to_owned),
        retries,
        backoff: JavaDuration::parse("PT0S").unwrap(),
        variables: none(),
    };
    for (expression, expected) in [
        ("=bpmnError(error.code, error.message)", Some(bpmn("C", "m"))),
        ("={errorType: \"bpmnError\", errorCode: \"H\"}", Some(bpmn("H", ""))),
        ("={errorType: \"bpmnError\", code: \"H\"}", None),
        ("=jobError(error.message, {}, job.retries - 1)", Some(job(Some("m"), 2))),
        ("={errorType: \"jobError\"}", Some(job(None, 0))),
        (
            "={errorType: \"jobError\", errorMessage: \"m\", retryBackoff: 1.5}",
            Some(ErrorAction::Job {
                message: Some("m".into()),
                retries: 0,
                backoff: JavaDuration::parse("PT1.5S").unwrap(),
                variables: none(),
            }),
        ),
        ("=ignoreError()", Some(ErrorAction::Ignore { variables: none() })),
        ("={}", None),
        ("=null", None),
    ] {
        assert_eq!(action(expression).unwrap(), expected, "{expression}");
    }
    for expression in [
        "={errorType: \"other\"}",
        "={a: 1}",
        "=1",
        "={errorType: \"bpmnError\", errorCode: [1]}",
        "={errorType: \"jobError\", retries: 99999999999}",
    ] {
        assert_eq!(action(expression).unwrap_err().retries(), Retries::Exhausted, "{expression}");
    }
}

#[test]
fn every_text_of_an_outcome_is_masked() {
    let secret = || serde_json::Map::from_iter([("canary-key".to_owned(), json!(["canary"]))]);
    for action in [
        ErrorAction::Bpmn { code: "canary".into(), message: "canary".into(), variables: secret() },
        ErrorAction::Job {
            message: Some("canary".into()),
            retries: 1,
            backoff: JavaDuration::parse("PT1S").unwrap(),
            variables: secret(),
        },
        ErrorAction::Ignore { variables: secret() },
    ] {
        let outcome = Outcome::from_action(action, &redactor()).unwrap();
        assert!(!format!("{outcome:?}").contains("canary"), "{outcome:?}");
    }
}

#[test]
fn a_job_error_says_its_variables_and_never_has_negative_retries() {
    let variables = serde_json::Map::from_iter([
        ("error".to_owned(), json!("mine")),
        ("b".to_owned(), json!({"c": [1, null]})),
    ]);
    let backoff = JavaDuration::parse("-PT1M").unwrap();
    let action = ErrorAction::Job { message: Some("m".into()), retries: -2, backoff, variables };
    let Outcome::Fail(failure) = Outcome::from_action(action, &Redactor::default()).unwrap() else {
        panic!()
    };
    assert_eq!(failure.error_message, "m | Error variables: {error=m, b={c=[1, null]}}");
    assert_eq!((failure.retries, failure.retry_backoff_millis), (0, -60_000));
}

#[test]
fn variables_over_the_limit_fail_the_job() {
    let variables =
        |length: usize| serde_json::Map::from_iter([("x".to_owned(), Value::from("a".repeat(length)))]);
    assert!(Outcome::complete(variables(1_572_864 - 8)).is_ok());
    let failure = Outcome::complete(variables(1_572_864 - 7)).unwrap_err();
    assert!(failure.message().starts_with("Output variables payload (1572865 bytes) exceeds the 1.5 MB"));
    assert_eq!(failure.retries(), Retries::Exhausted);
}

#[test]
fn a_failure_counts_down_and_takes_the_header_backoff() {
    let backoff = JavaDuration::parse("PT30S");
    let outcome = |failure: Failure, retries| match Outcome::from_failure(&failure, retries, backoff) {
        Outcome::Fail(failure) => (failure.retries, failure.retry_backoff_millis),
        other => panic!("{other:?}"),
    };
    assert_eq!(outcome(Failure::new("T", "m"), 3), (2, 30_000));
    assert_eq!(outcome(Failure::new("T", "m"), 0), (0, 30_000));
    assert_eq!(outcome(Failure::new("T", "m"), i32::MIN), (0, 30_000));
    assert_eq!(outcome(Failure::input("m"), 3), (0, 30_000));
    assert_eq!(outcome(Failure::input("m").without_backoff(), 3), (0, 0));
}

#[test]
fn a_message_is_cut_at_six_thousand() {
    let Outcome::Fail(failure) = Outcome::from_failure(&Failure::new("T", "x".repeat(5_990)), 3, None) else {
        panic!()
    };
    assert_eq!(failure.error_message.len(), 6_000);
}
