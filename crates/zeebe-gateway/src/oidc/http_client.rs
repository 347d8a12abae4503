//! The few HTTP requests that a token takes.

use crate::{
    GatewayError, OidcOptions,
    http_client::{Answer, HttpClient, NoAnswer},
};
use connector_core::{EngineError, EngineErrorCode};
use http::{Method, Request, Uri, header};
use std::time::Duration;
use tokio::time::Instant;

/// More than any token or configuration document needs.
const LARGEST_ANSWER: usize = 1024 * 1024;

/// An HTTP client for one provider.
pub(crate) struct ProviderClient {
    http: HttpClient,
    patience: Duration,
}

impl ProviderClient {
    pub(crate) fn new(options: &OidcOptions, user_agent: &str) -> Result<Self, GatewayError> {
        let http =
            HttpClient::new(&options.tls, options.connect_timeout, user_agent, "the identity provider")?;
        Ok(Self { http, patience: options.connect_timeout + options.read_timeout })
    }

    pub(crate) async fn get(&self, uri: &Uri) -> Result<Answer, EngineError> {
        self.send(Method::GET, uri, String::new()).await
    }

    pub(crate) async fn post_form(&self, uri: &Uri, form: String) -> Result<Answer, EngineError> {
        self.send(Method::POST, uri, form).await
    }

    async fn send(&self, method: Method, uri: &Uri, body: String) -> Result<Answer, EngineError> {
        let request = Request::builder()
            .method(method)
            .uri(uri)
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let deadline = Instant::now() + self.patience;
        self.http.send(request, body, LARGEST_ANSWER, deadline).await.map_err(|missing| {
            let what = match missing {
                NoAnswer::Unreachable(what) => what,
                NoAnswer::Late => "no answer in time".to_owned(),
                NoAnswer::TooLarge => "the answer is too large".to_owned(),
            };
            let message = format!("the identity provider at {uri} cannot be reached: {what}");
            EngineError::new(EngineErrorCode::Unavailable, message)
        })
    }
}
