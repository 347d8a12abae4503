//! Through a small proxy that forwards everything to the SQS server, whatever host is asked for.

use crate::setup::{connection, in_a_minute, within};
use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError, SharedDnsResolver};
use connector_testkit::sqs::{SqsServer, SqsServerOptions};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{ServerConfig, crypto::aws_lc_rs::default_provider, pki_types::PrivateKeyDer};
use sqs_transport::{Certificates, ClientPool, OutgoingMessage, PoolOptions, Proxy, SendError, SentMessage};
use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

const HOST: &str = "queue.example";

/// What the proxy was asked: the head of each request that reached it.
type Heads = Arc<Mutex<Vec<String>>>;

struct World {
    server: SqsServer,
    url: String,
    proxy: String,
    heads: Heads,
    certificate: Certificates,
}

impl World {
    async fn start() -> Self {
        let server = SqsServer::start(SqsServerOptions::default()).await.unwrap();
        let url = server.create_queue("q", &[]).unwrap();
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed([HOST.to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let tls = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = format!("http://user:canary@{}", listener.local_addr().unwrap());
        let heads = Heads::default();
        let (seen, target) = (Arc::clone(&heads), server.address());
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(forward(stream, target, acceptor.clone(), Arc::clone(&seen)));
            }
        });
        let certificate = Certificates::from_pem(cert.pem()).unwrap();
        Self { server, url, proxy, heads, certificate }
    }

    /// Sends a message to an endpoint through the proxy, which alone knows names, unless `addresses` says what they lead to.
    async fn send(&self, endpoint: &str, addresses: &[&str]) -> Result<SentMessage, SendError> {
        let proxy = Some(Proxy::new(&self.proxy, "direct.example").unwrap());
        let names = Names(addresses.iter().map(|address| address.parse().unwrap()).collect());
        let options = PoolOptions {
            proxy: proxy.clone(),
            plain_proxy: proxy,
            names: Some(SharedDnsResolver::new(names)),
            certificates: Some(self.certificate.clone()),
            ..PoolOptions::default()
        };
        let sender = ClientPool::new(options).sender();
        let message = OutgoingMessage::new(&self.url, "x");
        within(sender.send(&connection(endpoint.to_owned()), message, in_a_minute())).await
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    fn received(&self) -> usize {
        self.server.depth("q").unwrap().total()
    }
}

/// `CONNECT` opens a tunnel to whoever speaks TLS; anything else goes on as it is.
async fn forward(mut stream: TcpStream, target: SocketAddr, acceptor: TlsAcceptor, seen: Heads) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        head.push(byte);
    }
    let text = String::from_utf8(head.clone()).unwrap();
    seen.lock().unwrap().push(text.clone());
    let mut server = TcpStream::connect(target).await.unwrap();
    // Clients close as they like; the heads and the queue decide.
    if text.starts_with("CONNECT ") {
        stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
        let Ok(mut tunnel) = acceptor.accept(stream).await else { return };
        let _ = copy_bidirectional(&mut tunnel, &mut server).await;
    } else {
        server.write_all(&head).await.unwrap();
        let _ = copy_bidirectional(&mut stream, &mut server).await;
    }
}

/// Every name leads to these addresses; to none when there are none.
#[derive(Debug)]
struct Names(Vec<IpAddr>);

impl ResolveDns for Names {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::ready(match self.0.as_slice() {
            [] => Err(ResolveDnsError::new(format!("nobody here knows {name}"))),
            addresses => Ok(addresses.to_vec()),
        })
    }
}

#[tokio::test]
async fn https_goes_through_a_tunnel_and_the_proxy_looks_the_name_up() {
    let world = World::start().await;
    world.send("https://queue.example", &[]).await.unwrap();
    assert_eq!(world.received(), 1);
    let heads = world.heads();
    assert!(heads[0].starts_with("CONNECT queue.example:443 HTTP/1.1\r\n"), "{heads:?}");
    assert!(heads[0].to_lowercase().contains("proxy-authorization: basic dxnlcjpjyw5hcnk="), "{heads:?}");
    assert_eq!(heads.len(), 1, "no request outside of the tunnel");
}

#[tokio::test]
async fn http_goes_to_the_proxy_with_the_whole_address() {
    let world = World::start().await;
    world.send("http://queue.example:9324", &["10.0.0.1"]).await.unwrap();
    assert_eq!(world.received(), 1);
    let heads = world.heads();
    assert!(heads[0].starts_with("POST http://queue.example:9324/ HTTP/1.1\r\n"), "{heads:?}");
    assert!(heads[0].to_lowercase().contains("proxy-authorization: basic"), "{heads:?}");
}

#[tokio::test]
async fn a_proxy_is_not_asked_for_what_leads_to_a_metadata_address() {
    let world = World::start().await;
    for endpoint in [
        "https://queue.example",
        "http://queue.example",
        "https://169.254.169.254",
        "http://169.254.169.254",
        "http://[::ffff:169.254.169.254]",
    ] {
        let refused = world.send(endpoint, &["10.0.0.1", "169.254.169.254"]).await.unwrap_err();
        assert!(refused.to_string().contains("the link-local or metadata address"), "{endpoint}: {refused}");
        assert!(!format!("{refused:?}").contains("canary"));
    }
    assert_eq!(world.heads(), Vec::<String>::new());
}

#[tokio::test]
async fn this_machine_and_excepted_hosts_are_reached_without_a_proxy() {
    let world = World::start().await;
    world.send(&world.server.endpoint(), &[]).await.unwrap();
    let port = world.server.address().port();
    world.send(&format!("http://direct.example:{port}"), &["127.0.0.1"]).await.unwrap();
    world.send(&format!("http://sub.direct.example:{port}"), &["127.0.0.1"]).await.unwrap();
    assert_eq!(world.received(), 3);
    assert_eq!(world.heads(), Vec::<String>::new());
}

#[test]
fn only_certificates_are_certificates() {
    for text in ["", "no PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let error = Certificates::from_pem(text).unwrap_err();
        assert_eq!(error.code(), "InvalidOption", "{text}");
    }
}
