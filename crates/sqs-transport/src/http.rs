//! The HTTP clients that all SQS clients of a pool share.

use crate::TransportError;
use aws_sdk_sqs::config::{RuntimeComponents, SharedHttpClient};
use aws_smithy_http_client::{Connector, proxy::ProxyConfig, tls};
use aws_smithy_runtime_api::client::{
    connector_metadata::ConnectorMetadata,
    http::{HttpClient, HttpConnectorSettings, SharedHttpConnector},
};
use std::{fmt, sync::OnceLock};

/// The proxy that `https` endpoints are reached through.
#[derive(Clone)]
pub struct Proxy(ProxyConfig);

impl Proxy {
    /// A proxy's URL (the operator's `HTTPS_PROXY`, with user and password if it wants them), and the hosts that are
    /// reached without it: names, domains, addresses and networks with commas between them (`NO_PROXY`).
    ///
    /// # Errors
    /// [`TransportError::InvalidOption`] for a text that is no URL.
    pub fn new(url: &str, no_proxy: &str) -> Result<Self, TransportError> {
        // The library's own error repeats the URL, which may hold a password.
        let config = ProxyConfig::https(url).map_err(|_| TransportError::InvalidOption {
            option: "proxy",
            problem: "is not a URL; write it as http://host:port".to_owned(),
        })?;
        Ok(Self(config.no_proxy(no_proxy)))
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proxy(hidden)")
    }
}

/// One client for `http` endpoints, which needs no certificates, and one for all others.
#[derive(Debug)]
pub(crate) struct HttpClients {
    given: Option<SharedHttpClient>,
    proxy: Option<Proxy>,
    plain: OnceLock<SharedHttpClient>,
    secured: OnceLock<SharedHttpClient>,
}

impl HttpClients {
    /// `given` takes the place of both.
    pub(crate) fn new(given: Option<SharedHttpClient>, proxy: Option<Proxy>) -> Self {
        Self { given, proxy, plain: OnceLock::new(), secured: OnceLock::new() }
    }

    /// The client for an endpoint; without one AWS's own, which is `https`.
    pub(crate) fn for_endpoint(&self, endpoint: Option<&str>) -> SharedHttpClient {
        match &self.given {
            Some(given) => given.clone(),
            None if endpoint.is_some_and(|url| url.starts_with("http://")) => {
                self.plain.get_or_init(|| aws_smithy_http_client::Builder::new().build_http()).clone()
            }
            None => self.secured.get_or_init(|| secured(self.proxy.clone())).clone(),
        }
    }
}

/// rustls over aws-lc-rs with the system's certificates.
fn secured(proxy: Option<Proxy>) -> SharedHttpClient {
    let proxy = proxy.map_or_else(ProxyConfig::disabled, |proxy| proxy.0);
    let connector = move |settings: Option<&HttpConnectorSettings>,
                          components: Option<&RuntimeComponents>| {
        let mut builder = Connector::builder().proxy_config(proxy.clone());
        builder.set_connector_settings(settings.cloned());
        builder.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        builder.tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc)).build()
    };
    SharedHttpClient::new(FirstUse(aws_smithy_http_client::Builder::new().build_with_connector_fn(connector)))
}

/// A client that is built up at its first request.
///
/// The SDK's own parses every system certificate again for each SQS client that is made, to have done it early.
#[derive(Debug)]
struct FirstUse(SharedHttpClient);

impl HttpClient for FirstUse {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.0.http_connector(settings, components)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}
