//! What is wrong at first and then mended: the worker says so meanwhile, and works afterwards.

use crate::{
    kit::{instance, next, options, resource, streaming},
    provider::{NOTHING, Provider},
    sockets::{Certificates, gateway, ingress, secure, web_server},
};
use connector_core::{Engine, Health, RawJson};
use connector_testkit::gateway::GatewayServer;
use hyper::StatusCode;
use std::time::Duration;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::timeout,
};
use zeebe_gateway::{Credentials, GatewayClient, GatewayOptions, OidcOptions};

const PATIENCE: Duration = Duration::from_secs(60);

/// Passes bytes on to wherever it is told to; those who were connected elsewhere are cut off.
async fn relay(tasks: &mut JoinSet<()>, scheme: &str, target: watch::Receiver<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("{scheme}://{}", listener.local_addr().unwrap());
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut target = target.clone();
            let behind = target.borrow_and_update().split("//").nth(1).unwrap().to_owned();
            connections.spawn(async move {
                let mut behind = TcpStream::connect(behind).await.unwrap();
                tokio::select! {
                    _ = copy_bidirectional(&mut socket, &mut behind) => {}
                    _ = target.changed() => {}
                }
            });
        }
    });
    address
}

/// A worker with these options is down at first, with this code and these words, and works once it is mended.
async fn recovers(server: &GatewayServer, options: GatewayOptions, trouble: [&str; 2], mend: impl FnOnce()) {
    let direct = GatewayClient::connect(GatewayOptions::new(server.address())).await.unwrap();
    direct.deploy([resource()]).await.unwrap();
    direct.create(instance()).await.unwrap();
    let client = GatewayClient::connect(options).await.unwrap();
    let mut worker = client.worker(streaming()).unwrap();
    let mut health = worker.handle().health();
    let down = |health: &Health| matches!(health, Health::Down { .. });
    let down = timeout(PATIENCE, health.wait_for(down)).await.expect("it is down").unwrap().clone();
    let Health::Down { code, .. } = &down else { panic!("{down:?}") };
    assert_eq!(code, trouble[0], "{down:?}");
    assert!(format!("{down:?}").contains(trouble[1]), "{down:?}");
    mend();
    let activated = next(&mut worker).await;
    client.complete(activated.job.lease, RawJson::empty_object()).await.unwrap();
    timeout(PATIENCE, health.wait_for(Health::is_up)).await.expect("it is up").unwrap();
}

#[tokio::test]
async fn a_proxy_that_learns_where_the_gateway_is() {
    let (server, mut tasks) = (gateway().await, JoinSet::new());
    let nowhere = web_server(&mut tasks, 404, "<html>no such service</html>").await;
    let (sender, target) = watch::channel(nowhere);
    let address = relay(&mut tasks, "http", target).await;
    let options = GatewayOptions { addresses: vec![address], ..options() };
    recovers(&server, options, ["UNAVAILABLE", "404"], || drop(sender.send_replace(server.address()))).await;
}

#[tokio::test]
async fn a_certificate_that_had_expired_and_is_replaced() {
    let (server, certificates, mut tasks) = (gateway().await, Certificates::new(), JoinSet::new());
    let expired = ingress(&mut tasks, &server.address(), certificates.server_with("expired", false)).await;
    let good = ingress(&mut tasks, &server.address(), certificates.server(false)).await;
    let (sender, target) = watch::channel(expired);
    let address = relay(&mut tasks, "https", target).await;
    let options = secure(&address, certificates.client_options());
    recovers(&server, options, ["UNAVAILABLE", "has expired"], || drop(sender.send_replace(good))).await;
}

#[tokio::test]
async fn a_provider_that_comes_to_its_senses() {
    let refused = r#"{"error":"invalid_client","error_description":"wrong secret"}"#;
    let answers = [
        (StatusCode::INTERNAL_SERVER_ERROR, "", "UNAVAILABLE", "500"),
        (StatusCode::OK, "<html>welcome</html>", "UNAUTHENTICATED", "no token"),
        (StatusCode::UNAUTHORIZED, refused, "UNAUTHENTICATED", "wrong secret"),
        (StatusCode::OK, NOTHING, "UNAVAILABLE", "no answer in time"),
    ];
    for (status, text, code, words) in answers {
        let (server, provider, mut tasks) = (gateway().await, Provider::default(), JoinSet::new());
        for _ in 0..1_000 {
            provider.plan(status, text);
        }
        let base = provider.start(&mut tasks).await;
        let millisecond = Duration::from_millis(1);
        let oidc = OidcOptions {
            connect_timeout: 50 * millisecond,
            read_timeout: 50 * millisecond,
            retry_initial_backoff: millisecond,
            max_retries: 1,
            non_retryable_cooldown: millisecond,
            ..OidcOptions::new("connector", "canary".into(), format!("{base}/token"))
        };
        let credentials = Credentials::Oidc(Box::new(oidc));
        let options = GatewayOptions { addresses: vec![server.address()], credentials, ..options() };
        recovers(&server, options, [code, words], || provider.forget_plans()).await;
    }
}
