//! The few HTTP requests that a token takes, over the same TLS library as everything else.

use crate::{
    GatewayError, OidcOptions, TlsOptions,
    channel::{read, reason},
};
use connector_core::{EngineError, EngineErrorCode};
use http::{Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::{error::Error, sync::Arc, time::Duration};
use tokio::time::timeout;

/// More than any token or configuration document needs.
const LARGEST_ANSWER: usize = 1024 * 1024;

/// An HTTP client for one provider.
pub(crate) struct HttpClient {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    user_agent: String,
    patience: Duration,
}

/// An answer, whatever its status.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Vec<u8>,
}

impl HttpClient {
    pub(crate) fn new(options: &OidcOptions, user_agent: &str) -> Result<Self, GatewayError> {
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_connect_timeout(Some(options.connect_timeout));
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls(&options.tls)?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            user_agent: user_agent.to_owned(),
            patience: options.connect_timeout + options.read_timeout,
        })
    }

    pub(crate) async fn get(&self, uri: &Uri) -> Result<Answer, EngineError> {
        self.send(Method::GET, uri, String::new()).await
    }

    pub(crate) async fn post_form(&self, uri: &Uri, form: String) -> Result<Answer, EngineError> {
        self.send(Method::POST, uri, form).await
    }

    async fn send(&self, method: Method, uri: &Uri, body: String) -> Result<Answer, EngineError> {
        let failed = |what: &str| {
            let message = format!("the identity provider at {uri} cannot be reached: {what}");
            EngineError::new(EngineErrorCode::Unavailable, message)
        };
        let request = Request::builder()
            .method(method)
            .uri(uri)
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::USER_AGENT, &self.user_agent)
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| failed(&error.to_string()))?;
        let exchange = async {
            let answer = self.client.request(request).await.map_err(|error| failed(&reason(&error)))?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), LARGEST_ANSWER).collect().await;
            let body = body.map_err(|error| failed(&reason(&*error as &dyn Error)))?;
            Ok(Answer { status, body: body.to_bytes().to_vec() })
        };
        timeout(self.patience, exchange).await.unwrap_or_else(|_| Err(failed("no answer in time")))
    }
}

fn tls(options: &TlsOptions) -> Result<ClientConfig, GatewayError> {
    let invalid = |reason: String| GatewayError::Tls { address: "the identity provider".to_owned(), reason };
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid(error.to_string()))?;
    let builder = match &options.ca_certificate {
        Some(path) => {
            let mut roots = RootCertStore::empty();
            for certificate in CertificateDer::pem_slice_iter(&read(path, "CA certificate")?) {
                let certificate = certificate.map_err(|error| invalid(error.to_string()))?;
                roots.add(certificate).map_err(|error| invalid(error.to_string()))?;
            }
            builder.with_root_certificates(roots)
        }
        None => builder.with_native_roots().map_err(|error| invalid(error.to_string()))?,
    };
    let Some(identity) = &options.client_identity else {
        return Ok(builder.with_no_client_auth());
    };
    let chain = CertificateDer::pem_slice_iter(&read(&identity.certificate, "client certificate")?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| invalid(error.to_string()))?;
    let key = PrivateKeyDer::from_pem_slice(&read(&identity.key, "client key")?)
        .map_err(|error| invalid(error.to_string()))?;
    builder.with_client_auth_cert(chain, key).map_err(|error| invalid(error.to_string()))
}
