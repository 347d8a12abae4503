//! What a message means, without a queue.

use crate::setup::{Point, element, feel, one_group};
use connector_core::TenantId;
use serde_json::{Value, json};
use sqs_inbound::{Command, Correlation, DeployedElement, MAX_VARIABLES_BYTES, Refusal, correlate};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);
const KEY: (&str, &str) = ("correlationKeyExpression", "=body.id");

fn message(body: Value) -> Value {
    json!({"messageId": "m-1", "receiptHandle": "r", "mD5OfBody": "x", "body": body, "attributes": {},
           "mD5OfMessageAttributes": null, "messageAttributes": {}})
}

fn all(elements: Vec<DeployedElement>, body: Value) -> Result<Correlation, Refusal> {
    let with_mode = |mut deployed: DeployedElement| {
        deployed.element.properties.push(("deduplicationMode".to_owned(), "AUTO".to_owned()));
        deployed.element.properties.push(("queue.url".to_owned(), "u".to_owned()));
        deployed
    };
    let group = one_group(elements.into_iter().map(with_mode).collect());
    correlate(group.members(), &message(body), HOUR, &feel())
}

fn one(point: Point, properties: &[(&str, &str)], body: Value) -> Result<Correlation, Refusal> {
    all(vec![element("e", point, 3, properties)], body)
}

/// Name, key, id, time to live and variables of the one published message.
fn published(correlation: Correlation) -> (String, String, String, i64, String) {
    let Command::Publish(message) = correlation.command else { panic!("{correlation:?}") };
    (
        message.name,
        message.correlation_key,
        message.message_id,
        message.time_to_live_millis,
        message.variables.into_string(),
    )
}

fn invalid(refusal: Result<Correlation, Refusal>) -> String {
    match refusal {
        Err(Refusal::InvalidInput(message)) => message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_plain_start_creates_an_instance_of_its_version() {
    let correlation = one(Point::Start, &[("resultVariable", "msg")], json!({"a": 1})).unwrap();
    let Command::Create(instance) = correlation.command else { panic!() };
    assert_eq!((instance.bpmn_process_id.as_str(), instance.version), ("p", 3));
    assert_eq!(instance.tenant_id, TenantId::default());
    assert_eq!(instance.variables.as_str(), json!({"msg": message(json!({"a": 1}))}).to_string());
}

#[test]
fn a_catch_publishes_with_key_id_and_time_to_live() {
    let correlation = one(Point::Catch("order"), &[KEY], json!({"id": 4567})).unwrap();
    let expected = ("order", "4567", "m-1", 3_600_000, "{}");
    let (name, key, id, ttl, variables) = published(correlation);
    assert_eq!((name.as_str(), key.as_str(), id.as_str(), ttl, variables.as_str()), expected);
    let properties = [KEY, ("messageIdExpression", "=body.id + \"-x\""), ("messageTtl", "PT10M")];
    let (_, _, id, ttl, _) = published(one(Point::Catch("order"), &properties, json!({"id": "k"})).unwrap());
    assert_eq!((id.as_str(), ttl), ("k-x", 600_000));
}

#[test]
fn a_catch_needs_a_key_and_a_message_start_does_not() {
    for body in [json!({}), json!({"id": null}), json!({"id": [1]}), json!("text")] {
        let message = invalid(one(Point::Catch("order"), &[KEY], body.clone()));
        assert_eq!(message, "Wasn't able to obtain correlation key for expression =body.id");
        let (_, key, ..) = published(one(Point::MessageStart("order"), &[KEY], body).unwrap());
        assert_eq!(key, "");
    }
    let (_, key, ..) = published(one(Point::Catch("order"), &[KEY], json!({"id": ""})).unwrap());
    assert_eq!(key, "", "an empty key is a key");
}

#[test]
fn a_message_id_of_null_is_that_of_sqs_with_a_warning() {
    let properties = [KEY, ("messageIdExpression", "=body.nothing")];
    let correlation = one(Point::Catch("order"), &properties, json!({"id": 1})).unwrap();
    assert!(correlation.warning.as_ref().unwrap().contains("=body.nothing"));
    assert_eq!(published(correlation).2, "m-1");
    let properties = [KEY, ("messageIdExpression", "=[1]")];
    let message = invalid(one(Point::Catch("order"), &properties, json!({"id": 1})));
    assert_eq!(message, "Message expression could not be evaluated: =[1]");
}

#[test]
fn only_the_boolean_true_meets_a_condition() {
    for (condition, met) in [
        ("=body = 1", true),
        ("body = 1", true),
        ("=body = 2", false),
        ("=null", false),
        ("=\"true\"", false),
        ("=1", false),
        ("  ", true),
    ] {
        let result = one(Point::Start, &[("activationCondition", condition)], json!(1));
        assert_eq!(result.is_ok(), met, "{condition}");
        if !met {
            assert_eq!(result.unwrap_err(), Refusal::NoMatch { consume: false });
        }
    }
    let message = invalid(one(Point::Start, &[("activationCondition", "=(")], json!(1)));
    assert_eq!(message, "Failed to evaluate activation condition against the provided input");
}

#[test]
fn the_old_name_of_the_condition_counts_when_the_new_one_is_absent() {
    let old = ("inbound.activationCondition", "=false");
    assert!(one(Point::Start, &[old], json!(1)).is_err());
    assert!(one(Point::Start, &[old, ("activationCondition", "")], json!(1)).is_err());
    assert!(one(Point::Start, &[old, ("activationCondition", "=true")], json!(1)).is_ok());
}

#[test]
fn one_of_several_elements_decides_that_unmatched_messages_are_consumed() {
    let condition = ("activationCondition", "=false");
    let elements = vec![
        element("a", Point::Catch("x"), 1, &[KEY, condition]),
        element("b", Point::Catch("y"), 1, &[KEY, condition, ("consumeUnmatchedEvents", "TRUE")]),
    ];
    assert_eq!(all(elements, json!(1)).unwrap_err(), Refusal::NoMatch { consume: true });
}

#[test]
fn several_matches_are_one_command_when_they_say_the_same() {
    let same = |id| element(id, Point::Catch("x"), 1, &[KEY, ("resultVariable", "r")]);
    let correlation = all(vec![same("a"), same("b")], json!({"id": 1})).unwrap();
    assert_eq!(correlation.element_id, "a");

    let other_variable = element("b", Point::Catch("x"), 2, &[KEY, ("resultVariable", "s")]);
    assert_eq!(
        invalid(all(vec![same("a"), other_variable], json!({"id": 1}))),
        "Multiple connectors are activated for the same input: Elements 'a' (version 1), 'b' (version 2) have \
         incompatible properties: resultVariable: [r, s]"
    );
    let other_name = element("b", Point::Catch("y"), 1, &[KEY, ("resultVariable", "r")]);
    assert_eq!(
        invalid(all(vec![same("a"), other_name], json!({"id": 1}))),
        "Multiple connectors are activated for the same input: Multiple matching elements have different message names: [x, y]"
    );
    let start = element("s", Point::Start, 1, &[]);
    assert_eq!(
        invalid(all(vec![same("a"), start], json!({"id": 1}))),
        "Multiple connectors are activated for the same input: Not all matching elements are message correlation points"
    );
}

#[test]
fn a_result_expression_gives_fields_over_the_result_variable() {
    let result = |expression: &str, body: Value| {
        let properties = [("resultVariable", "all"), ("resultExpression", expression)];
        one(Point::Start, &properties, body).map(|correlation| {
            let Command::Create(instance) = correlation.command else { panic!() };
            let mut fields: Value = serde_json::from_str(instance.variables.as_str()).unwrap();
            fields.as_object_mut().unwrap().retain(|name, value| name != "all" || value.is_number());
            fields
        })
    };
    assert_eq!(result("={a: body.x, r: response.body.x}", json!({"x": 1})).unwrap(), json!({"a": 1, "r": 1}));
    assert_eq!(result("={all: 1}", json!({})).unwrap(), json!({"all": 1}));
    assert_eq!(result("=null", json!({})).unwrap(), json!({}));
    assert!(
        invalid(result("=[1]", json!({})).map(|_| panic!()))
            .contains("must return a JSON object, but got array")
    );
    assert!(
        invalid(result("=(", json!({})).map(|_| panic!()))
            .starts_with("Failed to evaluate FEEL expression '=('")
    );
    let forbidden = result("={a: body}", json!({"camunda.function.type": "base64"})).map(|_| panic!());
    assert!(invalid(forbidden).contains("forbidden literal 'camunda.function.type'"));
}

#[test]
fn variables_that_the_engine_would_not_take_are_refused_before_it_is_asked() {
    let body = "x".repeat(MAX_VARIABLES_BYTES);
    let message = invalid(one(Point::Start, &[("resultExpression", "={a: body}")], json!(body)));
    assert!(message.contains(&MAX_VARIABLES_BYTES.to_string()), "{message}");
    assert!(one(Point::Start, &[], json!(body)).is_ok(), "a large body that is not asked for does no harm");
}

#[test]
fn a_message_without_a_name_is_the_models_fault() {
    let refusal = one(Point::Catch(""), &[KEY], json!({"id": 1})).unwrap_err();
    assert!(matches!(refusal, Refusal::Misconfigured(message) if message.contains("'e' has no name")));
}
