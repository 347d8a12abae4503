//! What can go wrong with a secret.

use connector_core::ErrorKind;

/// A secret could not be found or read.
///
/// No variant carries a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// No provider knows the name. The text is the Java runtime's, since models and runbooks match on it.
    #[error("Secret with name '{name}' is not available")]
    NotAvailable {
        /// The name as the placeholder has it.
        name: String,
    },
    /// A provider knows where to look and could not read there.
    #[error("the secret provider '{provider}' failed: {reason}; check its configuration and permissions")]
    Provider {
        /// Which provider.
        provider: String,
        /// What happened, without a value.
        reason: String,
    },
    /// A file of secrets is not of its format.
    #[error("the secrets file {path} is not valid {format}: {reason}")]
    InvalidFile {
        /// The file.
        path: String,
        /// `JSON` or `dotenv`.
        format: &'static str,
        /// Where it stops being valid, without a value.
        reason: String,
    },
}

impl SecretError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAvailable { .. } => "secret-not-available",
            Self::Provider { .. } => "secret-provider-failed",
            Self::InvalidFile { .. } => "secret-file-invalid",
        }
    }

    /// Whether the same lookup may succeed later.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Provider { .. } => ErrorKind::Retryable,
            Self::NotAvailable { .. } | Self::InvalidFile { .. } => ErrorKind::Terminal,
        }
    }
}
