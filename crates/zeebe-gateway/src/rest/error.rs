//! Why the REST API did not give what was asked for.

use crate::GatewayError;
use connector_core::{EngineError, ErrorKind};
use std::time::Duration;

/// The REST API did not give what was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestError {
    /// The address is not an absolute http or https URL.
    #[error("'{address}' is no REST address: write an absolute URL such as http://localhost:8080")]
    InvalidAddress {
        /// The address as it was configured.
        address: String,
    },
    /// TLS cannot be set up.
    #[error(transparent)]
    Setup(#[from] GatewayError),
    /// There is no token to send.
    #[error("no token for {url}: {source}")]
    NoToken {
        /// What was asked.
        url: String,
        /// What the identity provider says.
        source: EngineError,
    },
    /// Nobody answers there.
    #[error("{url} cannot be reached: {reason}; check the REST address")]
    Unreachable {
        /// What was asked.
        url: String,
        /// What the network says.
        reason: String,
    },
    /// No answer came in time.
    #[error("{url} gave no answer within {} s", after.as_secs())]
    TimedOut {
        /// What was asked.
        url: String,
        /// How long it was waited for.
        after: Duration,
    },
    /// The server does not know us, or does not let us.
    #[error(
        "{url} answered {status}{detail}; check the credentials, and that they may read process definitions"
    )]
    Denied {
        /// What was asked.
        url: String,
        /// 401 or 403.
        status: u16,
        /// The server's own words, after a colon; empty when there are none.
        detail: String,
    },
    /// The server has no such call: an older version, one without secondary storage, or another server.
    #[error(
        "{url} answered {status}{detail}: this server has no such call; check the REST address and the cluster's version"
    )]
    Unsupported {
        /// What was asked.
        url: String,
        /// 404, 405 or 501.
        status: u16,
        /// The server's own words, after a colon; empty when there are none.
        detail: String,
    },
    /// The server refuses, or cannot answer at present.
    #[error("{url} answered {status}{detail}")]
    Refused {
        /// What was asked.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The server's own words, after a colon; empty when there are none.
        detail: String,
    },
    /// The answer is larger than is taken.
    #[error("{url} answered with more than {limit} bytes, which is not taken")]
    TooLarge {
        /// What was asked.
        url: String,
        /// The limit in bytes, or in items.
        limit: usize,
    },
    /// The answer is something else than asked for.
    #[error(
        "{url} answered with something else ({content_type}): {reason}; check that the address is that of the REST API"
    )]
    Unreadable {
        /// What was asked.
        url: String,
        /// What the server says that it is.
        content_type: String,
        /// Why it cannot be read.
        reason: String,
    },
    /// A search does not come to its end.
    #[error("{url} gave more than {limit} items, or the same page again")]
    Endless {
        /// What was asked.
        url: String,
        /// The limit in items.
        limit: usize,
    },
}

impl RestError {
    /// A stable name for documentation and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidAddress { .. } => "REST_INVALID_ADDRESS",
            Self::Setup(error) => error.code(),
            Self::NoToken { .. } => "REST_NO_TOKEN",
            Self::Unreachable { .. } => "REST_UNREACHABLE",
            Self::TimedOut { .. } => "REST_TIMED_OUT",
            Self::Denied { .. } => "REST_DENIED",
            Self::Unsupported { .. } => "REST_UNSUPPORTED",
            Self::Refused { .. } => "REST_REFUSED",
            Self::TooLarge { .. } => "REST_TOO_LARGE",
            Self::Unreadable { .. } => "REST_UNREADABLE",
            Self::Endless { .. } => "REST_ENDLESS",
        }
    }

    /// Whether the same may succeed later without anybody's help.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } => ErrorKind::Retryable,
            Self::NoToken { source, .. } => source.kind(),
            Self::Refused { status, .. } if *status == 429 || *status >= 500 => ErrorKind::Retryable,
            _ => ErrorKind::Terminal,
        }
    }
}
