//! The one HTTP request that a server of secrets is asked with.

use crate::{BearerToken, SecretError};
use http::{HeaderValue, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use rustls::{ClientConfig, crypto::aws_lc_rs};
use secrecy::ExposeSecret;
use serde_json::{Map, Value};
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;

/// More than any map of secrets needs.
const LARGEST_ANSWER: usize = 4 * 1024 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(15);

/// Gets JSON objects from one server over TLS with the system's certificates. Redirects are not followed.
pub(crate) struct HttpClient {
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    provider: &'static str,
    uri: Uri,
}

impl HttpClient {
    /// A client for one address; nothing is connected yet.
    pub(crate) fn new(provider: &'static str, url: &str) -> Result<Self, SecretError> {
        let failed = |reason: String| SecretError::Provider { provider: provider.to_owned(), reason };
        let uri: Uri = url.parse().map_err(|_| failed("its address is not a URL".to_owned()))?;
        if uri.host().is_none() || !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(failed("its address is not a URL that starts with http:// or https://".to_owned()));
        }
        let tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(error.to_string()))?
            .with_native_roots()
            .map_err(|error| failed(error.to_string()))?
            .with_no_client_auth();
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        Ok(Self { client: Client::builder(TokioExecutor::new()).build(connector), provider, uri })
    }

    /// The object at the address. `header` carries the token behind `prefix`.
    pub(crate) async fn get(
        &self,
        token: &dyn BearerToken,
        header: &'static str,
        prefix: &str,
        more: Option<(&'static str, &str)>,
    ) -> Result<Map<String, Value>, SecretError> {
        let text = token.token().await.map_err(|reason| self.failed(format!("no token: {reason}")))?;
        let unusable = |_| self.failed("a header would have characters that HTTP does not allow".to_owned());
        let mut value =
            HeaderValue::from_str(&format!("{prefix}{}", text.expose_secret())).map_err(unusable)?;
        value.set_sensitive(true);
        let mut request =
            Request::get(&self.uri).header(header::ACCEPT, "application/json").header(header, value);
        if let Some((name, value)) = more {
            request = request.header(name, HeaderValue::from_str(value).map_err(unusable)?);
        }
        let request = request.body(Empty::new()).map_err(|error| self.failed(error.to_string()))?;
        let (status, body) = timeout(PATIENCE, self.exchange(request))
            .await
            .unwrap_or_else(|_| Err(self.failed("no answer in time".to_owned())))?;
        if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            token.refused();
        }
        if status != StatusCode::OK {
            return Err(self.failed(format!("it answered with HTTP status {}", status.as_u16())));
        }
        // serde's error may repeat what it read.
        serde_json::from_slice(&body).map_err(|_| self.failed("its answer is not a JSON object".to_owned()))
    }

    /// An error of this provider; the reason holds no secret.
    pub(crate) fn failed(&self, reason: String) -> SecretError {
        SecretError::Provider { provider: self.provider.to_owned(), reason }
    }

    async fn exchange(&self, request: Request<Empty<Bytes>>) -> Result<(StatusCode, Bytes), SecretError> {
        let host = self.uri.host().unwrap_or_default();
        let answer = self.client.request(request).await;
        let answer = answer.map_err(|error| self.failed(format!("{host} cannot be reached: {error}")))?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, LARGEST_ANSWER).collect().await;
        let body = body.map_err(|error| self.failed(format!("its answer cannot be read: {error}")))?;
        Ok((head.status, body.to_bytes()))
    }
}
