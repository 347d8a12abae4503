//! Binding of a group's connection properties.

use super::{ConnectionRules, InboundBinder, InboundBindingError, InboundProperties};
use crate::{ChainPolicy, EndpointPolicy, RequestCredentials};
use connector_feel::{FeelEngine, FeelOptions};
use connector_secrets::{EnvironmentSecrets, SecretResolver, SecretScope};
use secrecy::ExposeSecret;
use std::sync::Arc;

const URL: &str = "http://localhost:9324/000000000000/orders";

fn with(changes: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut properties: Vec<(String, String)> = [
        ("authentication.type", "credentials"),
        ("authentication.accessKey", "{{secrets.KEY}}"),
        ("authentication.secretKey", "secrets.SECRET"),
        ("configuration.region", "eu-central-1"),
        ("queue.url", URL),
        ("queue.pollingWaitTime", "20"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    for (name, value) in changes {
        properties.retain(|(known, _)| known != name);
        properties.push(((*name).to_owned(), (*value).to_owned()));
    }
    properties
}

async fn bind(changes: &[(&str, &str)]) -> Result<InboundProperties, InboundBindingError> {
    let variables = [("KEY", "AKID"), ("SECRET", "canary"), ("POLL", "7"), ("BAD", "canary-21")]
        .map(|(name, value)| (format!("SECRET_{name}"), value.to_owned()));
    let secrets =
        Arc::new(SecretResolver::new(vec![Arc::new(EnvironmentSecrets::new("SECRET_", variables))]));
    bind_by(ChainPolicy::Allowed, secrets, changes).await
}

async fn bind_by(
    default_chain: ChainPolicy,
    secrets: Arc<SecretResolver>,
    changes: &[(&str, &str)],
) -> Result<InboundProperties, InboundBindingError> {
    let endpoints = EndpointPolicy::new(["localhost:9324"]).unwrap();
    let rules = ConnectionRules { endpoints, default_chain };
    let binder = InboundBinder::new(secrets, FeelEngine::new(FeelOptions::default()), rules);
    binder.bind(&with(changes), &SecretScope::default()).await.map(|bound| bound.properties)
}

#[tokio::test]
async fn an_operator_can_forbid_the_default_chain_or_limit_it_to_queues() {
    let chain = [("authentication.type", "defaultCredentialsChain")];
    for (policy, allowed) in [
        (ChainPolicy::Allowed, true),
        (ChainPolicy::Forbidden, false),
        (ChainPolicy::ForbiddenInSaas, false),
        (ChainPolicy::Queues(vec!["arn:aws:sqs:*".to_owned()]), true),
        (ChainPolicy::Queues(vec!["arn:aws:sqs:*:other".to_owned()]), false),
    ] {
        let nothing = Arc::new(SecretResolver::new(Vec::new()));
        let secretless = [chain[0], ("authentication.accessKey", ""), ("authentication.secretKey", "")];
        let bound = bind_by(policy.clone(), nothing, &secretless).await;
        assert_eq!(bound.is_ok(), allowed, "{policy:?}: {bound:?}");
    }
}

async fn refused(changes: &[(&str, &str)]) -> String {
    bind(changes).await.unwrap_err().to_string()
}

#[tokio::test]
async fn resolves_secrets_in_both_spellings_and_shows_none() {
    let properties = bind(&[("queue.pollingWaitTime", "secrets.POLL")]).await.unwrap();
    assert_eq!(properties.polling_wait_seconds, 7);
    assert!(!format!("{properties:?}").contains("canary"));
    let RequestCredentials::Static { access_key, secret_key, .. } = properties.credentials else { panic!() };
    assert_eq!((access_key.as_str(), secret_key.expose_secret()), ("AKID", "canary"));
    let text = refused(&[("queue.visibilityTimeout", "{{secrets.BAD}}")]).await;
    assert!(!text.contains("canary"), "{text}");
}

#[tokio::test]
async fn a_missing_secret_matters_in_the_connectors_own_properties_only() {
    assert_eq!(
        refused(&[("queue.attributeNames", "{{secrets.NO}}")]).await,
        "Secret with name 'NO' is not available"
    );
    assert!(bind(&[("resultExpression", "={a: \"{{secrets.NO}}\"}"), ("other", "secrets.NO")]).await.is_ok());
}

#[tokio::test]
async fn the_wait_is_a_number_from_0_to_20_and_never_0_in_the_end() {
    for (text, seconds) in [("0", 1), ("1", 1), ("9", 9), ("10", 10), ("20", 20)] {
        assert_eq!(bind(&[("queue.pollingWaitTime", text)]).await.unwrap().polling_wait_seconds, seconds);
    }
    for text in ["21", "-1", "05", "007", " 5", "1.5", "=5", "x"] {
        assert_eq!(
            refused(&[("queue.pollingWaitTime", text)]).await,
            "jakarta.validation.ValidationException: Found constraints violated while validating input: \n \
             - Property: queue.pollingWaitTime: Validation failed. Original message: \
             must match \"^([0-9]?|1[0-9]|20|secrets\\..+)$\"",
            "{text}"
        );
    }
}

#[tokio::test]
async fn all_violations_are_named_at_once_and_an_empty_value_is_an_absent_one() {
    let text =
        refused(&[("authentication.accessKey", ""), ("queue.url", ""), ("queue.pollingWaitTime", "x")]).await;
    for path in ["authentication.accessKey", "queue.url", "queue.pollingWaitTime"] {
        assert!(text.contains(&format!(" - Property: {path}: Validation failed.")), "{text}");
    }
}

#[tokio::test]
async fn the_first_region_that_is_filled_counts() {
    for (changes, region) in [
        (vec![("queue.region", "us-east-1")], "eu-central-1"),
        (vec![("configuration.region", ""), ("queue.region", "us-east-1")], "us-east-1"),
        (vec![("configuration.region", " "), ("queue.region", "us-east-1")], "us-east-1"),
        (
            vec![("configuration.region", ""), ("queue.url", "https://sqs.eu-west-3.amazonaws.com/1/q")],
            "eu-west-3",
        ),
    ] {
        assert_eq!(bind(&changes).await.unwrap().region, region);
    }
    assert_eq!(
        refused(&[("configuration.region", "")]).await,
        "Found constraints violated while validating input: - configuration.region: must not be empty"
    );
    let text = refused(&[("queue.url", "https://sqs.eu-west-3.amazonaws.com/1/q")]).await;
    assert!(text.contains("names the region eu-west-3, but the configured region is eu-central-1"), "{text}");
}

#[tokio::test]
async fn a_credential_wins_over_inline_keys_and_only_the_exact_name_is_the_chain() {
    let credential = [
        ("awsCredential.authentication.type", "credentials"),
        ("awsCredential.authentication.accessKey", "OTHER"),
        ("awsCredential.authentication.secretKey", "other"),
        ("awsCredential.region", "us-west-2"),
    ];
    let properties = bind(&credential).await.unwrap();
    assert_eq!(properties.region, "us-west-2");
    assert!(
        matches!(properties.credentials, RequestCredentials::Static { access_key, .. } if access_key == "OTHER")
    );
    let chain = bind(&[("authentication.type", "defaultCredentialsChain")]).await.unwrap();
    assert!(matches!(chain.credentials, RequestCredentials::DefaultChain));
    let other = bind(&[("authentication.type", "unknown")]).await.unwrap();
    assert!(matches!(other.credentials, RequestCredentials::Static { .. }));
    assert!(refused(&[("awsCredential", "{}")]).await.starts_with("awsCredential: "));
}

#[tokio::test]
async fn an_endpoint_must_be_on_the_operators_list() {
    let endpoint = "http://localhost:9324";
    assert_eq!(
        bind(&[("configuration.endpoint", endpoint)]).await.unwrap().endpoint.as_deref(),
        Some(endpoint)
    );
    assert_eq!(bind(&[("configuration.endpoint", " ")]).await.unwrap().endpoint, None);
    for endpoint in ["http://localhost:1", "localhost:9324", "http://169.254.169.254"] {
        let text = refused(&[("configuration.endpoint", endpoint)]).await;
        assert!(text.contains("configuration.endpoint"), "{text}");
    }
}

#[tokio::test]
async fn our_own_properties_are_optional_and_checked() {
    let properties = bind(&[("queue.visibilityTimeout", "120"), ("queue.maxInFlight", "5")]).await.unwrap();
    assert_eq!((properties.visibility_timeout_seconds, properties.max_in_flight), (Some(120), Some(5)));
    for change in
        [("queue.visibilityTimeout", "43201"), ("queue.maxInFlight", "0"), ("queue.maxInFlight", "x")]
    {
        assert!(refused(&[change]).await.starts_with(change.0), "{change:?}");
    }
}
