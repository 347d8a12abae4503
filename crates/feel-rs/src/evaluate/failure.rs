//! What ends an evaluation at once.

use std::fmt;

use crate::{decimal::DecimalError, temporal::TemporalError};

/// Ends the evaluation, whatever surrounds the place where it happens.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The reference throws an exception here.
    Thrown {
        /// The name of the exception's Java class, as models may match on it.
        class: &'static str,
        /// The exception's message.
        message: String,
    },
    /// The expression asked for more than its limits allow.
    Limit(String),
}

impl Failure {
    /// An exception of the reference.
    pub fn thrown(class: &'static str, message: impl Into<String>) -> Self {
        Self::Thrown { class, message: message.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Thrown { class, message } => write!(f, "{class}: {message}"),
            Self::Limit(message) => f.write_str(message),
        }
    }
}

impl From<DecimalError> for Failure {
    fn from(error: DecimalError) -> Self {
        Self::thrown(error.class(), error.to_string())
    }
}

impl From<TemporalError> for Failure {
    fn from(error: TemporalError) -> Self {
        Self::thrown(error.class(), error.to_string())
    }
}
