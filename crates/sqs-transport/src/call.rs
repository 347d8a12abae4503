//! One call of the AWS SDK: how often it was sent, and what its error says.

use crate::{
    DispatchError, DispatchFailure, ServiceError, TransportError, credentials::chain_text,
    error::is_throttling,
};
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sqs::{
    config::{ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeTransmitInterceptorContextRef},
    error::{BoxError, ProvideErrorMetadata, SdkError},
};
use aws_smithy_runtime_api::client::{
    interceptors::context::InterceptorContext,
    orchestrator::HttpResponse,
    retries::classifiers::{ClassifyRetry, RetryAction},
};
use std::{
    error::Error,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

/// Counts the attempts of one call and remembers whom it spoke to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attempts(Arc<AttemptState>);

#[derive(Debug, Default)]
struct AttemptState {
    count: AtomicU32,
    host: Mutex<String>,
}

impl Attempts {
    /// How many times the request was sent, or tried.
    pub(crate) fn count(&self) -> u32 {
        self.0.count.load(Ordering::Relaxed)
    }

    /// `host:port` of the requests; empty before the first.
    pub(crate) fn host(&self) -> String {
        self.0.host.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Intercept for Attempts {
    fn name(&self) -> &'static str {
        "Attempts"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.0.count.fetch_add(1, Ordering::Relaxed) == 0 {
            *self.0.host.lock().unwrap_or_else(PoisonError::into_inner) = host_of(context.request().uri());
        }
        Ok(())
    }
}

/// `host:port` of a URL, with the scheme's port when it names none.
fn host_of(uri: &str) -> String {
    let (scheme, rest) = uri.split_once("://").unwrap_or(("https", uri));
    let authority = rest.split(['/', '?']).next().unwrap_or(rest);
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| !port.contains(']'));
    match (has_port, scheme) {
        (true, _) => authority.to_owned(),
        (false, "http") => format!("{authority}:80"),
        (false, _) => format!("{authority}:443"),
    }
}

/// Sends again what the AWS SDK for Java sends again and the Rust one does not: HTTP 429, throttling that only the
/// body names, and a successful answer that cannot be read.
#[derive(Debug)]
pub(crate) struct TooManyRequests;

impl ClassifyRetry for TooManyRequests {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let (Some(Err(_)), Some(response)) = (context.output_or_error(), context.response()) else {
            return RetryAction::NoActionIndicated;
        };
        let status = response.status().as_u16();
        if status == 429 || type_of(response.body().bytes()).as_deref().is_some_and(is_throttling) {
            RetryAction::throttling_error()
        } else if (200..300).contains(&status) {
            RetryAction::transient_error()
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "TooManyRequests"
    }
}

/// `__type` of an error answer, without its namespace.
fn type_of(body: Option<&[u8]>) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body?).ok()?;
    let text = body.get("__type")?.as_str()?;
    let text = text.split(':').next().unwrap_or(text);
    let name = text.rsplit('#').next().unwrap_or(text);
    (!name.is_empty()).then(|| name.to_owned())
}

/// Our error for the SDK's.
pub(crate) fn transport_error<E>(error: SdkError<E, HttpResponse>, attempts: &Attempts) -> TransportError
where
    E: Error + ProvideErrorMetadata + 'static,
{
    if find::<CredentialsError>(&error).is_some() {
        return TransportError::Credentials { text: without_sdk_prefix(&error) };
    }
    match &error {
        SdkError::ServiceError(refusal) => {
            let status = refusal.raw().status().as_u16();
            if (200..300).contains(&status) {
                unreadable(status, refusal.err(), attempts)
            } else {
                service_error(refusal.err(), refusal.raw(), attempts)
            }
        }
        SdkError::ResponseError(answer) => unreadable(answer.raw().status().as_u16(), &error, attempts),
        SdkError::TimeoutError(_) => dispatch(DispatchFailure::Timeout, &error, attempts),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            dispatch(DispatchFailure::Timeout, &error, attempts)
        }
        SdkError::DispatchFailure(_) if attempts.count() > 0 => {
            dispatch(failure_of(&error), &error, attempts)
        }
        _ => TransportError::Request { text: without_sdk_prefix(&error) },
    }
}

fn service_error<E: ProvideErrorMetadata>(
    error: &E,
    raw: &HttpResponse,
    attempts: &Attempts,
) -> TransportError {
    let header = |name| raw.headers().get(name);
    let query_code = header("x-amzn-query-error").and_then(|text| text.split(';').next()).map(str::to_owned);
    let code = type_of(raw.body().bytes()).or_else(|| error.code().map(str::to_owned));
    TransportError::Service(ServiceError {
        code,
        query_code,
        message: error.message().filter(|text| !text.is_empty()).map(str::to_owned),
        request_id: header("x-amzn-requestid").or_else(|| header("x-amz-request-id")).map(str::to_owned),
        http_status: raw.status().as_u16(),
        attempts: attempts.count(),
    })
}

fn unreadable(http_status: u16, error: &dyn Error, attempts: &Attempts) -> TransportError {
    TransportError::UnreadableAnswer {
        host: attempts.host(),
        http_status,
        text: chain_text(error),
        attempts: attempts.count(),
    }
}

fn dispatch(failure: DispatchFailure, error: &dyn Error, attempts: &Attempts) -> TransportError {
    TransportError::Dispatch(DispatchError {
        failure,
        host: attempts.host(),
        text: without_sdk_prefix(error),
        attempts: attempts.count(),
    })
}

/// The SDK's outermost error only says that something failed; its cause says what.
fn without_sdk_prefix(error: &dyn Error) -> String {
    chain_text(error.source().unwrap_or(error))
}

fn failure_of(error: &(dyn Error + 'static)) -> DispatchFailure {
    let text = chain_text(error);
    if let Some(cause) = find::<io::Error>(error) {
        match cause.kind() {
            io::ErrorKind::ConnectionRefused => return DispatchFailure::Refused,
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
                return DispatchFailure::Reset;
            }
            io::ErrorKind::UnexpectedEof => return DispatchFailure::Closed,
            io::ErrorKind::TimedOut => return DispatchFailure::Timeout,
            _ => {}
        }
    }
    // hyper has no type for these that a caller can see; the texts have been the same since hyper 1.0.
    if text.contains("dns error") || text.contains("failed to lookup address") {
        DispatchFailure::UnknownHost
    } else if text.contains("connection closed before message completed") || text.contains("channel closed") {
        DispatchFailure::Closed
    } else if text.contains("certificate")
        || text.contains("tls")
        || text.contains("TLS")
        || text.contains("handshake")
    {
        DispatchFailure::Tls
    } else {
        DispatchFailure::Other
    }
}

fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_host_with_its_port() {
        assert_eq!(host_of("http://127.0.0.1:29510/"), "127.0.0.1:29510");
        assert_eq!(host_of("https://sqs.eu-central-1.amazonaws.com/"), "sqs.eu-central-1.amazonaws.com:443");
        assert_eq!(host_of("http://localhost?x"), "localhost:80");
        assert_eq!(host_of("http://[::1]:80/"), "[::1]:80");
    }

    #[derive(Debug)]
    struct Nothing;

    impl aws_credential_types::provider::ProvideCredentials for Nothing {
        fn provide_credentials<'a>(&'a self) -> aws_credential_types::provider::future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            aws_credential_types::provider::future::ProvideCredentials::ready(Err(
                CredentialsError::not_loaded("nothing here"),
            ))
        }
    }

    #[tokio::test]
    async fn missing_credentials_are_told_from_a_broken_request() {
        let config = aws_sdk_sqs::Config::builder()
            .behavior_version(aws_sdk_sqs::config::BehaviorVersion::latest())
            .region(aws_sdk_sqs::config::Region::new("eu-central-1"))
            .endpoint_url("http://127.0.0.1:1")
            .credentials_provider(Nothing)
            .build();
        let attempts = Attempts::default();
        let call =
            aws_sdk_sqs::Client::from_conf(config).list_queues().customize().interceptor(attempts.clone());
        let error = transport_error(call.send().await.unwrap_err(), &attempts);
        assert!(
            matches!(&error, TransportError::Credentials { text } if text.contains("nothing here")),
            "{error:?}"
        );
        assert_eq!((error.attempts(), error.code()), (0, "NoCredentials"));
    }

    #[tokio::test]
    async fn an_attempt_is_counted_with_its_host() {
        let config = aws_sdk_sqs::Config::builder()
            .behavior_version(aws_sdk_sqs::config::BehaviorVersion::latest())
            .region(aws_sdk_sqs::config::Region::new("eu-central-1"))
            .endpoint_url("http://127.0.0.1:1")
            .retry_config(aws_sdk_sqs::config::retry::RetryConfig::disabled())
            .credentials_provider(aws_sdk_sqs::config::Credentials::new("a", "s", None, None, "test"))
            .build();
        let attempts = Attempts::default();
        let call =
            aws_sdk_sqs::Client::from_conf(config).list_queues().customize().interceptor(attempts.clone());
        assert!(call.send().await.is_err());
        assert_eq!((attempts.count(), attempts.host()), (1, "127.0.0.1:1".to_owned()));
    }

    #[test]
    fn reads_the_type_with_and_without_namespace() {
        assert_eq!(
            type_of(Some(br#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist"}"#)).unwrap(),
            "QueueDoesNotExist"
        );
        assert_eq!(type_of(Some(br#"{"__type":"OverLimit"}"#)).unwrap(), "OverLimit");
        assert_eq!(type_of(Some(b"<html>")), None);
        assert_eq!(type_of(None), None);
    }
}
