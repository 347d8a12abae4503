//! Over real sockets: addresses, TLS, certificates.

use crate::kit::options;
use connector_core::EngineErrorCode;
use connector_testkit::gateway::{GatewayServer, GatewayServerOptions, Rpc};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use std::{path::PathBuf, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::aws_lc_rs::default_provider,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        server::WebPkiClientVerifier,
    },
};
use zeebe_gateway::{ClientIdentity, GatewayClient, GatewayError, GatewayOptions, TlsOptions};

pub(crate) async fn gateway() -> GatewayServer {
    GatewayServer::start(GatewayServerOptions::default()).await.unwrap()
}

async fn client(options: GatewayOptions) -> GatewayClient {
    GatewayClient::connect(options).await.unwrap()
}

#[tokio::test]
async fn calls_go_to_the_gateways_in_turn() {
    let (one, two) = (gateway().await, gateway().await);
    let client = client(GatewayOptions { addresses: vec![one.address(), two.address()], ..options() }).await;
    for _ in 0..4 {
        client.topology().await.unwrap();
    }
    assert_eq!((one.calls(Rpc::Topology), two.calls(Rpc::Topology)), (2, 2));
}

#[tokio::test]
async fn a_command_goes_to_another_gateway_when_one_cannot_be_reached() {
    use connector_core::Engine;
    let (gone, alive) = (gateway().await, gateway().await);
    let addresses = vec![gone.address(), alive.address()];
    gone.shutdown().await;
    let client = client(GatewayOptions { addresses, ..options() }).await;
    client.deploy([crate::kit::resource()]).await.unwrap();
    for _ in 0..4 {
        client.create(crate::kit::instance()).await.unwrap();
    }
    assert_eq!(alive.view(|state| state.counts().instances_created), 4);
}

/// Passes bytes on until it is told to swallow those of the connections that are open.
async fn proxy(tasks: &mut JoinSet<()>, server: &GatewayServer) -> (String, Arc<watch::Sender<u32>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let behind = server.address().trim_start_matches("http://").to_owned();
    let swallowed = Arc::new(watch::Sender::new(0));
    let sender = Arc::clone(&swallowed);
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        for number in 1.. {
            let (mut socket, _) = listener.accept().await.unwrap();
            let (behind, mut swallowed) = (behind.clone(), sender.subscribe());
            connections.spawn(async move {
                let mut plain = TcpStream::connect(behind).await.unwrap();
                let silenced = tokio::select! {
                    _ = copy_bidirectional(&mut socket, &mut plain) => false,
                    told = swallowed.wait_for(|last| number <= *last) => told.is_ok(),
                };
                if silenced {
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    (address, swallowed)
}

#[tokio::test]
async fn a_connection_that_has_gone_silent_is_replaced_after_three_calls() {
    let (server, mut tasks) = (gateway().await, JoinSet::new());
    let (address, swallowed) = proxy(&mut tasks, &server).await;
    let request_timeout = Duration::from_millis(500);
    let options = GatewayOptions { addresses: vec![address], request_timeout, ..options() };
    let client = client(options).await;
    client.topology().await.unwrap();
    swallowed.send_replace(1);
    for _ in 0..3 {
        assert_eq!(client.topology().await.unwrap_err().code, EngineErrorCode::DeadlineExceeded);
    }
    client.topology().await.unwrap();
}

#[tokio::test]
async fn says_what_it_could_not_reach() {
    let gone = gateway().await;
    let address = gone.address();
    gone.shutdown().await;
    let error = client(GatewayOptions::new(address)).await.topology().await.unwrap_err();
    assert_eq!(error.code, EngineErrorCode::Unavailable);
    assert!(error.message.to_lowercase().contains("refused"), "{error}");
}

#[tokio::test]
async fn announces_itself_by_its_user_agent() {
    let server = gateway().await;
    let options =
        GatewayOptions { addresses: vec![server.address()], user_agent: "tests/1".to_owned(), ..options() };
    client(options).await.topology().await.unwrap();
    let metadata = server.last_metadata(Rpc::Topology).unwrap();
    assert!(metadata.get("user-agent").unwrap().to_str().unwrap().starts_with("tests/1"));
}

#[tokio::test]
async fn refuses_options_that_cannot_work() {
    let refused =
        |options: GatewayOptions| async { GatewayClient::connect(options).await.unwrap_err().code() };
    assert_eq!(refused(GatewayOptions { addresses: Vec::new(), ..options() }).await, "GATEWAY_NO_ADDRESS");
    assert_eq!(refused(GatewayOptions::new("localhost:26500")).await, "GATEWAY_INVALID_ADDRESS");
    let authority = Some("a b".to_owned());
    assert_eq!(
        refused(GatewayOptions { override_authority: authority, ..options() }).await,
        "GATEWAY_INVALID_AUTHORITY"
    );
    let user_agent = "a\nb".to_owned();
    assert_eq!(refused(GatewayOptions { user_agent, ..options() }).await, "GATEWAY_INVALID_USER_AGENT");
    let tls = TlsOptions { ca_certificate: Some(PathBuf::from("missing.pem")), client_identity: None };
    let error =
        GatewayClient::connect(GatewayOptions { tls, ..GatewayOptions::new("https://localhost:1") }).await;
    let error = error.unwrap_err();
    assert!(matches!(&error, GatewayError::UnreadableFile { .. }), "{error}");
    assert!(error.to_string().starts_with("cannot read the CA certificate missing.pem"), "{error}");
}

/// An authority with certificates for a server and a client, as PEM files.
pub(crate) struct Certificates {
    folder: TempDir,
}

impl Certificates {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        std::fs::write(folder.path().join("ca.pem"), authority.pem()).unwrap();
        let (server, client) = (ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth);
        for (name, purpose) in [("server", server.clone()), ("expired", server), ("client", client)] {
            let key = KeyPair::generate().unwrap();
            let mut params =
                CertificateParams::new(vec!["gateway.test".to_owned(), "localhost".to_owned()]).unwrap();
            params.extended_key_usages = vec![purpose];
            if name == "expired" {
                params.not_before = rcgen::date_time_ymd(2020, 1, 1);
                params.not_after = rcgen::date_time_ymd(2021, 1, 1);
            }
            let certificate = params.signed_by(&key, &authority).unwrap();
            std::fs::write(folder.path().join(format!("{name}.pem")), certificate.pem()).unwrap();
            std::fs::write(folder.path().join(format!("{name}.key")), key.serialize_pem()).unwrap();
        }
        Self { folder }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn client_options(&self) -> TlsOptions {
        TlsOptions { ca_certificate: Some(self.file("ca.pem")), client_identity: None }
    }

    pub(crate) fn server(&self, ask_client: bool) -> ServerConfig {
        self.server_with("server", ask_client)
    }

    pub(crate) fn server_with(&self, name: &str, ask_client: bool) -> ServerConfig {
        let provider = Arc::new(default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let chain = vec![CertificateDer::from_pem_file(self.file(&format!("{name}.pem"))).unwrap()];
        let key = PrivateKeyDer::from_pem_file(self.file(&format!("{name}.key"))).unwrap();
        let builder = if ask_client {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_file(self.file("ca.pem")).unwrap()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let mut config = builder.with_single_cert(chain, key).unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        config
    }
}

/// Ends TLS in front of a server, as an ingress does; answers its address.
pub(crate) async fn ingress(tasks: &mut JoinSet<()>, behind: &str, config: ServerConfig) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let behind = behind.trim_start_matches("http://").to_owned();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((socket, _)) = listener.accept().await {
            let (acceptor, behind) = (acceptor.clone(), behind.clone());
            connections.spawn(async move {
                if let Ok(mut secure) = acceptor.accept(socket).await {
                    let mut plain = TcpStream::connect(behind).await.unwrap();
                    let _ = copy_bidirectional(&mut secure, &mut plain).await;
                }
            });
        }
    });
    address
}

pub(crate) fn secure(address: &str, tls: TlsOptions) -> GatewayOptions {
    // The certificate names gateway.test; the address is a number.
    let override_authority = Some("gateway.test".to_owned());
    GatewayOptions { addresses: vec![address.to_owned()], override_authority, tls, ..options() }
}

#[tokio::test]
async fn https_is_verified_with_the_given_authority_and_name() {
    let (server, certificates, mut tasks) = (gateway().await, Certificates::new(), JoinSet::new());
    let address = ingress(&mut tasks, &server.address(), certificates.server(false)).await;
    client(secure(&address, certificates.client_options())).await.topology().await.unwrap();

    let stranger = Certificates::new();
    let error = client(secure(&address, stranger.client_options())).await.topology().await.unwrap_err();
    assert_eq!(error.code, EngineErrorCode::Unavailable);
    assert!(error.message.ends_with("set the CA certificate"), "{error}");

    let wrong_name =
        GatewayOptions { override_authority: None, ..secure(&address, certificates.client_options()) };
    let error = client(wrong_name).await.topology().await.unwrap_err();
    assert!(error.message.contains("127.0.0.1") && error.message.contains("for another host"), "{error}");

    let address = ingress(&mut tasks, &server.address(), certificates.server_with("expired", false)).await;
    let error = client(secure(&address, certificates.client_options())).await.topology().await.unwrap_err();
    assert!(error.message.contains("has expired"), "{error}");

    let plain = server.address().replace("http:", "https:");
    let error = client(secure(&plain, certificates.client_options())).await.topology().await.unwrap_err();
    assert!(error.message.contains("does not speak TLS"), "{error}");
    assert_eq!(server.calls(Rpc::Topology), 1);
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_servers_that_ask_for_one() {
    let (server, certificates, mut tasks) = (gateway().await, Certificates::new(), JoinSet::new());
    let address = ingress(&mut tasks, &server.address(), certificates.server(true)).await;
    let nobody = client(secure(&address, certificates.client_options())).await.topology().await;
    let error = nobody.unwrap_err();
    assert_eq!(error.code, EngineErrorCode::Unavailable);
    assert!(error.message.ends_with("set the client certificate and its key"), "{error}");
    let identity =
        ClientIdentity { certificate: certificates.file("client.pem"), key: certificates.file("client.key") };
    let tls = TlsOptions { client_identity: Some(identity), ..certificates.client_options() };
    client(secure(&address, tls)).await.topology().await.unwrap();
}

/// A web server that knows nothing of gRPC.
pub(crate) async fn web_server(tasks: &mut JoinSet<()>, status: u16, page: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((socket, _)) = listener.accept().await {
            let service = hyper::service::service_fn(move |_| async move {
                let page = http_body_util::Full::new(hyper::body::Bytes::from(page));
                let answer = hyper::Response::builder().status(status).header("content-type", "text/html");
                Ok::<_, std::convert::Infallible>(answer.body(page).unwrap())
            });
            connections.spawn(async move {
                let server =
                    hyper_util::server::conn::auto::Builder::new(hyper_util::rt::TokioExecutor::new());
                let _ = server.serve_connection(hyper_util::rt::TokioIo::new(socket), service).await;
            });
        }
    });
    address
}

#[tokio::test]
async fn a_proxy_that_knows_no_gateway_counts_as_one_that_cannot_be_reached() {
    let answers = [
        (404, "", EngineErrorCode::Unavailable),
        (404, "<html>no such service</html>", EngineErrorCode::Unavailable),
        (200, "<html>welcome</html>", EngineErrorCode::Unavailable),
        (401, "<html>log in</html>", EngineErrorCode::Unauthenticated),
        (403, "", EngineErrorCode::PermissionDenied),
    ];
    let mut tasks = JoinSet::new();
    for (status, page, expected) in answers {
        let address = web_server(&mut tasks, status, page).await;
        let error = client(GatewayOptions::new(address)).await.topology().await.unwrap_err();
        assert_eq!(error.code, expected, "{status} {page}: {error}");
        assert!(error.message.contains(&status.to_string()), "{error}");
        assert!(error.message.ends_with("check the address"), "{error}");
    }
}
