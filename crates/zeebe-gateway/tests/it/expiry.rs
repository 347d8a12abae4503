//! Tokens that end while work goes on, and what shows of them.

use crate::{kit::options, provider::Provider};
use connector_core::{Engine, EngineErrorCode};
use futures::future::join_all;
use http_body_util::{BodyExt, StreamBody};
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Frame, Incoming},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    net::TcpListener,
    task::JoinSet,
    time::{Instant, advance, pause, resume},
};
use tracing::instrument::WithSubscriber;
use zeebe_gateway::{Credentials, GatewayClient, GatewayOptions, OidcOptions};

/// A gateway that answers every call of somebody whose token holds, and refuses everybody else.
#[derive(Clone, Default)]
struct Doorman {
    /// When each token was seen for the first time.
    seen: Arc<Mutex<HashMap<String, Instant>>>,
    revoked: Arc<Mutex<Vec<String>>>,
    refused: Arc<Mutex<usize>>,
}

const LIFETIME: Duration = Duration::from_secs(300);

impl Doorman {
    async fn start(&self, tasks: &mut JoinSet<()>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let doorman = self.clone();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                let doorman = doorman.clone();
                let service = service_fn(move |request| doorman.clone().answer(request));
                connections.spawn(async move {
                    let server = auto::Builder::new(TokioExecutor::new());
                    let _ = server.serve_connection(TokioIo::new(socket), service).await;
                });
            }
        });
        address
    }

    fn knows(&self, request: &Request<Incoming>) -> bool {
        let header = request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned());
        let Some(header) = header else { return false };
        let now = Instant::now();
        let since = *self.seen.lock().unwrap().entry(header.clone()).or_insert(now);
        now < since + LIFETIME && !self.revoked.lock().unwrap().contains(&header)
    }

    async fn answer(
        self,
        request: Request<Incoming>,
    ) -> Result<Response<impl hyper::body::Body<Data = Bytes, Error = Infallible> + use<>>, Infallible> {
        let welcome = self.knows(&request);
        let _ = request.into_body().collect().await;
        let mut trailers = hyper::HeaderMap::new();
        trailers.insert("grpc-status", if welcome { "0" } else { "16" }.parse().unwrap());
        // An empty message: every field has its default.
        let message = Frame::data(Bytes::from_static(&[0; 5]));
        let frames =
            if welcome { vec![message, Frame::trailers(trailers)] } else { vec![Frame::trailers(trailers)] };
        if !welcome {
            *self.refused.lock().unwrap() += 1;
        }
        let body = StreamBody::new(futures::stream::iter(frames.into_iter().map(Ok)));
        Ok(Response::builder().header("content-type", "application/grpc").body(body).unwrap())
    }
}

struct Kit {
    provider: Provider,
    doorman: Doorman,
    client: GatewayClient,
    _tasks: JoinSet<()>,
}

impl Kit {
    async fn start() -> Self {
        let (provider, doorman, mut tasks) = (Provider::default(), Doorman::default(), JoinSet::new());
        let (base, address) = (provider.start(&mut tasks).await, doorman.start(&mut tasks).await);
        let oidc = OidcOptions::new("connector", "canary-secret".into(), format!("{base}/token"));
        let credentials = Credentials::Oidc(Box::new(oidc));
        let addresses = vec![address];
        let client =
            GatewayClient::connect(GatewayOptions { addresses, credentials, ..options() }).await.unwrap();
        Self { provider, doorman, client, _tasks: tasks }
    }

    async fn all_succeed(&self, calls: usize) {
        for answer in join_all((0..calls).map(|_| self.client.topology())).await {
            answer.unwrap();
        }
    }
}

async fn passes(time: Duration) {
    pause();
    advance(time).await;
    resume();
}

#[tokio::test]
async fn a_token_that_ends_while_work_goes_on_fails_no_call() {
    let kit = Kit::start().await;
    for _ in 0..40 {
        kit.all_succeed(5).await;
        passes(Duration::from_secs(29)).await;
    }
    assert_eq!(*kit.doorman.refused.lock().unwrap(), 0);
    // Over nineteen minutes, with tokens that hold for five and are replaced half a minute before.
    assert!((4..=5).contains(&kit.provider.asked()), "{}", kit.provider.asked());
}

#[tokio::test]
async fn a_token_that_is_revoked_under_many_calls_is_replaced_once_for_all_of_them() {
    let kit = Kit::start().await;
    kit.all_succeed(1).await;
    kit.doorman.revoked.lock().unwrap().push("Bearer token-1".to_owned());
    kit.all_succeed(200).await;
    assert_eq!(kit.provider.asked(), 2);
    assert!(*kit.doorman.refused.lock().unwrap() > 1, "only one call met the revoked token");
}

/// Takes what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn neither_the_secret_nor_a_token_shows_in_a_log_an_error_or_debug() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    async {
        let kit = Kit::start().await;
        kit.provider
            .plan(StatusCode::SERVICE_UNAVAILABLE, r#"{"error_description":"no canary-secret today"}"#);
        let canary = r#"{"access_token":"canary-token","token_type":"bearer","expires_in":300}"#;
        kit.provider.plan(StatusCode::OK, canary);
        kit.provider.plan(StatusCode::UNAUTHORIZED, r#"{"error":"no canary-secret"}"#);
        kit.all_succeed(1).await;
        let mut shown = format!("{:?} {:?}", kit.client, kit.client.metrics());
        kit.doorman.revoked.lock().unwrap().push("Bearer canary-token".to_owned());
        let error = kit.client.topology().await.unwrap_err();
        assert_eq!(error.code, EngineErrorCode::Unauthenticated);
        shown.push_str(&format!("{error} {error:?}"));
        let error = kit.client.create(crate::kit::instance()).await.unwrap_err();
        shown.push_str(&format!("{error} {error:?}"));
        assert!(!shown.contains("canary"), "{shown}");
    }
    .with_subscriber(subscriber)
    .await;
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("no token from the identity provider"), "{log}");
    let shown: Vec<&str> = log.lines().filter(|line| line.contains("canary")).collect();
    assert_eq!(shown, [""; 0]);
}
