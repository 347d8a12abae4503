//! Why properties cannot be bound.

use connector_core::ErrorKind;
use connector_secrets::SecretError;

/// The properties of an element, or of a group of elements, cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InboundBindingError {
    /// Two properties contradict each other as paths, or a path has an empty step.
    #[error("malformed connector properties: {reason}; rename or remove one of them")]
    MalformedPaths {
        /// Which paths.
        reason: String,
    },
    /// A property has a value of the wrong form.
    #[error("{property}: {reason}")]
    InvalidValue {
        /// The name of the property.
        property: String,
        /// What is wrong and what to write instead.
        reason: String,
    },
    /// Values are missing or out of range; the text is the reference's, since runbooks match on it.
    #[error("{0}")]
    Violations(String),
    /// A secret is not available.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

impl InboundBindingError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::MalformedPaths { .. } => "inbound-malformed-paths",
            Self::InvalidValue { .. } => "inbound-invalid-value",
            Self::Violations(_) => "inbound-violations",
            Self::Secret(error) => error.code(),
        }
    }

    /// Whether the same properties may be bound later.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Secret(error) => error.kind(),
            _ => ErrorKind::Terminal,
        }
    }
}
