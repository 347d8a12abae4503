//! HTTP requests beside gRPC, over the same TLS library as everything else.

use crate::{
    GatewayError, TlsOptions,
    certificates::advice,
    channel::{read, reason},
};
use http::{StatusCode, header, request};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
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
use std::{error::Error, fmt, sync::Arc, time::Duration};
use tokio::time::{Instant, timeout_at};

/// An HTTP client for one server; its connections are kept and used again.
pub(crate) struct HttpClient {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    user_agent: String,
}

/// An answer, whatever its status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// Lower case, without parameters; empty when the server does not say.
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    Unreachable(String),
    Late,
    TooLarge,
}

impl HttpClient {
    /// A client; `whose` names the server in errors.
    pub(crate) fn new(
        options: &TlsOptions,
        connect_timeout: Duration,
        user_agent: &str,
        whose: &str,
    ) -> Result<Self, GatewayError> {
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(connect_timeout));
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls(options, whose)?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { client, user_agent: user_agent.to_owned() })
    }

    /// Sends a request once; an answer of more than `largest` bytes is not taken.
    pub(crate) async fn send(
        &self,
        request: request::Builder,
        body: String,
        largest: usize,
        deadline: Instant,
    ) -> Result<Answer, NoAnswer> {
        let request = request
            .header(header::USER_AGENT, &self.user_agent)
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| NoAnswer::Unreachable(error.to_string()))?;
        let exchange = async {
            let answer = self.client.request(request).await;
            let answer = answer.map_err(|error| NoAnswer::Unreachable(reason_with_advice(&error)))?;
            let (head, body) = answer.into_parts();
            let body = Limited::new(body, largest).collect().await.map_err(|error| incomplete(&*error))?;
            Ok(Answer {
                status: head.status,
                content_type: media_type(&head.headers),
                body: body.to_bytes().to_vec(),
            })
        };
        timeout_at(deadline, exchange).await.unwrap_or(Err(NoAnswer::Late))
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpClient")
    }
}

fn reason_with_advice(error: &(dyn Error + 'static)) -> String {
    let reason = reason(error);
    advice(error).map_or(reason.clone(), |advice| format!("{reason}; {advice}"))
}

fn incomplete(error: &(dyn Error + Send + Sync + 'static)) -> NoAnswer {
    if error.is::<LengthLimitError>() {
        return NoAnswer::TooLarge;
    }
    NoAnswer::Unreachable(reason(error))
}

fn media_type(headers: &http::HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn tls(options: &TlsOptions, whose: &str) -> Result<ClientConfig, GatewayError> {
    let invalid = |reason: String| GatewayError::Tls { address: whose.to_owned(), reason };
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
