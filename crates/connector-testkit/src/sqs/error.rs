//! What can go wrong in handling the server itself.

use std::net::SocketAddr;

use connector_core::ErrorKind;

/// The server could not be started or set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SqsServerError {
    /// The address could not be listened on.
    #[error("cannot listen on {address}: {source}; choose a free address, or port 0 for any free port")]
    Bind {
        /// The address of the options.
        address: SocketAddr,
        /// What the operating system answered.
        #[source]
        source: std::io::Error,
    },
    /// A request of the test itself was refused, with the answer that a client would get.
    #[error("the queue service refuses this with {error}: {message}")]
    Refused {
        /// The error code, for instance `InvalidAttributeValue`.
        error: String,
        /// The message of the answer.
        message: String,
    },
}

impl SqsServerError {
    /// A stable text for each variant.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Bind { .. } => "testkit.sqs.bind",
            Self::Refused { .. } => "testkit.sqs.refused",
        }
    }

    /// Whether the same call may succeed later.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Bind { .. } => ErrorKind::Retryable,
            Self::Refused { .. } => ErrorKind::Terminal,
        }
    }
}
