//! Proofs to the provider: signed statements, certificates; and tokens kept in a file.

use crate::{
    kit::options,
    provider::Provider,
    sockets::{Certificates, ingress},
};
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use connector_testkit::gateway::{Fault, GatewayServer, GatewayServerOptions, Rpc};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use serde_json::Value;
use std::{collections::BTreeSet, path::Path, time::Duration};
use tokio::task::JoinSet;
use tonic::Code;
use zeebe_gateway::{
    ClientAssertion, ClientIdentity, ClientProof, Credentials, GatewayClient, GatewayError, GatewayOptions,
    KeyName, OidcOptions, TlsOptions, TokenUrl, WallClock,
};

const NOW: u64 = 1_800_000_000;

async fn connect(server: &GatewayServer, oidc: OidcOptions) -> Result<GatewayClient, GatewayError> {
    let wall_clock = WallClock::from_fn(|| std::time::UNIX_EPOCH + Duration::from_secs(NOW));
    let credentials = Credentials::Oidc(Box::new(oidc));
    let addresses = vec![server.address()];
    GatewayClient::connect(GatewayOptions { addresses, credentials, wall_clock, ..options() }).await
}

async fn gateway() -> GatewayServer {
    GatewayServer::start(GatewayServerOptions::default()).await.unwrap()
}

fn assertion(folder: &Path, known_by: KeyName, base: &str) -> OidcOptions {
    let proof = ClientProof::Assertion(ClientAssertion { key: folder.join("key.pem"), known_by });
    OidcOptions::with_proof("connector", proof, TokenUrl::Endpoint(format!("{base}/token")))
}

fn part(jwt: &str, index: usize) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(jwt.split('.').nth(index).unwrap()).unwrap()
}

fn statement(form: &str) -> &str {
    let fields: Vec<(&str, &str)> = form.split('&').map(|field| field.split_once('=').unwrap()).collect();
    let value = |name: &str| fields.iter().find(|field| field.0 == name).map(|field| field.1);
    let kind = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
    assert_eq!(value("client_assertion_type"), Some(kind));
    assert_eq!((value("client_id"), value("client_secret")), (Some("connector"), None));
    value("client_assertion").unwrap()
}

#[tokio::test]
async fn a_signed_statement_takes_the_place_of_the_secret() {
    let (folder, key) = (tempfile::tempdir().unwrap(), KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap());
    let certificate = CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
    std::fs::write(folder.path().join("key.pem"), key.serialize_pem()).unwrap();
    std::fs::write(folder.path().join("certificate.pem"), certificate.pem()).unwrap();
    let (provider, mut tasks, server) = (Provider::default(), JoinSet::new(), gateway().await);
    let base = provider.start(&mut tasks).await;
    let names =
        [KeyName::Certificate(folder.path().join("certificate.pem")), KeyName::Id("key-7".to_owned())];
    for known_by in names {
        connect(&server, assertion(folder.path(), known_by, &base)).await.unwrap().topology().await.unwrap();
    }
    let asked = provider.asked.lock().unwrap().clone();
    let mut ids = BTreeSet::new();
    for form in &asked {
        let jwt = statement(form);
        let signed = jwt.rsplit_once('.').unwrap().0;
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key_raw());
        public.verify(signed.as_bytes(), &part(jwt, 2)).unwrap();
        let claims: Value = serde_json::from_slice(&part(jwt, 1)).unwrap();
        assert_eq!((&claims["iss"], &claims["sub"]), (&"connector".into(), &"connector".into()));
        assert_eq!(claims["aud"], format!("{base}/token"));
        assert_eq!((claims["iat"].as_u64(), claims["exp"].as_u64()), (Some(NOW), Some(NOW + 300)));
        ids.insert(claims["jti"].as_str().unwrap().to_owned());
    }
    assert_eq!(ids.len(), 2, "a statement was used twice");
    let fingerprint =
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, certificate.der());
    let headers = asked.iter().map(|form| serde_json::from_slice(&part(statement(form), 0)).unwrap());
    let expected = [("x5t", URL_SAFE_NO_PAD.encode(fingerprint)), ("kid", "key-7".to_owned())];
    let expected =
        expected.map(|(name, value)| serde_json::json!({"alg": "RS256", "typ": "JWT", name: value}));
    assert_eq!(headers.collect::<Vec<Value>>(), expected);
}

#[tokio::test]
async fn a_key_that_cannot_sign_is_refused_with_its_file() {
    let (folder, server) = (tempfile::tempdir().unwrap(), gateway().await);
    let path = folder.path().join("key.pem");
    let options = || assertion(folder.path(), KeyName::Id("k".to_owned()), "http://127.0.0.1:1");
    let missing = connect(&server, options()).await.unwrap_err();
    assert!(missing.to_string().starts_with("cannot read the client assertion key"), "{missing}");
    for unusable in ["no PEM".to_owned(), KeyPair::generate().unwrap().serialize_pem()] {
        std::fs::write(&path, unusable).unwrap();
        let error = connect(&server, options()).await.unwrap_err();
        assert_eq!(error.code(), "GATEWAY_INVALID_ASSERTION");
        assert!(error.to_string().contains("key.pem"), "{error}");
    }
}

#[tokio::test]
async fn a_provider_behind_a_private_authority_sees_our_certificate() {
    let (provider, mut tasks, server) = (Provider::default(), JoinSet::new(), gateway().await);
    let (base, certificates) = (provider.start(&mut tasks).await, Certificates::new());
    let address = ingress(&mut tasks, &base, certificates.server(true)).await;
    let url = format!("{}/token", address.replace("127.0.0.1", "localhost"));
    let identity =
        ClientIdentity { certificate: certificates.file("client.pem"), key: certificates.file("client.key") };
    let known = TlsOptions { client_identity: Some(identity), ..certificates.client_options() };
    for (tls, welcome) in [(certificates.client_options(), false), (known, true)] {
        let oidc =
            OidcOptions { tls, max_retries: 0, ..OidcOptions::new("connector", "s".into(), url.clone()) };
        let answer = connect(&server, oidc).await.unwrap().topology().await;
        assert_eq!(answer.is_ok(), welcome, "{answer:?}");
    }
    assert_eq!(provider.asked(), 1);
}

#[tokio::test]
async fn a_token_in_the_credentials_cache_outlives_the_client() {
    let (provider, mut tasks, server) = (Provider::default(), JoinSet::new(), gateway().await);
    let (base, folder) = (provider.start(&mut tasks).await, tempfile::tempdir().unwrap());
    let path = folder.path().join("credentials");
    let oidc = OidcOptions {
        credentials_cache: Some(path.clone()),
        ..OidcOptions::new("connector", "canary-secret".into(), format!("{base}/token"))
    };
    for _ in 0..2 {
        connect(&server, oidc.clone()).await.unwrap().topology().await.unwrap();
        assert_eq!(provider.asked(), 1);
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    assert!(kept.contains("token-1") && !kept.contains("canary"), "{kept}");

    // A kept token that the gateway refuses is not taken from the file again.
    server.faults().next(Rpc::Topology, 1, Fault::Status(Code::Unauthenticated, "revoked".to_owned()));
    connect(&server, oidc).await.unwrap().topology().await.unwrap();
    assert_eq!(provider.asked(), 2);
    assert!(std::fs::read_to_string(&path).unwrap().contains("token-2"));
}
