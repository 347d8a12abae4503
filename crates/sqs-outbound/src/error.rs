//! What can be wrong with the connector's own settings.

use connector_core::ErrorKind;

/// A setting has a value that means nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OutboundError {
    /// An entry of the allow-list of endpoints is neither a host, nor `host:port`, nor `*.suffix`.
    #[error("'{entry}' in aws.allowed-endpoints is not a host, host:port or *.suffix")]
    InvalidEndpointPattern {
        /// The entry.
        entry: String,
    },
}

impl OutboundError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidEndpointPattern { .. } => "allowed-endpoints-invalid",
        }
    }

    /// A setting does not mend itself.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Terminal
    }
}
