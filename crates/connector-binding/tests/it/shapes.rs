//! Every shape of input that templates have ever written, and what is missing from those that fail.

use connector_binding::{
    Attribute, AttributeContent, BindingError, OutboundRequest, QueueType, RequestCredentials,
};
use connector_secrets::{EnvironmentSecrets, NameFilter, SecretResolver, SecretScope};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::sync::Arc;

const URL: &str = "https://sqs.us-east-1.amazonaws.com/000000000000/my-queue";
const BODY: &str = r#"{"data":"ok"}"#;

/// The input as the pipeline binds it: secrets resolved.
async fn bound(mut input: Value) -> Result<OutboundRequest, BindingError> {
    let secrets =
        [("SECRET_KEY", "AKID"), ("SECRET_SECRET", "s"), ("SECRET_URL", URL), ("SECRET_REGION", "us-east-1")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let resolver = SecretResolver::new(vec![Arc::new(EnvironmentSecrets::new("SECRET_", secrets))]);
    resolver.resolve(&mut input, &SecretScope::default(), &NameFilter::AllowAll).await.unwrap();
    OutboundRequest::bind(&input)
}

fn authentication(kind: Option<&str>, keys: [&str; 2]) -> Value {
    match kind {
        Some("defaultCredentialsChain") => json!({"type": "defaultCredentialsChain"}),
        Some(kind) => json!({"type": kind, "accessKey": keys[0], "secretKey": keys[1]}),
        None => json!({"accessKey": keys[0], "secretKey": keys[1]}),
    }
}

fn attribute(spelling: [&str; 2], data_type: &str, value: &str) -> Value {
    json!({spelling[0]: data_type, spelling[1]: value})
}

fn text(name: &str, data_type: &str, value: &str) -> Attribute {
    let content = AttributeContent::Text(value.to_owned());
    Attribute { name: name.to_owned(), data_type: data_type.to_owned(), content }
}

fn assert_common(request: &OutboundRequest, kind: Option<&str>, what: &str) {
    assert_eq!(request.queue_url.as_str(), URL, "{what}");
    assert_eq!((request.region.as_str(), request.body.as_str()), ("us-east-1", BODY), "{what}");
    match (&request.credentials, kind) {
        (RequestCredentials::DefaultChain, Some("defaultCredentialsChain")) => {}
        (RequestCredentials::Static { access_key, secret_key, .. }, None | Some("credentials")) => {
            assert_eq!((access_key.as_str(), secret_key.expose_secret()), ("AKID", "s"), "{what}");
        }
        other => panic!("{what}: {other:?}"),
    }
}

#[tokio::test]
async fn all_fifteen_shapes_that_succeed_do_so_in_both_spellings() {
    for kind in [None, Some("credentials"), Some("defaultCredentialsChain")] {
        for spelling in [["dataType", "stringValue"], ["DataType", "StringValue"]] {
            let two =
                json!({"a": attribute(spelling, "String", "x"), "b": attribute(spelling, "Number", "2")});
            let queue = json!({"url": URL, "type": "standard", "messageBody": {"data": "ok"}});
            let with = |more: Value| {
                let mut queue = queue.clone();
                queue.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                queue
            };
            let keys = authentication(kind, ["AKID", "s"]);
            let configuration = json!({"region": "us-east-1"});
            let shapes = [
                (
                    "region in the queue",
                    json!({"authentication": keys, "queue": with(json!({"region": "us-east-1"}))}),
                ),
                (
                    "secrets",
                    json!({
                        "authentication": authentication(kind, ["{{secrets.KEY}}", "secrets.SECRET"]),
                        "configuration": {"region": "{{secrets.REGION}}"},
                        "queue": with(json!({"url": "{{secrets.URL}}"})),
                    }),
                ),
                (
                    "no secrets",
                    json!({"authentication": keys, "configuration": configuration, "queue": queue}),
                ),
                (
                    "attributes",
                    json!({"authentication": keys, "configuration": configuration, "queue": with(json!({"messageAttributes": two}))}),
                ),
                (
                    "FIFO",
                    json!({
                        "authentication": keys, "configuration": configuration,
                        "queue": with(json!({"type": "fifo", "messageGroupId": "g", "messageDeduplicationId": "d"})),
                    }),
                ),
            ];
            for (name, input) in shapes {
                let what = format!("{kind:?}, {name}, {spelling:?}");
                let request = bound(input).await.unwrap_or_else(|error| panic!("{what}: {error}"));
                assert_common(&request, kind, &what);
                let attributes = if name == "attributes" {
                    vec![text("a", "String", "x"), text("b", "Number", "2")]
                } else {
                    Vec::new()
                };
                assert_eq!(request.attributes, attributes, "{what}");
                let ids = (request.message_group_id.as_deref(), request.message_deduplication_id.as_deref());
                let (queue_type, expected) = match name {
                    "FIFO" => (QueueType::Fifo, (Some("g"), Some("d"))),
                    _ => (QueueType::Standard, (None, None)),
                };
                assert_eq!((request.queue_type, ids), (queue_type, expected), "{what}");
            }
        }
    }
}

#[tokio::test]
async fn all_nine_shapes_that_fail_say_why() {
    let complete = || {
        json!({
            "authentication": {"type": "credentials", "accessKey": "AKID", "secretKey": "s"},
            "configuration": {"region": "us-east-1"},
            "queue": {"url": "http://localhost:4566/000000000000/q", "type": "standard", "messageBody": {"data": "ok"}},
        })
    };
    assert!(bound(complete()).await.is_ok());
    let without = |pointer: &str, name: &str| {
        let mut input = complete();
        input.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(name);
        input
    };
    let with = |name: &str, value: Value| {
        let mut input = complete();
        input["queue"][name] = value;
        input
    };
    let violation = |path: &str, rule: &str| {
        format!(
            "jakarta.validation.ValidationException: Found constraints violated while validating input: \n - Property: {path}: \
             Validation failed. Original message: {rule}"
        )
    };
    for (input, expected) in [
        (without("/authentication", "accessKey"), violation("authentication.accessKey", "must not be blank")),
        (without("/authentication", "secretKey"), violation("authentication.secretKey", "must not be blank")),
        (without("/queue", "url"), violation("queue.url", "must not be empty")),
        (
            without("/configuration", "region"),
            "Found constraints violated while validating input: - configuration.region: must not be empty"
                .to_owned(),
        ),
        (without("/queue", "messageBody"), violation("queue.messageBody", "must not be null")),
        (without("", "queue"), violation("queue", "must not be null")),
        (with("type", json!("fifo")), violation("queue.validQueueProperties", "must be true")),
        (with("type", Value::Null), "HV000090: Unable to access hasValidQueueProperties.".to_owned()),
    ] {
        assert_eq!(bound(input).await.unwrap_err().to_string(), expected);
    }
    // The ninth, a group on a standard queue, is what SQS takes today (fair queues).
    let fair = bound(with("messageGroupId", json!("g"))).await.unwrap();
    assert_eq!((fair.queue_type, fair.message_group_id.as_deref()), (QueueType::Standard, Some("g")));
}

#[tokio::test]
async fn every_generation_of_the_template_makes_the_same_request() {
    let keys = json!({"accessKey": "{{secrets.KEY}}", "secretKey": "{{secrets.SECRET}}"});
    let typed = |mut keys: Value| {
        keys["type"] = json!("credentials");
        keys
    };
    let queue = |more: Value| {
        let mut queue = json!({"url": URL, "messageBody": {"data": "ok"}});
        queue.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        queue
    };
    let region = json!({"region": "us-east-1"});
    let standard = json!({"type": "standard"});
    for (generation, input) in [
        ("1 and 2", json!({"authentication": keys, "queue": queue(json!({"region": "us-east-1"}))})),
        ("3", json!({"authentication": keys, "configuration": region, "queue": queue(json!({}))})),
        (
            "4",
            json!({
                "authentication": keys,
                "configuration": {"region": "us-east-1", "nonce": "nonce"},
                "queue": queue(json!({"region": "us-east-1"})),
            }),
        ),
        (
            "5 to 8",
            json!({"authentication": keys, "configuration": region, "queue": queue(standard.clone())}),
        ),
        (
            "9",
            json!({"authentication": typed(keys.clone()), "configuration": region, "queue": queue(standard.clone())}),
        ),
        (
            "10 and 11",
            json!({
                "authentication": typed(keys.clone()),
                "configuration": {"region": "us-east-1", "endpoint": ""},
                "queue": queue(standard.clone()),
            }),
        ),
        (
            "12 and 13, inline",
            json!({
                "authentication": typed(keys.clone()),
                "awsCredential": null,
                "configuration": region,
                "queue": queue(json!({"type": "standard", "messageAttributes": null, "messageDeduplicationId": null})),
            }),
        ),
        (
            "12 and 13, with a credential",
            json!({
                "authentication": {"type": "credentials", "accessKey": "other", "secretKey": "other"},
                "awsCredential": {"authentication": typed(keys.clone()), "region": "us-east-1"},
                "configuration": {"region": "eu-central-1"},
                "queue": queue(standard.clone()),
            }),
        ),
    ] {
        let request = bound(input).await.unwrap_or_else(|error| panic!("{generation}: {error}"));
        assert_common(&request, Some("credentials"), generation);
        assert_eq!(request.queue_type, QueueType::Standard, "{generation}");
        assert_eq!((request.endpoint, request.attributes), (None, Vec::new()), "{generation}");
    }
}
