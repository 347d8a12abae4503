//! What ends an evaluation at once.

use std::fmt;

use crate::{decimal::DecimalError, temporal::TemporalError};

/// Ends the evaluation, whatever surrounds the place where it happens.
///
/// It is as small as a pointer, since every step of an evaluation hands a value or a failure on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(Box<Cause>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Cause {
    Thrown { class: &'static str, message: String },
    Limit(String),
}

impl Failure {
    /// The reference throws an exception here: the name of its Java class, as models may match on it, and its message.
    pub fn thrown(class: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Cause::Thrown { class, message: message.into() }))
    }

    /// The expression asked for more than its limits allow.
    pub fn limit(message: impl Into<String>) -> Self {
        Self(Box::new(Cause::Limit(message.into())))
    }

    /// The exception's message without its class; `None` where a limit was reached.
    pub(crate) fn thrown_message(&self) -> Option<&str> {
        match &*self.0 {
            Cause::Thrown { message, .. } => Some(message),
            Cause::Limit(_) => None,
        }
    }

    /// Whether a limit is what ended the evaluation.
    pub fn is_limit(&self) -> bool {
        matches!(*self.0, Cause::Limit(_))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Cause::Thrown { class, message } => write!(f, "{class}: {message}"),
            Cause::Limit(message) => f.write_str(message),
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
