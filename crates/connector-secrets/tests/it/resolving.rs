//! Replacement: where, what, in which order, and what is hidden afterwards.

use async_trait::async_trait;
use connector_secrets::{
    EnvironmentSecrets, FilterMode, NameFilter, ResolverOptions, SecretError, SecretName, SecretProvider,
    SecretResolver, SecretScope, Spelling,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

fn environment(variables: &[(&str, &str)]) -> Arc<dyn SecretProvider> {
    let variables = variables.iter().map(|(name, value)| (format!("SECRET_{name}"), (*value).to_owned()));
    Arc::new(EnvironmentSecrets::new("SECRET_", variables))
}

fn resolver() -> SecretResolver {
    SecretResolver::new(vec![environment(&[
        ("A", "value-a"),
        ("B", "value-b"),
        ("CHAIN", "{{secrets.A}} secrets.A"),
    ])])
}

async fn resolved(input: Value, filter: NameFilter) -> Value {
    let mut input = input;
    resolver().resolve(&mut input, &SecretScope::default(), &filter).await.unwrap();
    input
}

#[tokio::test]
async fn both_spellings_count_in_connection_fields_and_braces_elsewhere() {
    let input = json!({
        "authentication": {"accessKey": "secrets.A", "secretKey": "{{secrets.B}}"},
        "queue": {"url": "http://h/secrets.A", "messageBody": {"x": ["secrets.A", "{{secrets.A}}"]}, "messageGroupId": "secrets.A"},
    });
    let expected = json!({
        "authentication": {"accessKey": "value-a", "secretKey": "value-b"},
        "queue": {"url": "http://h/value-a", "messageBody": {"x": ["secrets.A", "value-a"]}, "messageGroupId": "secrets.A"},
    });
    assert_eq!(resolved(input, NameFilter::AllowAll).await, expected);
}

#[tokio::test]
async fn a_value_is_never_searched_for_placeholders() {
    let input = json!({"authentication": {"accessKey": "{{secrets.CHAIN}}"}});
    let expected = json!({"authentication": {"accessKey": "{{secrets.A}} secrets.A"}});
    assert_eq!(resolved(input, NameFilter::AllowAll).await, expected);
}

#[tokio::test]
async fn keys_are_left_alone() {
    let input = json!({"queue": {"messageBody": {"{{secrets.A}}": 1}}});
    assert_eq!(resolved(input.clone(), NameFilter::AllowAll).await, input);
}

#[tokio::test]
async fn process_data_cannot_pull_a_secret_that_the_model_does_not_mention() {
    let input = json!({"queue": {"messageBody": "{{secrets.A}} {{secrets.B}} {{secrets.NOWHERE}}", "url": "{{secrets.B}}"}});
    let mentioned = NameFilter::new(FilterMode::Strict, Some(BTreeSet::from(["A".to_owned()])));
    let expected =
        json!({"queue": {"messageBody": "value-a {{secrets.B}} {{secrets.NOWHERE}}", "url": "value-b"}});
    assert_eq!(resolved(input, mentioned).await, expected);
}

#[tokio::test]
async fn without_a_definition_only_connection_fields_are_resolved() {
    let input = json!({"queue": {"messageBody": "{{secrets.A}}", "url": "{{secrets.B}}"}});
    let expected = json!({"queue": {"messageBody": "{{secrets.A}}", "url": "value-b"}});
    assert_eq!(resolved(input.clone(), NameFilter::new(FilterMode::Strict, None)).await, expected);
    let lax = resolved(input, NameFilter::new(FilterMode::Lax, None)).await;
    assert_eq!(lax["queue"]["messageBody"], "value-a");
}

#[tokio::test]
async fn a_missing_secret_is_named() {
    let mut input = json!({"authentication": {"accessKey": "{{secrets.NOPE}}"}});
    let error =
        resolver().resolve(&mut input, &SecretScope::default(), &NameFilter::AllowAll).await.unwrap_err();
    assert_eq!(error.to_string(), "Secret with name 'NOPE' is not available");
    assert_eq!(error.code(), "secret-not-available");
}

#[tokio::test]
async fn the_redactor_hides_exactly_what_was_put_in() {
    let mut input = json!({"queue": {"messageBody": "{{secrets.A}}"}});
    let redactor =
        resolver().resolve(&mut input, &SecretScope::default(), &NameFilter::AllowAll).await.unwrap();
    assert_eq!(redactor.redact("value-a and value-b"), "*** and value-b");
}

#[tokio::test]
async fn providers_are_asked_in_order() {
    let resolver = SecretResolver::new(vec![
        environment(&[("A", "first")]),
        environment(&[("A", "second"), ("B", "other")]),
    ]);
    let scope = SecretScope::default();
    let mut redactor = connector_secrets::Redactor::default();
    let text = resolver
        .resolve_text("{{secrets.A}} {{secrets.B}}", Spelling::Braces, &scope, &mut redactor)
        .await
        .unwrap();
    assert_eq!(text, "first other");
    assert_eq!(redactor.redact("first other second"), "*** *** second");
}

struct Counting(AtomicU32);

#[async_trait]
impl SecretProvider for Counting {
    fn describe(&self) -> &str {
        "counting"
    }

    async fn secret(&self, _: &SecretName, _: &SecretScope) -> Result<Option<SecretString>, SecretError> {
        Ok(Some(SecretString::from(format!("v{}", self.0.fetch_add(1, Ordering::Relaxed)))))
    }
}

#[tokio::test(start_paused = true)]
async fn a_value_is_remembered_until_it_expires() {
    let options = ResolverOptions { time_to_live: Duration::from_secs(5), capacity: 1 };
    let resolver = SecretResolver::with_options(vec![Arc::new(Counting(AtomicU32::new(0)))], options);
    let (a, b, scope) =
        (SecretName::new("A").unwrap(), SecretName::new("B").unwrap(), SecretScope::default());
    let value = async |name| resolver.secret(name, &scope).await.unwrap().expose_secret().to_owned();
    assert_eq!((value(&a).await, value(&a).await), ("v0".to_owned(), "v0".to_owned()));
    assert_eq!(
        (value(&b).await, value(&b).await),
        ("v1".to_owned(), "v2".to_owned()),
        "over the capacity nothing is kept"
    );
    tokio::time::advance(Duration::from_secs(6)).await;
    assert_eq!((value(&a).await, value(&a).await), ("v3".to_owned(), "v3".to_owned()));
}

#[tokio::test]
async fn debug_and_errors_show_no_value() {
    let resolver = SecretResolver::new(vec![environment(&[("A", "canary-value")])]);
    let mut input = json!({"queue": {"url": "{{secrets.A}} {{secrets.B}}"}});
    let error =
        resolver.resolve(&mut input, &SecretScope::default(), &NameFilter::AllowAll).await.unwrap_err();
    assert!(!format!("{resolver:?} {error} {error:?}").contains("canary"));
}
