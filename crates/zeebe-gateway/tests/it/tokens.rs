//! Tokens: asked for once, renewed early, replaced when refused, never shown.

use crate::{
    kit::options,
    provider::{NOTHING, Provider},
};
use connector_core::EngineErrorCode;
use connector_testkit::gateway::{Fault, GatewayServer, GatewayServerOptions, Rpc};
use futures::future::join_all;
use hyper::StatusCode;
use std::time::Duration;
use tokio::{
    task::JoinSet,
    time::{advance, pause, resume},
};
use tonic::Code;
use zeebe_gateway::{Credentials, GatewayClient, GatewayError, GatewayOptions, OidcOptions, TokenUrl};

struct Kit {
    provider: Provider,
    server: GatewayServer,
    client: GatewayClient,
    _tasks: JoinSet<()>,
}

impl Kit {
    async fn start(change: impl FnOnce(&mut OidcOptions, &str)) -> Self {
        Self::with_timeout(options().request_timeout, change).await
    }

    async fn with_timeout(request_timeout: Duration, change: impl FnOnce(&mut OidcOptions, &str)) -> Self {
        let (provider, mut tasks) = (Provider::default(), JoinSet::new());
        let base = provider.start(&mut tasks).await;
        let secret = "canary+secret".to_owned().into();
        let mut oidc = OidcOptions::new("connector", secret, format!("{base}/token"));
        oidc.audience = Some("zeebe-api".to_owned());
        change(&mut oidc, &base);
        let server = GatewayServer::start(GatewayServerOptions::default()).await.unwrap();
        let credentials = Credentials::Oidc(Box::new(oidc));
        let addresses = vec![server.address()];
        let options = GatewayOptions { addresses, credentials, request_timeout, ..options() };
        let client = GatewayClient::connect(options).await.unwrap();
        Self { provider, server, client, _tasks: tasks }
    }

    fn header(&self) -> String {
        let metadata = self.server.last_metadata(Rpc::Topology).unwrap();
        metadata.get("authorization").unwrap().to_str().unwrap().to_owned()
    }
}

/// Lets time pass while nothing is under way on a socket.
async fn passes(time: Duration) {
    pause();
    advance(time).await;
    resume();
}

#[tokio::test]
async fn a_thousand_calls_at_once_share_one_request_for_a_token() {
    let kit = Kit::start(|_, _| {}).await;
    for answer in join_all((0..1_000).map(|_| kit.client.topology())).await {
        answer.unwrap();
    }
    assert_eq!(kit.provider.asked(), 1);
    assert_eq!(kit.header(), "Bearer token-1");
    let form =
        "client_id=connector&client_secret=canary%2Bsecret&audience=zeebe-api&grant_type=client_credentials";
    assert_eq!(kit.provider.asked.lock().unwrap()[0], form);
    assert_eq!(kit.client.metrics().tokens.get(), 1);
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends() {
    let kit = Kit::start(|_, _| {}).await;
    kit.client.topology().await.unwrap();
    passes(Duration::from_secs(265)).await;
    kit.client.topology().await.unwrap();
    assert_eq!((kit.provider.asked(), kit.header().as_str()), (1, "Bearer token-1"));
    passes(Duration::from_secs(10)).await;
    kit.client.topology().await.unwrap();
    assert_eq!((kit.provider.asked(), kit.header().as_str()), (2, "Bearer token-2"));
}

#[tokio::test]
async fn a_provider_that_fails_early_does_not_spoil_a_token_that_still_holds() {
    let kit = Kit::start(|_, _| {}).await;
    kit.client.topology().await.unwrap();
    passes(Duration::from_secs(275)).await;
    kit.provider.plan(StatusCode::UNAUTHORIZED, r#"{"error":"invalid_client"}"#);
    kit.client.topology().await.unwrap();
    assert_eq!((kit.provider.asked(), kit.header().as_str()), (2, "Bearer token-1"));
    passes(Duration::from_secs(31)).await;
    kit.client.topology().await.unwrap();
    assert_eq!(kit.header(), "Bearer token-3");
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_and_then_the_provider_is_left_alone() {
    let kit = Kit::start(|_, _| {}).await;
    let refused = || Fault::Status(Code::Unauthenticated, "expired".to_owned());
    kit.server.faults().next(Rpc::Topology, 1, refused());
    kit.client.topology().await.unwrap();
    assert_eq!((kit.provider.asked(), kit.header().as_str()), (2, "Bearer token-2"));
    kit.server.faults().always(Rpc::Topology, refused());
    for _ in 0..10 {
        let error = kit.client.topology().await.unwrap_err();
        assert_eq!(error.code, EngineErrorCode::Unauthenticated);
    }
    assert_eq!(kit.provider.asked(), 2);
    passes(Duration::from_secs(31)).await;
    assert!(kit.client.topology().await.is_err());
    assert_eq!(kit.provider.asked(), 3);
}

#[tokio::test]
async fn a_refused_client_is_told_in_the_providers_words_and_not_asked_for_again_at_once() {
    let kit = Kit::start(|_, _| {}).await;
    let words = r#"{"error":"invalid_client","error_description":"unknown client"}"#;
    kit.provider.plan(StatusCode::UNAUTHORIZED, words);
    for _ in 0..5 {
        let error = kit.client.topology().await.unwrap_err();
        assert_eq!(error.code, EngineErrorCode::Unauthenticated);
        assert!(
            error.message.ends_with("answered 401 Unauthorized invalid_client: unknown client"),
            "{error}"
        );
        assert!(!error.message.contains("canary"), "{error}");
    }
    assert_eq!((kit.provider.asked(), kit.server.calls(Rpc::Topology)), (1, 0));
    passes(Duration::from_secs(31)).await;
    kit.client.topology().await.unwrap();
}

#[tokio::test]
async fn a_provider_that_is_busy_is_asked_again() {
    let kit = Kit::start(|_, _| {}).await;
    kit.provider.plan(StatusCode::SERVICE_UNAVAILABLE, "");
    kit.client.topology().await.unwrap();
    assert_eq!((kit.provider.asked(), kit.header().as_str()), (2, "Bearer token-2"));
    assert_eq!(kit.client.metrics().token_failures.get(), 1);
}

#[tokio::test]
async fn an_issuer_is_asked_where_it_gives_out_tokens() {
    let kit = Kit::start(|oidc, base| oidc.token_url = TokenUrl::Issuer(format!("{base}/realm/"))).await;
    kit.client.topology().await.unwrap();
    assert_eq!(kit.header(), "Bearer token-1");
}

#[tokio::test]
async fn a_page_instead_of_a_token_is_told_without_its_text() {
    for page in ["<html>canary</html>", r#""canary""#, r#"{"access_token":["canary"]}"#] {
        let kit = Kit::start(|_, _| {}).await;
        kit.provider.plan(StatusCode::OK, page);
        let error = kit.client.topology().await.unwrap_err();
        assert_eq!(error.code, EngineErrorCode::Unauthenticated);
        assert!(error.message.contains("which is no token: check the URL"), "{error}");
        assert!(!error.message.contains("canary"), "{error}");
    }
}

#[tokio::test]
async fn a_call_that_waited_in_vain_for_a_token_says_what_the_provider_answered() {
    let kit = Kit::with_timeout(Duration::from_millis(500), |_, _| {}).await;
    for _ in 0..3 {
        kit.provider.plan(StatusCode::INTERNAL_SERVER_ERROR, r#"{"error":"server_error"}"#);
    }
    let error = kit.client.topology().await.unwrap_err();
    assert_eq!(error.code, EngineErrorCode::Unavailable);
    assert!(error.message.ends_with("answered 500 Internal Server Error server_error"), "{error}");
}

#[tokio::test]
async fn a_provider_that_says_nothing_is_named() {
    let kit = Kit::with_timeout(Duration::from_millis(500), |_, _| {}).await;
    kit.provider.plan(StatusCode::OK, NOTHING);
    let error = kit.client.topology().await.unwrap_err();
    assert_eq!(
        (error.code, error.message.as_str()),
        (EngineErrorCode::Unavailable, "the identity provider has not answered yet")
    );
    // The request that hangs is given up, and the next one brings a token.
    passes(Duration::from_secs(11)).await;
    let _ = kit.client.topology().await;
    passes(Duration::from_secs(2)).await;
    kit.client.topology().await.unwrap();
}

#[tokio::test]
async fn the_waits_between_requests_are_the_configured_ones() {
    let kit = Kit::start(|oidc, _| {
        oidc.retry_initial_backoff = Duration::from_millis(1);
        oidc.retryable_status_codes = vec![418];
        oidc.max_retries = 2;
        oidc.non_retryable_cooldown = Duration::ZERO;
    })
    .await;
    for _ in 0..3 {
        kit.provider.plan(StatusCode::IM_A_TEAPOT, "");
    }
    assert_eq!(kit.client.topology().await.unwrap_err().code, EngineErrorCode::Unavailable);
    assert_eq!(kit.provider.asked(), 3);
    kit.client.topology().await.unwrap();
}

#[tokio::test]
async fn no_secret_and_no_token_shows_in_debug() {
    let kit = Kit::start(|_, _| {}).await;
    kit.client.topology().await.unwrap();
    let shown = format!("{:?}", kit.client);
    assert!(!shown.contains("canary") && !shown.contains("token-1"), "{shown}");
}

#[tokio::test]
async fn refuses_a_token_endpoint_that_is_no_url() {
    let oidc = OidcOptions::new("connector", "s".to_owned().into(), "login.example/token");
    let credentials = Credentials::Oidc(Box::new(oidc));
    let error = GatewayClient::connect(GatewayOptions { credentials, ..options() }).await.unwrap_err();
    assert!(
        matches!(&error, GatewayError::InvalidTokenUrl { url } if url == "login.example/token"),
        "{error}"
    );
}
