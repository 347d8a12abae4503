//! An HTTP client for the Rust SDK that hands requests to the server without a socket.
//!
//! With a socket, a paused clock may jump while bytes travel; here everything happens on tokio's clock alone.

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt;

use super::http::{Reply, handle};
use super::server::{Shared, SqsServer};

impl SqsServer {
    /// A client for `aws_sdk_sqs::Config` that needs no socket, so that tests may pause tokio's clock. Read timeouts
    /// of the SDK's configuration are kept; a fault plan that closes or resets shows as an I/O error.
    pub fn sdk_http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(Direct { shared: self.shared(), read_timeout: None })
    }
}

#[derive(Clone, Debug)]
struct Direct {
    shared: Arc<Shared>,
    read_timeout: Option<std::time::Duration>,
}

impl HttpClient for Direct {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Self {
            shared: Arc::clone(&self.shared),
            read_timeout: settings.read_timeout(),
        })
    }
}

impl HttpConnector for Direct {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let direct = self.clone();
        HttpConnectorFuture::new(async move {
            let answer = direct.answer(request);
            match direct.read_timeout {
                None => answer.await,
                Some(limit) => tokio::time::timeout(limit, answer)
                    .await
                    .unwrap_or_else(|elapsed| Err(ConnectorError::timeout(elapsed.into()))),
            }
        })
    }
}

impl Direct {
    async fn answer(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
        let (mut parts, body) = request.into_parts();
        if !parts.headers.contains_key("host")
            && let Some(host) = parts.uri.authority().and_then(|host| host.as_str().parse().ok())
        {
            parts.headers.insert("host", host);
        }
        // Read as a stream: the SDK's protection against stalled uploads counts what passes.
        let body = body.collect().await.map_err(ConnectorError::user)?.to_bytes();
        let request = http::Request::from_parts(parts, body);
        match handle(&self.shared, request).await {
            Reply::Answer(response) => response.map(SdkBody::from).try_into().map_err(
                |error: aws_smithy_runtime_api::http::HttpError| ConnectorError::other(error.into(), None),
            ),
            Reply::Close | Reply::Reset => {
                let error = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
                Err(ConnectorError::io(error.into()))
            }
        }
    }
}
