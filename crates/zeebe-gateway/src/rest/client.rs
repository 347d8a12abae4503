//! One request of the REST API: authorization, deadline, retries, and what its answer means.

use super::{
    answers::{DefinitionItem, Lookup, ProcessDefinition, StatisticsItem, SubscribedVersion, words},
    error::RestError,
    options::RestOptions,
    pages::{Pages, all_pages},
};
use crate::{
    GatewayClient,
    call::{Caller, command_backoff},
    clock::after,
    http_client::{Answer, HttpClient, NoAnswer},
};
use connector_core::{Backoff, ProcessDefinitionKey};
use http::{HeaderValue, Method, Request, Uri, header};
use serde::de::DeserializeOwned;
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep_until};
use tonic::metadata::{Ascii, MetadataValue};

/// A client of the cluster's REST API; clones share its connections, and the token with the gRPC client.
///
/// Each request has the gRPC client's request timeout, retries included: 429, 502, 503, 504 and a broken connection
/// are retried.
#[derive(Clone, Debug)]
pub struct RestClient {
    caller: Arc<Caller>,
    http: Arc<HttpClient>,
    base: Arc<str>,
    pub(super) options: RestOptions,
    backoff: Backoff,
}

/// What is asked.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) accept: &'static str,
    pub(super) body: String,
}

impl GatewayClient {
    /// Sets up a client of the same cluster's REST API, with the same credentials and TLS.
    ///
    /// # Errors
    /// [`RestError::InvalidAddress`], or [`RestError::Setup`] when TLS cannot be set up.
    pub fn rest(&self, options: RestOptions) -> Result<RestClient, RestError> {
        let base = base(&options.address)?;
        let shared = &self.caller.options;
        let http =
            HttpClient::new(&shared.tls, shared.connect_timeout, &shared.user_agent, &options.address)?;
        Ok(RestClient {
            caller: Arc::clone(&self.caller),
            http: Arc::new(http),
            base: base.into(),
            options,
            backoff: command_backoff(),
        })
    }
}

impl RestClient {
    /// The latest version of every process, of all tenants that we may see.
    ///
    /// # Errors
    /// [`RestError`], also when only one of the pages fails: a part of the processes would look like the rest were gone.
    pub async fn search_process_definitions(&self) -> Result<Vec<ProcessDefinition>, RestError> {
        let filter = json!({ "isLatestVersion": true });
        let items =
            all_pages::<DefinitionItem>(self, "process-definitions/search", &filter, Pages::Any).await?;
        Ok(items.into_iter().filter_map(DefinitionItem::active).collect())
    }

    /// The versions of processes that have instances which wait for messages. Clusters from 8.9 can tell.
    ///
    /// # Errors
    /// [`RestError::Unsupported`] or [`RestError::Refused`] from clusters that cannot tell.
    pub async fn message_subscription_statistics(&self) -> Result<Vec<SubscribedVersion>, RestError> {
        let filter = json!({ "messageSubscriptionState": "CREATED" });
        let path = "process-definitions/statistics/message-subscriptions";
        let items = all_pages::<StatisticsItem>(self, path, &filter, Pages::ByCursor).await?;
        Ok(items.into_iter().filter_map(StatisticsItem::version).collect())
    }

    /// One version of a process.
    ///
    /// # Errors
    /// [`RestError`]; a version that is not there is none.
    pub async fn process_definition(
        &self,
        key: ProcessDefinitionKey,
    ) -> Result<Lookup<ProcessDefinition>, RestError> {
        let call = self.get(format!("process-definitions/{key}"), "application/json");
        let Lookup::Found(answer) = found(self.answer(&call).await)? else { return Ok(Lookup::NotThere) };
        let definition: DefinitionItem = parsed(&call, &answer)?;
        Ok(definition.active().map_or(Lookup::NotThere, Lookup::Found))
    }

    /// The BPMN of one version of a process.
    ///
    /// # Errors
    /// [`RestError`]; a version that is not there is none.
    pub async fn process_definition_xml(
        &self,
        key: ProcessDefinitionKey,
    ) -> Result<Lookup<String>, RestError> {
        let call = self.get(format!("process-definitions/{key}/xml"), "text/xml");
        let Lookup::Found(answer) = found(self.answer(&call).await)? else { return Ok(Lookup::NotThere) };
        if answer.body.is_empty() {
            return Ok(Lookup::NotThere);
        }
        if answer.content_type == "text/html" {
            return Err(unreadable(&call, &answer, "this is a web page"));
        }
        let text = String::from_utf8(answer.body.clone());
        text.map(Lookup::Found).map_err(|error| unreadable(&call, &answer, &error.to_string()))
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}/v2/{path}", self.base)
    }

    fn get(&self, path: String, accept: &'static str) -> Call {
        Call { method: Method::GET, url: self.url(&path), accept, body: String::new() }
    }

    /// The answer to a request, again and again while that may help and time is left.
    pub(super) async fn answer(&self, call: &Call) -> Result<Answer, RestError> {
        let (started, deadline) = (Instant::now(), self.caller.deadline());
        let mut attempt = 1;
        loop {
            let error = match self.authorized(call, started, deadline).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let next = after(Instant::now(), self.caller.delay(&self.backoff, attempt));
            if attempt >= self.options.attempts || next >= deadline || !may_repeat(&error) {
                return Err(error);
            }
            tracing::debug!(attempt, %error, "a request is sent again");
            sleep_until(next).await;
            attempt += 1;
        }
    }

    /// One request, and a second one when a token had to be replaced.
    async fn authorized(
        &self,
        call: &Call,
        started: Instant,
        deadline: Instant,
    ) -> Result<Answer, RestError> {
        let mut replaced = false;
        loop {
            let header = tokio::time::timeout_at(deadline, self.caller.authorizer.header()).await;
            let header = header
                .map_err(|_| late(call, started))?
                .map_err(|refusal| RestError::NoToken { url: call.url.clone(), source: refusal.error })?;
            let answer =
                self.sent(call, header.as_ref(), deadline).await.map_err(|missing| match missing {
                    NoAnswer::Unreachable(reason) => RestError::Unreachable { url: call.url.clone(), reason },
                    NoAnswer::Late => late(call, started),
                    NoAnswer::TooLarge => {
                        RestError::TooLarge { url: call.url.clone(), limit: self.options.max_response_bytes }
                    }
                })?;
            let unknown = answer.status == http::StatusCode::UNAUTHORIZED;
            let authorizer = &self.caller.authorizer;
            if unknown && !replaced && authorizer.refused(header.as_ref(), Some(deadline)).await {
                replaced = true;
                continue;
            }
            return accepted(call, answer);
        }
    }

    async fn sent(
        &self,
        call: &Call,
        authorization: Option<&MetadataValue<Ascii>>,
        deadline: Instant,
    ) -> Result<Answer, NoAnswer> {
        let mut request =
            Request::builder().method(call.method.clone()).uri(&call.url).header(header::ACCEPT, call.accept);
        if !call.body.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        if let Some(value) = authorization.and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok()) {
            let mut value = value;
            value.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, value);
        }
        self.http.send(request, call.body.clone(), self.options.max_response_bytes, deadline).await
    }
}

/// The address without what is added to it.
fn base(address: &str) -> Result<String, RestError> {
    let base = address.trim().trim_end_matches('/');
    let base = base.strip_suffix("/v2").unwrap_or(base).trim_end_matches('/');
    let uri = base.parse::<Uri>().ok();
    let usable = |uri: &Uri| {
        let plain = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
        matches!(uri.scheme_str(), Some("http" | "https")) && plain && uri.query().is_none()
    };
    match uri.filter(usable) {
        Some(_) => Ok(base.to_owned()),
        // A password may stand before the @.
        None if address.contains('@') => Err(RestError::InvalidAddress { address: "…@…".to_owned() }),
        None => Err(RestError::InvalidAddress { address: address.to_owned() }),
    }
}

fn late(call: &Call, started: Instant) -> RestError {
    RestError::TimedOut { url: call.url.clone(), after: Duration::from_secs(started.elapsed().as_secs()) }
}

fn may_repeat(error: &RestError) -> bool {
    match error {
        RestError::Unreachable { .. } => true,
        RestError::Refused { status, .. } => matches!(status, 429 | 502 | 503 | 504),
        _ => false,
    }
}

/// A good answer; anything else is an error with the server's own words.
fn accepted(call: &Call, answer: Answer) -> Result<Answer, RestError> {
    if answer.status.is_success() {
        return Ok(answer);
    }
    let (url, status, detail) = (call.url.clone(), answer.status.as_u16(), words(&answer.body));
    Err(match status {
        401 | 403 => RestError::Denied { url, status, detail },
        404 | 405 | 501 => RestError::Unsupported { url, status, detail },
        _ => RestError::Refused { url, status, detail },
    })
}

/// Where 404 means that the key is not there.
fn found(answer: Result<Answer, RestError>) -> Result<Lookup<Answer>, RestError> {
    match answer {
        Err(RestError::Unsupported { status: 404, .. }) => Ok(Lookup::NotThere),
        other => other.map(Lookup::Found),
    }
}

/// The JSON of an answer.
pub(super) fn parsed<T: DeserializeOwned>(call: &Call, answer: &Answer) -> Result<T, RestError> {
    serde_json::from_slice(&answer.body).map_err(|error| unreadable(call, answer, &error.to_string()))
}

fn unreadable(call: &Call, answer: &Answer, reason: &str) -> RestError {
    let content_type = if answer.content_type.is_empty() { "no content type" } else { &answer.content_type };
    RestError::Unreadable {
        url: call.url.clone(),
        content_type: content_type.to_owned(),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_the_version_of_the_api_once() {
        for address in ["http://h:8080", "http://h:8080/", "http://h:8080/v2", " http://h:8080/v2/ "] {
            assert_eq!(base(address).unwrap(), "http://h:8080", "{address}");
        }
        assert_eq!(base("https://eu.example/cluster").unwrap(), "https://eu.example/cluster");
    }

    #[test]
    fn refuses_addresses_that_are_none() {
        for address in ["h:8080", "", "ftp://h", "http://user:password@h", "http://h?a=b"] {
            let error = base(address).unwrap_err();
            assert_eq!(error.code(), "REST_INVALID_ADDRESS", "{address}");
            assert!(!error.to_string().contains("password"), "{error}");
        }
    }
}
