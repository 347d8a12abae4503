//! Why a consumer cannot connect.

use connector_binding::inbound::InboundBindingError;
use connector_core::ErrorKind;
use sqs_transport::TransportError;

/// A consumer cannot connect, or cannot go on with other elements.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InboundError {
    /// The properties cannot be used.
    #[error(transparent)]
    Binding(#[from] InboundBindingError),
    /// The queue does not exist; the text is the reference's, since runbooks match on it.
    #[error("Queue does not exist: {queue_url}")]
    QueueDoesNotExist {
        /// The URL of the queue.
        queue_url: String,
    },
    /// AWS refuses, or cannot be reached.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// Another error of these, without the secrets that its text had.
    #[error("{text}")]
    Redacted {
        /// The error's code.
        code: String,
        /// The error's kind.
        kind: ErrorKind,
        /// The error's text with `***` for each secret.
        text: String,
    },
    /// Other elements need another consumer.
    #[error(
        "the elements have another deduplication id or other connector properties: start a consumer for them"
    )]
    DifferentGroup,
}

impl InboundError {
    /// A stable code: that of AWS, or ours.
    pub fn code(&self) -> &str {
        match self {
            Self::Binding(error) => error.code(),
            Self::QueueDoesNotExist { .. } => "QueueDoesNotExist",
            Self::Transport(error) => error.code(),
            Self::Redacted { code, .. } => code,
            Self::DifferentGroup => "inbound-different-group",
        }
    }

    /// Whether the same may succeed later.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Binding(error) => error.kind(),
            Self::Transport(error) => error.kind(),
            Self::Redacted { kind, .. } => *kind,
            Self::QueueDoesNotExist { .. } | Self::DifferentGroup => ErrorKind::Terminal,
        }
    }
}
