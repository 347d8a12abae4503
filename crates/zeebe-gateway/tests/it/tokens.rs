//! Tokens: asked for once, renewed early, replaced when refused, never shown.

use crate::kit::options;
use connector_core::EngineErrorCode;
use connector_testkit::gateway::{Fault, GatewayServer, GatewayServerOptions, Rpc};
use futures::future::join_all;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, StatusCode, body::Bytes, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    net::TcpListener,
    task::JoinSet,
    time::{advance, pause, resume},
};
use tonic::Code;
use zeebe_gateway::{Credentials, GatewayClient, GatewayError, GatewayOptions, OidcOptions, TokenUrl};

/// An identity provider: counts its requests, answers with token-1, token-2, …, or with what was planned.
#[derive(Clone, Default)]
struct Provider {
    asked: Arc<Mutex<Vec<String>>>,
    planned: Arc<Mutex<VecDeque<(StatusCode, String)>>>,
}

impl Provider {
    async fn start(&self, tasks: &mut JoinSet<()>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (provider, own_base) = (self.clone(), base.clone());
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                let (provider, base) = (provider.clone(), own_base.clone());
                let service = service_fn(move |request| provider.clone().answer(request, base.clone()));
                connections.spawn(async move {
                    let connection = hyper::server::conn::http1::Builder::new();
                    let _ = connection.serve_connection(TokioIo::new(socket), service).await;
                });
            }
        });
        base
    }

    async fn answer(
        self,
        request: Request<hyper::body::Incoming>,
        base: String,
    ) -> Result<Response<Full<Bytes>>, hyper::Error> {
        if request.uri().path() == "/realm/.well-known/openid-configuration" {
            let document = format!("{{\"token_endpoint\":\"{base}/token\"}}");
            return Ok(Response::new(Full::new(document.into())));
        }
        let body = request.into_body().collect().await?.to_bytes();
        let number = {
            let mut asked = self.asked.lock().unwrap();
            asked.push(String::from_utf8(body.to_vec()).unwrap());
            asked.len()
        };
        let token = format!(r#"{{"access_token":"token-{number}","token_type":"bearer","expires_in":300}}"#);
        let planned = self.planned.lock().unwrap().pop_front();
        let (status, text) = planned.unwrap_or((StatusCode::OK, token));
        let mut response = Response::new(Full::new(text.into()));
        *response.status_mut() = status;
        Ok(response)
    }

    fn plan(&self, status: StatusCode, text: &str) {
        self.planned.lock().unwrap().push_back((status, text.to_owned()));
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

struct Kit {
    provider: Provider,
    server: GatewayServer,
    client: GatewayClient,
    _tasks: JoinSet<()>,
}

impl Kit {
    async fn start(change: impl FnOnce(&mut OidcOptions, &str)) -> Self {
        let (provider, mut tasks) = (Provider::default(), JoinSet::new());
        let base = provider.start(&mut tasks).await;
        let secret = "canary+secret".to_owned().into();
        let mut oidc = OidcOptions::new("connector", secret, format!("{base}/token"));
        oidc.audience = Some("zeebe-api".to_owned());
        change(&mut oidc, &base);
        let server = GatewayServer::start(GatewayServerOptions::default()).await.unwrap();
        let credentials = Credentials::Oidc(Box::new(oidc));
        let options = GatewayOptions { addresses: vec![server.address()], credentials, ..options() };
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
async fn many_calls_share_one_request_for_a_token() {
    let kit = Kit::start(|_, _| {}).await;
    for answer in join_all((0..20).map(|_| kit.client.topology())).await {
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
