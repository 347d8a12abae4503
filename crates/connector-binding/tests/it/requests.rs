//! Requests from variables.

use connector_binding::{
    Attribute, AttributeContent, BindingError, Json, OutboundRequest, QueueType, RequestCredentials,
    read_variables, write_json,
};
use proptest::prelude::*;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

fn input() -> Value {
    json!({
        "authentication": {"type": "credentials", "accessKey": " AKID ", "secretKey": " s ", "sessionToken": "t"},
        "configuration": {"region": "eu-central-1", "endpoint": "http://localhost:9324"},
        "queue": {"url": "http://localhost:9324/000000000000/q", "messageBody": {"a": [1, "ü"]}},
    })
}

fn with(pointer: &str, name: &str, value: Value) -> Value {
    let mut input = input();
    input.pointer_mut(pointer).unwrap()[name] = value;
    input
}

fn violations(input: &Value) -> Vec<String> {
    match OutboundRequest::bind(input).unwrap_err() {
        BindingError::Violations { violations } => violations
            .into_iter()
            .map(|violation| format!("{}: {}", violation.path, violation.rule))
            .collect(),
        other => panic!("{other}"),
    }
}

#[test]
fn a_complete_input_makes_a_request() {
    let request = OutboundRequest::bind(&input()).unwrap();
    assert_eq!(request.body, r#"{"a":[1,"ü"]}"#);
    assert_eq!(
        (request.region.as_str(), request.endpoint.as_deref()),
        ("eu-central-1", Some("http://localhost:9324"))
    );
    assert_eq!(request.queue_type, QueueType::Standard);
    let RequestCredentials::Static { access_key, secret_key, session_token } = request.credentials else {
        panic!()
    };
    assert_eq!((access_key.as_str(), secret_key.expose_secret()), ("AKID", "s"));
    assert_eq!(session_token.unwrap().expose_secret(), "t");
}

#[test]
fn a_list_with_one_element_is_its_element_except_in_the_body() {
    let mut nested = input();
    nested["queue"]["messageBody"] = json!(["x"]);
    nested["queue"]["messageGroupId"] = json!([7]);
    nested["queue"] = json!([nested["queue"]]);
    let request = OutboundRequest::bind(&json!([nested])).unwrap();
    assert_eq!((request.body.as_str(), request.message_group_id.as_deref()), ("[\"x\"]", Some("7")));
}

#[test]
fn the_region_is_the_first_that_is_filled() {
    let region = |input: Value| OutboundRequest::bind(&input).unwrap().region;
    assert_eq!(region(with("/queue", "region", json!("sa-east-1"))), "eu-central-1");
    let mut blank = with("/configuration", "region", json!(" "));
    blank["queue"]["region"] = json!("sa-east-1");
    assert_eq!(region(blank), "sa-east-1");
    let mut of_url = with("/configuration", "region", Value::Null);
    of_url["queue"]["url"] = json!("https://sqs.us-west-2.amazonaws.com/1/q");
    assert_eq!(region(of_url), "us-west-2");
    let mut credential = input();
    credential["awsCredential"] =
        json!({"region": "us-east-1", "authentication": {"type": "defaultCredentialsChain"}});
    assert_eq!(region(credential), "us-east-1");
    assert_eq!(
        OutboundRequest::bind(&with("/configuration", "region", json!(""))).unwrap_err(),
        BindingError::NoRegion
    );
}

#[test]
fn a_queue_url_of_another_region_is_refused() {
    let input = with("/queue", "url", json!("https://sqs.us-west-2.amazonaws.com/1/q"));
    assert_eq!(
        violations(&input),
        ["queue.url: names the region us-west-2, but the configured region is eu-central-1"]
    );
}

#[test]
fn attributes_come_in_both_spellings_and_as_binary() {
    let input = with(
        "/queue",
        "messageAttributes",
        json!({
            "a": {"dataType": "String", "stringValue": "x"},
            "b": {"DataType": "Number", "StringValue": 1.50},
            "c": {"DataType": "Binary", "BinaryValue": "aGk="},
        }),
    );
    let text = |name: &str, data_type: &str, text: &str| Attribute {
        name: name.into(),
        data_type: data_type.into(),
        content: AttributeContent::Text(text.into()),
    };
    let binary = Attribute {
        name: "c".into(),
        data_type: "Binary".into(),
        content: AttributeContent::Binary(b"hi".to_vec()),
    };
    assert_eq!(
        OutboundRequest::bind(&input).unwrap().attributes,
        [text("a", "String", "x"), text("b", "Number", "1.5"), binary]
    );
}

#[test]
fn a_broken_attribute_is_named() {
    let input = with(
        "/queue",
        "messageAttributes",
        json!({
            "null": null,
            "empty": {},
            "both": {"dataType": "String", "stringValue": "x", "binaryValue": "eA=="},
            "bad": {"dataType": "Binary", "binaryValue": "?"},
        }),
    );
    assert_eq!(
        violations(&input),
        [
            "queue.messageAttributes[null]: must not be null",
            "queue.messageAttributes[empty].dataType: must not be empty",
            "queue.messageAttributes[empty].stringValue: must not be empty",
            "queue.messageAttributes[both]: must have a stringValue or a binaryValue, not both",
            "queue.messageAttributes[bad].binaryValue: must be Base64",
        ]
    );
}

#[test]
fn a_delay_is_a_whole_number_up_to_fifteen_minutes() {
    for (delay, expected) in
        [(json!(900), Some(900)), (json!("30"), Some(30)), (json!(""), None), (Value::Null, None)]
    {
        assert_eq!(
            OutboundRequest::bind(&with("/queue", "delaySeconds", delay)).unwrap().delay_seconds,
            expected
        );
    }
    assert_eq!(
        violations(&with("/queue", "delaySeconds", json!(901))),
        ["queue.delaySeconds: must be between 0 and 900"]
    );
    assert!(OutboundRequest::bind(&with("/queue", "delaySeconds", json!(1.5))).is_err());
}

#[test]
fn functions_on_values_are_evaluated_and_documents_refused() {
    let function =
        |name: &str, parameters: Value| json!({"x": {"camunda.function.type": name, "params": parameters}});
    let bound = |body: Value| OutboundRequest::bind(&with("/queue", "messageBody", body));
    assert_eq!(bound(function("base64", json!(["hello"]))).unwrap().body, r#"{"x":"aGVsbG8="}"#);
    assert_eq!(
        bound(function("nosuch", json!([]))).unwrap_err().to_string(),
        "No intrinsic function found with name: nosuch"
    );
    for body in [
        function("getText", json!([])),
        function("base64", json!([1])),
        json!([{"camunda.document.type": "camunda"}]),
    ] {
        assert!(bound(body).unwrap_err().to_string().contains("queue.messageBody"));
    }
    let many: Vec<Value> = (0..11).map(|_| function("base64", json!(["x"]))).collect();
    assert_eq!(bound(json!(many)).unwrap_err().to_string(), "Intrinsic function limit exceeded");
}

#[test]
fn type_errors_name_the_field_and_never_the_value() {
    for input in [
        with("/queue", "url", json!({"canary": 1})),
        with("/queue", "type", json!(["canary", "canary"])),
        with("/queue", "messageGroupId", json!([["canary"]])),
        with("/configuration", "region", json!(["canary", "b"])),
        json!({"queue": "canary"}),
        json!("canary"),
    ] {
        let message = OutboundRequest::bind(&input).unwrap_err().to_string();
        assert!(!message.contains("canary"), "{message}");
    }
}

#[test]
fn debug_shows_no_credentials() {
    let request = OutboundRequest::bind(&with("/authentication", "secretKey", json!("canary"))).unwrap();
    assert!(!format!("{request:?}").contains("canary"));
    assert!(!format!("{request:?}").contains("AKID"));
}

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec(
                ("(authentication|configuration|queue|url|type|messageBody|messageAttributes|k)", inner),
                0..4
            )
            .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_input_gives_a_request_or_an_error(value in document()) {
        let _ = OutboundRequest::bind(&value);
    }

    #[test]
    fn what_is_written_reads_the_same(value in document()) {
        let value = Json::from(&value);
        let text = write_json(&value);
        prop_assert_eq!(read_variables(&text).unwrap(), value);
    }

    #[test]
    fn reading_agrees_with_serde_json(text in "[\\[\\]{}:,\"a1.eE+\\- \\\\un0]{0,16}") {
        if let Ok(value) = serde_json::from_str::<Value>(&text) {
            // serde_json spells exponents its own way.
            let spelling = |text: String| text.to_lowercase().replace("e+", "e");
            let ours = read_variables(&text).map(|value| spelling(write_json(&value))).ok();
            prop_assert_eq!(ours, Some(spelling(value.to_string())));
        }
    }
}
