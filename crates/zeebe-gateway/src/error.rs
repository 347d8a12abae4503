//! What can be wrong with the options of a client or a worker.

use connector_core::ErrorKind;
use std::path::PathBuf;

/// A client or a worker cannot be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatewayError {
    /// No address was given.
    #[error("no gateway address is configured: give at least one, for instance http://localhost:26500")]
    NoAddress,
    /// An address is not an absolute http or https URL.
    #[error(
        "'{address}' is no gateway address: write an absolute URL such as http://localhost:26500 or https://host:443"
    )]
    InvalidAddress {
        /// The address as it was configured.
        address: String,
    },
    /// The authority cannot stand in a request.
    #[error("'{authority}' cannot override the authority: write host or host:port")]
    InvalidAuthority {
        /// The authority as it was configured.
        authority: String,
    },
    /// The user agent cannot stand in a request.
    #[error("the user agent '{user_agent}' has characters that a header cannot carry")]
    InvalidUserAgent {
        /// The user agent as it was configured.
        user_agent: String,
    },
    /// A PEM file cannot be read.
    #[error("cannot read the {what} {}: {source}", path.display())]
    UnreadableFile {
        /// What the file is for.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// TLS cannot be set up.
    #[error("TLS towards {address} cannot be set up: {reason}")]
    Tls {
        /// The address that TLS is for.
        address: String,
        /// What the TLS library says, causes included.
        reason: String,
    },
    /// User name and password, or client id and secret, cannot stand in a request.
    #[error("the credentials have characters that a header cannot carry")]
    InvalidCredentials,
    /// The key or the certificate of client assertions cannot be used.
    #[error("{} cannot be used for client assertions: {reason}; it takes an RSA key and its certificate as PEM", path.display())]
    InvalidAssertion {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The token endpoint is not an absolute http or https URL.
    #[error("'{url}' is no token endpoint: write an absolute http or https URL")]
    InvalidTokenUrl {
        /// The URL as it was configured.
        url: String,
    },
    /// A worker's options contradict themselves.
    #[error("the worker for '{job_type}' cannot be opened: {reason}")]
    InvalidWorker {
        /// The job type.
        job_type: String,
        /// What to change.
        reason: &'static str,
    },
}

impl GatewayError {
    /// A stable name for documentation and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoAddress => "GATEWAY_NO_ADDRESS",
            Self::InvalidAddress { .. } => "GATEWAY_INVALID_ADDRESS",
            Self::InvalidAuthority { .. } => "GATEWAY_INVALID_AUTHORITY",
            Self::InvalidUserAgent { .. } => "GATEWAY_INVALID_USER_AGENT",
            Self::UnreadableFile { .. } => "GATEWAY_UNREADABLE_FILE",
            Self::Tls { .. } => "GATEWAY_TLS",
            Self::InvalidCredentials => "GATEWAY_INVALID_CREDENTIALS",
            Self::InvalidAssertion { .. } => "GATEWAY_INVALID_ASSERTION",
            Self::InvalidTokenUrl { .. } => "GATEWAY_INVALID_TOKEN_URL",
            Self::InvalidWorker { .. } => "GATEWAY_INVALID_WORKER",
        }
    }

    /// Always [`ErrorKind::Terminal`]: the configuration has to change.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Terminal
    }
}
