//! What can go wrong between us and SQS.

use connector_core::ErrorKind;
use std::fmt;

/// The error of [`crate::Sender::send`].
pub type SendError = TransportError;

/// A request to SQS that did not do what it should.
///
/// The parts are kept apart, so that a caller can write the text that its own users know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// SQS answered with an error.
    #[error("{0}")]
    Service(ServiceError),
    /// No answer came.
    #[error("{0}")]
    Dispatch(DispatchError),
    /// An answer came that is not what SQS writes.
    #[error("SQS at {host} gave an answer that cannot be read (HTTP status {http_status}): {text}")]
    UnreadableAnswer {
        /// `host:port` of the last attempt.
        host: String,
        /// The HTTP status of the last answer.
        http_status: u16,
        /// What the parser says.
        text: String,
        /// How many times the request was sent.
        attempts: u32,
    },
    /// No credentials were found, or their provider failed.
    #[error("no AWS credentials: {text}")]
    Credentials {
        /// What each provider of the chain said.
        text: String,
    },
    /// The request could not be built, for instance for a wrong endpoint. Nothing was sent.
    #[error("the request to SQS cannot be built: {text}; check region and endpoint")]
    Request {
        /// What is wrong.
        text: String,
    },
    /// The answer's digest is not that of what was sent, or is missing. The message was sent.
    #[error("{0}")]
    Digest(DigestMismatch),
    /// The deadline passed first.
    #[error("the deadline passed before SQS {}", if *sent { "answered; the message may have been sent" } else { "was asked; nothing was sent" })]
    DeadlineExceeded {
        /// Whether a request with the message was on its way, so that SQS may have the message.
        sent: bool,
    },
    /// The sender was shut down; nothing was sent.
    #[error("the sender was shut down; nothing was sent")]
    Closed,
    /// An option has a value outside its range.
    #[error("{option} {problem}")]
    InvalidOption {
        /// The name of the option.
        option: &'static str,
        /// What is wrong with it and what is allowed.
        problem: String,
    },
}

impl TransportError {
    /// A stable text for logs, metrics and error expressions: the AWS error code, or a name of ours.
    pub fn code(&self) -> &str {
        match self {
            Self::Service(error) => error.code.as_deref().unwrap_or("UnknownServiceError"),
            Self::Dispatch(error) => error.failure.as_str(),
            Self::UnreadableAnswer { .. } => "UnreadableAnswer",
            Self::Credentials { .. } => "NoCredentials",
            Self::Request { .. } => "InvalidRequest",
            Self::Digest(_) => "DigestMismatch",
            Self::DeadlineExceeded { .. } => "DeadlineExceeded",
            Self::Closed => "Closed",
            Self::InvalidOption { .. } => "InvalidOption",
        }
    }

    /// Whether the same call may succeed later.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Service(error) if error.is_transient() => ErrorKind::Retryable,
            Self::Dispatch(_)
            | Self::UnreadableAnswer { .. }
            | Self::Credentials { .. }
            | Self::Digest(_)
            | Self::DeadlineExceeded { .. }
            | Self::Closed => ErrorKind::Retryable,
            Self::Service(_) | Self::Request { .. } | Self::InvalidOption { .. } => ErrorKind::Terminal,
        }
    }

    /// What SQS itself said.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Service(error) => error.message.as_deref(),
            _ => None,
        }
    }

    /// AWS's id of the request.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Service(error) => error.request_id.as_deref(),
            _ => None,
        }
    }

    /// The HTTP status of the last answer.
    pub fn http_status(&self) -> Option<u16> {
        match self {
            Self::Service(error) => Some(error.http_status),
            Self::UnreadableAnswer { http_status, .. } => Some(*http_status),
            _ => None,
        }
    }

    /// How many times the request was sent; 0 when it never was.
    pub fn attempts(&self) -> u32 {
        match self {
            Self::Service(error) => error.attempts,
            Self::Dispatch(error) => error.attempts,
            Self::UnreadableAnswer { attempts, .. } => *attempts,
            Self::Digest(_) => 1,
            Self::DeadlineExceeded { sent } => u32::from(*sent),
            _ => 0,
        }
    }
}

/// An error answer of SQS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceError {
    /// The AWS error code: `__type` of the answer after its `#`, for instance `QueueDoesNotExist`; `None` when the
    /// answer's body says nothing usable.
    pub code: Option<String>,
    /// The older code of the `x-amzn-query-error` header, for instance `AWS.SimpleQueueService.NonExistentQueue`.
    pub query_code: Option<String>,
    /// What SQS said; `None` when the body has no message.
    pub message: Option<String>,
    /// AWS's id of the request, from the answer's header.
    pub request_id: Option<String>,
    /// The HTTP status.
    pub http_status: u16,
    /// How many times the request was sent.
    pub attempts: u32,
}

impl ServiceError {
    /// Whether the same request may succeed later: throttling and server errors.
    pub fn is_transient(&self) -> bool {
        self.http_status >= 500
            || self.http_status == 429
            || self.code.as_deref() == Some("KmsThrottled")
            || self.code.as_deref().is_some_and(is_throttling)
            || self.query_code.as_deref().is_some_and(is_throttling)
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "SQS answered {} (HTTP status {}",
            self.code.as_deref().unwrap_or("an error"),
            self.http_status
        )?;
        if let Some(id) = &self.request_id {
            write!(f, ", request id {id}")?;
        }
        write!(f, ", attempts {})", self.attempts)?;
        match &self.message {
            Some(message) => write!(f, ": {message}"),
            None => Ok(()),
        }
    }
}

/// Codes that mean "slower, please".
///
/// Source: the lists of the AWS SDKs for Java and Rust.
pub(crate) fn is_throttling(code: &str) -> bool {
    let code = code.rsplit('.').next().unwrap_or(code);
    matches!(
        code,
        "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "TooManyRequestsException"
            | "RequestLimitExceeded"
            | "BandwidthLimitExceeded"
            | "LimitExceededException"
            | "SlowDown"
            | "PriorRequestNotComplete"
    )
}

/// A request that got no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DispatchError {
    /// How it failed.
    pub failure: DispatchFailure,
    /// `host:port` of the last attempt.
    pub host: String,
    /// The chain of causes, outermost first.
    pub text: String,
    /// How many times the request was sent or tried.
    pub attempts: u32,
}

impl fmt::Display for DispatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "no answer from SQS at {} ({}, attempts {}): {}",
            self.host,
            self.failure.as_str(),
            self.attempts,
            self.text
        )
    }
}

/// How a request failed to get an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DispatchFailure {
    /// Nothing listens there.
    Refused,
    /// The peer cut the connection.
    Reset,
    /// The peer closed the connection without an answer.
    Closed,
    /// The host's name has no address.
    UnknownHost,
    /// No answer in time.
    Timeout,
    /// The TLS handshake failed.
    Tls,
    /// Something else.
    Other,
}

impl DispatchFailure {
    /// The stable name, for instance `ConnectionRefused`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "ConnectionRefused",
            Self::Reset => "ConnectionReset",
            Self::Closed => "ConnectionClosed",
            Self::UnknownHost => "UnknownHost",
            Self::Timeout => "RequestTimeout",
            Self::Tls => "TlsFailure",
            Self::Other => "DispatchFailure",
        }
    }
}

/// The digest that SQS returned is not that of the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestMismatch {
    /// What the digest is over.
    pub part: DigestPart,
    /// The digest of what we sent, in hexadecimal.
    pub calculated: String,
    /// The digest of the answer; `None` when it has none.
    pub returned: Option<String>,
}

impl fmt::Display for DigestMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "SQS returned the MD5 {} for the {}, calculated is {}; the message was sent",
            self.returned.as_deref().unwrap_or("(none)"),
            self.part.as_str(),
            self.calculated
        )
    }
}

/// The part of a message that a digest is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DigestPart {
    /// The body.
    Body,
    /// The user attributes.
    Attributes,
    /// The system attributes.
    SystemAttributes,
}

impl DigestPart {
    /// In words, as the AWS SDK for Java names them: `message body`, `message attributes`, …
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Body => "message body",
            Self::Attributes => "message attributes",
            Self::SystemAttributes => "message system attributes",
        }
    }
}
