//! Why properties cannot be bound.

use crate::BindingError;
use connector_core::ErrorKind;
use connector_secrets::{Redactor, SecretError};

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
    /// The deduplication properties of an element are incomplete; the text is the reference's.
    #[error("{0}")]
    Deduplication(String),
    /// Values are missing or out of range, in the words that the outbound connector has for the same fields.
    #[error(transparent)]
    Input(#[from] BindingError),
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
            Self::Deduplication(_) => "inbound-deduplication",
            Self::Input(error) => error.code(),
            Self::Secret(error) => error.code(),
        }
    }

    /// Whether the same properties may be bound later; a model has to be changed otherwise.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Secret(error) => error.kind(),
            _ => ErrorKind::Terminal,
        }
    }

    pub(crate) fn invalid(property: &str, reason: &str) -> Self {
        Self::InvalidValue { property: property.to_owned(), reason: reason.to_owned() }
    }

    /// The same without the values of secrets.
    pub(crate) fn redacted(self, redactor: &Redactor) -> Self {
        match self {
            Self::InvalidValue { property, reason } => {
                Self::InvalidValue { property, reason: redactor.redact(&reason) }
            }
            Self::Input(BindingError::Violations { mut violations }) => {
                for violation in &mut violations {
                    violation.rule = redactor.redact(&violation.rule);
                }
                Self::Input(BindingError::Violations { violations })
            }
            other => other,
        }
    }
}
