//! The HTTP clients that all SQS clients of a pool share.

use aws_sdk_sqs::config::{RuntimeComponents, SharedHttpClient};
use aws_smithy_http_client::tls;
use aws_smithy_runtime_api::client::{
    connector_metadata::ConnectorMetadata,
    http::{HttpClient, HttpConnectorSettings, SharedHttpConnector},
};
use std::sync::OnceLock;

/// One client for `http` endpoints, which needs no certificates, and one for all others.
#[derive(Debug, Default)]
pub(crate) struct HttpClients {
    given: Option<SharedHttpClient>,
    plain: OnceLock<SharedHttpClient>,
    secured: OnceLock<SharedHttpClient>,
}

impl HttpClients {
    /// `given` takes the place of both.
    pub(crate) fn new(given: Option<SharedHttpClient>) -> Self {
        Self { given, ..Self::default() }
    }

    /// The client for an endpoint; without one AWS's own, which is `https`.
    pub(crate) fn for_endpoint(&self, endpoint: Option<&str>) -> SharedHttpClient {
        match &self.given {
            Some(given) => given.clone(),
            None if endpoint.is_some_and(|url| url.starts_with("http://")) => {
                self.plain.get_or_init(|| aws_smithy_http_client::Builder::new().build_http()).clone()
            }
            None => self.secured.get_or_init(secured).clone(),
        }
    }
}

/// rustls over aws-lc-rs with the system's certificates.
fn secured() -> SharedHttpClient {
    let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
    let client = aws_smithy_http_client::Builder::new().tls_provider(provider).build_https();
    SharedHttpClient::new(FirstUse(client))
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
