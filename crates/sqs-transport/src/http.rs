//! The HTTP clients that all SQS clients of a pool share.

use crate::{TransportError, guard::Guard};
use aws_sdk_sqs::config::{RuntimeComponents, SharedHttpClient};
use aws_smithy_http_client::{
    Connector,
    proxy::{self, ProxyConfig},
    tls,
};
use aws_smithy_runtime_api::client::{
    connector_metadata::ConnectorMetadata,
    dns::SharedDnsResolver,
    http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::HttpRequest,
    result::ConnectorError,
};
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use std::{fmt, sync::OnceLock};

/// This machine itself is always reached directly.
const ALWAYS_DIRECT: &str = "localhost,127.0.0.0/8,::1";

/// A proxy that endpoints are reached through.
#[derive(Clone)]
pub struct Proxy {
    plain: ProxyConfig,
    secured: ProxyConfig,
}

impl Proxy {
    /// A proxy's URL (the operator's `HTTPS_PROXY`, with user and password if it wants them), and the hosts that are
    /// reached without it: names, domains, addresses and networks with commas between them (`NO_PROXY`). This machine itself is one of them.
    ///
    /// # Errors
    /// [`TransportError::InvalidOption`] for a text that is no URL.
    pub fn new(url: &str, no_proxy: &str) -> Result<Self, TransportError> {
        let direct = format!("{ALWAYS_DIRECT},{no_proxy}");
        let configured = |config: Result<ProxyConfig, _>| {
            // The library's own error repeats the URL, which may hold a password.
            config.map(|config: ProxyConfig| config.no_proxy(&direct)).map_err(|_: proxy::ProxyError| {
                TransportError::InvalidOption {
                    option: "proxy",
                    problem: "is not a URL; write it as http://host:port".to_owned(),
                }
            })
        };
        Ok(Self { plain: configured(ProxyConfig::http(url))?, secured: configured(ProxyConfig::https(url))? })
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proxy(hidden)")
    }
}

/// Certificates of authorities to trust besides the system's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificates(Vec<u8>);

impl Certificates {
    /// Takes PEM with at least one certificate.
    ///
    /// # Errors
    /// [`TransportError::InvalidOption`] for anything else.
    pub fn from_pem(pem: impl Into<Vec<u8>>) -> Result<Self, TransportError> {
        let pem = pem.into();
        let invalid = |problem: &str| TransportError::InvalidOption {
            option: "certificates",
            problem: problem.to_owned(),
        };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate = certificate.map_err(|_| invalid("are not PEM"))?;
            roots.add(certificate).map_err(|_| invalid("hold one that cannot be read"))?;
        }
        if roots.is_empty() { Err(invalid("hold none: BEGIN CERTIFICATE is missing")) } else { Ok(Self(pem)) }
    }
}

/// What the clients are made of.
#[derive(Clone, Debug, Default)]
pub(crate) struct HttpOptions {
    /// Takes the place of all clients.
    pub(crate) given: Option<SharedHttpClient>,
    /// The way to `https` endpoints.
    pub(crate) proxy: Option<Proxy>,
    /// The way to `http` endpoints.
    pub(crate) plain_proxy: Option<Proxy>,
    /// How names are looked up for endpoints that a connection names.
    pub(crate) names: Option<SharedDnsResolver>,
    /// Certificates to trust besides the system's.
    pub(crate) certificates: Option<Certificates>,
}

/// A client each for `http` and `https`, for the operator's and AWS's own endpoints and for those that a connection names.
///
/// Those for `http` need no certificates; those for endpoints that a connection names are guarded.
#[derive(Debug)]
pub(crate) struct HttpClients {
    options: HttpOptions,
    guard: Guard,
    plain: OnceLock<SharedHttpClient>,
    secured: OnceLock<SharedHttpClient>,
    plain_guarded: OnceLock<SharedHttpClient>,
    secured_guarded: OnceLock<SharedHttpClient>,
}

impl HttpClients {
    /// Nothing is read or connected yet.
    pub(crate) fn new(options: HttpOptions) -> Self {
        Self {
            guard: Guard::new(options.names.clone()),
            options,
            plain: OnceLock::new(),
            secured: OnceLock::new(),
            plain_guarded: OnceLock::new(),
            secured_guarded: OnceLock::new(),
        }
    }

    /// The client for the operator's endpoint; without one for AWS's own, which is `https`.
    pub(crate) fn for_endpoint(&self, endpoint: Option<&str>) -> SharedHttpClient {
        match &self.options.given {
            Some(given) => given.clone(),
            None if endpoint.is_some_and(is_plain) => self.plain.get_or_init(|| self.plain(None)).clone(),
            None => self.secured.get_or_init(|| self.secured(None)).clone(),
        }
    }

    /// The client for an endpoint that a connection names.
    pub(crate) fn for_named(&self, endpoint: &str) -> SharedHttpClient {
        let guard = || Some(self.guard.clone());
        match &self.options.given {
            Some(given) => given.clone(),
            None if is_plain(endpoint) => self.plain_guarded.get_or_init(|| self.plain(guard())).clone(),
            None => self.secured_guarded.get_or_init(|| self.secured(guard())).clone(),
        }
    }

    /// Without certificates, unless the proxy wants TLS: the SDK takes a resolver only together with TLS, which `http` endpoints never come to.
    fn plain(&self, guard: Option<Guard>) -> SharedHttpClient {
        let proxy = self.options.plain_proxy.as_ref().map(|proxy| proxy.plain.clone());
        if let (None, None) = (&guard, &proxy) {
            return aws_smithy_http_client::Builder::new().build_http();
        }
        let trust = match &proxy {
            None => tls::TrustStore::empty(),
            Some(_) => self.trust(),
        };
        client(proxy, trust, guard)
    }

    /// rustls over aws-lc-rs with the system's certificates, and the operator's.
    fn secured(&self, guard: Option<Guard>) -> SharedHttpClient {
        client(self.options.proxy.as_ref().map(|proxy| proxy.secured.clone()), self.trust(), guard)
    }

    fn trust(&self) -> tls::TrustStore {
        let system = tls::TrustStore::empty().with_native_roots(true);
        match &self.options.certificates {
            Some(Certificates(pem)) => system.with_pem_certificate(pem.as_slice()),
            None => system,
        }
    }
}

/// Whether an endpoint is reached without TLS; schemes are written in any case.
fn is_plain(endpoint: &str) -> bool {
    endpoint.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://"))
}

fn client(proxy: Option<ProxyConfig>, trust: tls::TrustStore, guard: Option<Guard>) -> SharedHttpClient {
    // Only behind a proxy may a name be looked up by somebody else.
    let watch = guard.clone().filter(|_| proxy.is_some());
    let proxy = proxy.unwrap_or_else(ProxyConfig::disabled);
    let connector = move |settings: Option<&HttpConnectorSettings>,
                          components: Option<&RuntimeComponents>| {
        let mut builder = Connector::builder().proxy_config(proxy.clone());
        builder.set_connector_settings(settings.cloned());
        builder.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        let builder = builder.tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc));
        let builder = match tls::TlsContext::builder().with_trust_store(trust.clone()).build() {
            Ok(context) => builder.tls_context(context),
            Err(_) => builder,
        };
        match &guard {
            Some(guard) => builder.build_with_resolver(guard.clone()),
            None => builder.build(),
        }
    };
    let client = aws_smithy_http_client::Builder::new().build_with_connector_fn(connector);
    SharedHttpClient::new(FirstUse { client, watch })
}

/// A client that is built up at its first request.
///
/// The SDK's own parses every system certificate again for each SQS client that is made, to have done it early.
#[derive(Debug)]
struct FirstUse {
    client: SharedHttpClient,
    watch: Option<Guard>,
}

impl HttpClient for FirstUse {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connector = self.client.http_connector(settings, components);
        match &self.watch {
            Some(guard) => SharedHttpConnector::new(Watched { connector, guard: guard.clone() }),
            None => connector,
        }
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.client.connector_metadata()
    }
}

/// Asks a proxy for no name that leads to a forbidden address here. A name that is unknown here is the proxy's to know.
#[derive(Debug)]
struct Watched {
    connector: SharedHttpConnector,
    guard: Guard,
}

impl HttpConnector for Watched {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (connector, guard) = (self.connector.clone(), self.guard.clone());
        HttpConnectorFuture::new(async move {
            guard
                .refuse_forbidden(request.uri())
                .await
                .map_err(|error| ConnectorError::user(error.into()))?;
            connector.call(request).await
        })
    }
}
