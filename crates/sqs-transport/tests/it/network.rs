//! Over real sockets, with the pool's own HTTP client: signatures, sessions, endpoints, and the whole way.

use crate::setup::{connection, in_a_minute, within};
use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, SharedDnsResolver};
use connector_testkit::sqs::{AccessKey, SqsServer, SqsServerOptions};
use secrecy::SecretString;
use sqs_transport::{
    ClientPool, Connection, Credentials, OutgoingMessage, PoolOptions, Proxy, Receiver, ReceiverOptions,
    TransportError,
};
use std::{collections::HashSet, net::IpAddr, sync::Mutex, time::Duration};
use tokio::{io::AsyncReadExt, net::TcpListener, task::JoinSet};

fn keys(access_key: &str, secret_key: &str, token: Option<&str>) -> Credentials {
    Credentials::Static {
        access_key: access_key.into(),
        secret_key: secret_key.into(),
        session_token: token.map(Into::into),
    }
}

#[tokio::test]
async fn signs_with_trimmed_keys_and_the_session_token_for_any_region() {
    let mut temporary = AccessKey::new("ASIATEMP", "temporary secret");
    temporary.session_token = Some(SecretString::from("the token"));
    let options = SqsServerOptions {
        credentials: vec![AccessKey::new("AKIA", "s3cret"), temporary],
        ..SqsServerOptions::default()
    };
    let server = SqsServer::start(options).await.unwrap();
    let url = server.create_queue("q", &[]).unwrap();
    let sender = ClientPool::new(PoolOptions::default()).sender();
    let send = async |credentials, region: &str| {
        let connection = Connection { credentials, region: region.into(), endpoint: Some(server.endpoint()) };
        within(sender.send(&connection, OutgoingMessage::new(&url, "x"), in_a_minute())).await
    };
    send(keys(" AKIA\n", "s3cret ", None), "eu-central-1").await.unwrap();
    send(keys("AKIA", "s3cret", None), "moon-base-1").await.unwrap();
    assert_eq!(server.recorded().last().unwrap().region.as_deref(), Some("moon-base-1"));
    // No host label, so no part of AWS's own host names, but beside an endpoint as good as any.
    send(keys("AKIA", "s3cret", None), " ü/region\r\n").await.unwrap();
    let scope = "%20%C3%BC%2Fregion%0D%0A";
    assert_eq!(server.recorded().last().unwrap().region.as_deref(), Some(scope));
    send(keys("ASIATEMP", "temporary secret", Some("the token")), "eu-central-1").await.unwrap();
    for wrong in [
        keys("AKIA", "wrong", None),
        keys("nobody", "s3cret", None),
        keys("ASIATEMP", "temporary secret", None),
    ] {
        let error = send(wrong, "eu-central-1").await.unwrap_err();
        assert!(
            matches!(&error, TransportError::Service(service) if service.http_status >= 400 && service.attempts == 1)
        );
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
    }
    assert_eq!(server.depth("q").unwrap().total(), 4);
}

#[tokio::test]
async fn the_operators_endpoint_holds_where_the_connection_names_none() {
    let server = SqsServer::start(SqsServerOptions::default()).await.unwrap();
    let url = server.create_queue("q", &[]).unwrap();
    let pool =
        ClientPool::new(PoolOptions { endpoint_override: Some(server.endpoint()), ..PoolOptions::default() });
    let connection =
        Connection { credentials: keys("a", "b", None), region: "eu-central-1".into(), endpoint: None };
    within(pool.sender().send(&connection, OutgoingMessage::new(&url, "x"), in_a_minute())).await.unwrap();
    assert_eq!(server.depth("q").unwrap().total(), 1);
}

#[tokio::test]
async fn https_endpoints_are_reached_through_the_proxy_unless_excepted() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://user:canary@{}", listener.local_addr().unwrap());
    let asked = tokio::spawn(async move {
        let mut asked = Vec::new();
        // Four attempts, each over a connection of its own that the proxy cuts.
        for _ in 0..4 {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = [0; 512];
            let length = stream.read(&mut head).await.unwrap();
            asked
                .push(String::from_utf8_lossy(&head[..length]).lines().next().unwrap_or_default().to_owned());
        }
        asked
    });
    let proxy = Proxy::new(&url, "localhost").unwrap();
    assert!(!format!("{proxy:?}").contains("canary"));
    let sender = ClientPool::new(PoolOptions { proxy: Some(proxy), ..PoolOptions::default() }).sender();
    let send = async |endpoint: &str| {
        let connection = connection(endpoint.to_owned());
        within(sender.send(&connection, OutgoingMessage::new("https://x/1/q", "x"), in_a_minute()))
            .await
            .unwrap_err()
    };
    let refused = send("https://localhost:1").await;
    assert_eq!(refused.code(), "ConnectionRefused", "not through the proxy: {refused}");
    let cut = send("https://sqs.nowhere.invalid").await;
    assert!(!format!("{cut:?}").contains("canary"));
    assert_eq!(within(asked).await.unwrap(), ["CONNECT sqs.nowhere.invalid:443 HTTP/1.1"; 4]);
    assert!(Proxy::new("not a url", "").is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_messages_go_the_whole_way_through_sockets() {
    let server = SqsServer::start(SqsServerOptions::default()).await.unwrap();
    let url = server.create_queue("q", &[]).unwrap();
    let pool = ClientPool::new(PoolOptions::default());
    let connection = connection(server.endpoint());
    let mut receiver =
        Receiver::open(pool.client(&connection).await.unwrap(), ReceiverOptions::new(&url)).await.unwrap();
    let sender = pool.sender();
    let mut jobs = JoinSet::new();
    for worker in 0..20 {
        let (sender, connection, url) = (sender.clone(), connection.clone(), url.clone());
        jobs.spawn(async move {
            for number in 0..50 {
                let message = OutgoingMessage::new(&url, format!("{worker}-{number}"));
                sender.send(&connection, message, in_a_minute()).await.unwrap();
            }
        });
    }
    let mut bodies = HashSet::new();
    while bodies.len() < 1_000 {
        let delivery = within(receiver.next()).await.unwrap();
        assert!(bodies.insert(delivery.message.body.clone()), "twice: {}", delivery.message.body);
        delivery.ack();
    }
    while let Some(job) = jobs.join_next().await {
        job.unwrap();
    }
    let report = within(receiver.shutdown(Duration::from_secs(10))).await;
    assert_eq!((report.lost_acks, report.unfinished), (0, 0));
    assert_eq!(server.depth("q").unwrap().total(), 0);
    assert_eq!(pool.len(), 1);
    within(sender.shutdown()).await;
    within(server.shutdown()).await;
}

/// Gives the addresses one after the other, and the last one for ever.
#[derive(Debug)]
struct Changing(Mutex<Vec<IpAddr>>);

impl ResolveDns for Changing {
    fn resolve_dns<'a>(&'a self, _: &'a str) -> DnsFuture<'a> {
        let mut addresses = self.0.lock().unwrap();
        let address = if addresses.len() > 1 { addresses.remove(0) } else { addresses[0] };
        DnsFuture::ready(Ok(vec![address]))
    }
}

#[tokio::test]
async fn a_name_that_moves_to_a_metadata_address_is_not_followed_there() {
    let server = SqsServer::start(SqsServerOptions::default()).await.unwrap();
    let url = server.create_queue("q", &[]).unwrap();
    let names = ["127.0.0.1", "169.254.169.254"].map(|address| address.parse().unwrap()).to_vec();
    let names = Some(SharedDnsResolver::new(Changing(Mutex::new(names))));
    let sender = ClientPool::new(PoolOptions { names, ..PoolOptions::default() }).sender();
    let send = async |scheme: &str| {
        let connection = connection(format!("{scheme}://queue.example:{}", server.address().port()));
        within(sender.send(&connection, OutgoingMessage::new(&url, "x"), in_a_minute())).await
    };
    send("http").await.unwrap();
    assert_eq!(server.depth("q").unwrap().total(), 1);
    // TLS asks for the name again, and now it leads elsewhere.
    let refused = send("https").await.unwrap_err();
    assert_eq!(refused.code(), "UnknownHost", "{refused}");
    assert!(refused.to_string().contains("the link-local or metadata address 169.254.169.254"), "{refused}");
}
