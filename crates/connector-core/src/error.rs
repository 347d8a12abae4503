//! What the engine answers when it refuses a command.

use std::fmt;

/// What to do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The same call may succeed later.
    Retryable,
    /// The same call will fail again.
    Terminal,
    /// The input itself can never be handled.
    Poison,
}

/// The gRPC status of an engine's answer.
///
/// Source: the status codes of gRPC as the Zeebe gateway uses them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum EngineErrorCode {
    Cancelled,
    Unknown,
    InvalidArgument,
    DeadlineExceeded,
    NotFound,
    AlreadyExists,
    PermissionDenied,
    ResourceExhausted,
    FailedPrecondition,
    Aborted,
    OutOfRange,
    Unimplemented,
    Internal,
    Unavailable,
    DataLoss,
    Unauthenticated,
}

impl EngineErrorCode {
    /// The status name as gRPC writes it, for instance `RESOURCE_EXHAUSTED`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cancelled => "CANCELLED",
            Self::Unknown => "UNKNOWN",
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyExists => "ALREADY_EXISTS",
            Self::PermissionDenied => "PERMISSION_DENIED",
            Self::ResourceExhausted => "RESOURCE_EXHAUSTED",
            Self::FailedPrecondition => "FAILED_PRECONDITION",
            Self::Aborted => "ABORTED",
            Self::OutOfRange => "OUT_OF_RANGE",
            Self::Unimplemented => "UNIMPLEMENTED",
            Self::Internal => "INTERNAL",
            Self::Unavailable => "UNAVAILABLE",
            Self::DataLoss => "DATA_LOSS",
            Self::Unauthenticated => "UNAUTHENTICATED",
        }
    }

    /// Whether the same command may succeed later.
    ///
    /// Source: the list of codes that the Java connector runtime retries.
    pub fn kind(self) -> ErrorKind {
        match self {
            Self::Cancelled
            | Self::DeadlineExceeded
            | Self::ResourceExhausted
            | Self::Aborted
            | Self::Unavailable
            | Self::DataLoss => ErrorKind::Retryable,
            _ => ErrorKind::Terminal,
        }
    }
}

impl fmt::Display for EngineErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The engine refused a command, or could not be reached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the engine answered {code}: {message}")]
pub struct EngineError {
    /// The gRPC status.
    pub code: EngineErrorCode,
    /// The engine's own words.
    pub message: String,
}

impl EngineError {
    /// An error from a status and the engine's words.
    pub fn new(code: EngineErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// Whether the same command may succeed later.
    pub fn kind(&self) -> ErrorKind {
        self.code.kind()
    }
}
