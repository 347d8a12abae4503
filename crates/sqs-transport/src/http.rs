//! The HTTP clients that all SQS clients of a pool share.

use crate::{TransportError, guard::Guard};
use aws_sdk_sqs::config::{RuntimeComponents, SharedHttpClient};
use aws_smithy_http_client::{Connector, proxy::ProxyConfig, tls};
use aws_smithy_runtime_api::client::{
    connector_metadata::ConnectorMetadata,
    dns::SharedDnsResolver,
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

/// A client each for `http` and `https`, for the operator's and AWS's own endpoints and for those that a connection names.
///
/// Those for `http` need no certificates; those for endpoints that a connection names are guarded.
#[derive(Debug)]
pub(crate) struct HttpClients {
    given: Option<SharedHttpClient>,
    proxy: Option<Proxy>,
    guard: Guard,
    plain: OnceLock<SharedHttpClient>,
    secured: OnceLock<SharedHttpClient>,
    plain_guarded: OnceLock<SharedHttpClient>,
    secured_guarded: OnceLock<SharedHttpClient>,
}

impl HttpClients {
    /// `given` takes the place of all.
    pub(crate) fn new(
        given: Option<SharedHttpClient>,
        proxy: Option<Proxy>,
        names: Option<SharedDnsResolver>,
    ) -> Self {
        Self {
            given,
            proxy,
            guard: Guard::new(names),
            plain: OnceLock::new(),
            secured: OnceLock::new(),
            plain_guarded: OnceLock::new(),
            secured_guarded: OnceLock::new(),
        }
    }

    /// The client for the operator's endpoint; without one for AWS's own, which is `https`.
    pub(crate) fn for_endpoint(&self, endpoint: Option<&str>) -> SharedHttpClient {
        match &self.given {
            Some(given) => given.clone(),
            None if endpoint.is_some_and(is_plain) => {
                self.plain.get_or_init(|| aws_smithy_http_client::Builder::new().build_http()).clone()
            }
            None => self.secured.get_or_init(|| secured(self.proxy.clone(), None)).clone(),
        }
    }

    /// The client for an endpoint that a connection names.
    pub(crate) fn for_named(&self, endpoint: &str) -> SharedHttpClient {
        match &self.given {
            Some(given) => given.clone(),
            None if is_plain(endpoint) => {
                self.plain_guarded.get_or_init(|| plain_guarded(self.guard.clone())).clone()
            }
            None => self
                .secured_guarded
                .get_or_init(|| secured(self.proxy.clone(), Some(self.guard.clone())))
                .clone(),
        }
    }
}

fn is_plain(endpoint: &str) -> bool {
    endpoint.starts_with("http://")
}

/// Without certificates: the SDK takes a resolver only together with TLS, which `http` endpoints never come to.
fn plain_guarded(guard: Guard) -> SharedHttpClient {
    let connector = move |settings: Option<&HttpConnectorSettings>,
                          components: Option<&RuntimeComponents>| {
        let mut builder = Connector::builder().proxy_config(ProxyConfig::disabled());
        builder.set_connector_settings(settings.cloned());
        builder.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        let builder = builder.tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc));
        match tls::TlsContext::builder().with_trust_store(tls::TrustStore::empty()).build() {
            Ok(nothing) => builder.tls_context(nothing).build_with_resolver(guard.clone()),
            Err(_) => builder.build_with_resolver(guard.clone()),
        }
    };
    SharedHttpClient::new(FirstUse(aws_smithy_http_client::Builder::new().build_with_connector_fn(connector)))
}

/// rustls over aws-lc-rs with the system's certificates.
fn secured(proxy: Option<Proxy>, guard: Option<Guard>) -> SharedHttpClient {
    let proxy = proxy.map_or_else(ProxyConfig::disabled, |proxy| proxy.0);
    let connector = move |settings: Option<&HttpConnectorSettings>,
                          components: Option<&RuntimeComponents>| {
        let mut builder = Connector::builder().proxy_config(proxy.clone());
        builder.set_connector_settings(settings.cloned());
        builder.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        let builder = builder.tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc));
        match &guard {
            Some(guard) => builder.build_with_resolver(guard.clone()),
            None => builder.build(),
        }
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
