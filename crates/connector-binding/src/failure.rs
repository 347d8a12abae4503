//! A failed job as expressions and the engine see it.
//!
//! Source: the Java runtime's table from exceptions to `error` and to the retries that are left.

use crate::{BindingError, java};
use connector_core::EngineError;
use connector_secrets::{Redactor, SecretError};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// What happens to the job's retries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retries {
    /// None is left: trying again would not help, or would repeat what was done.
    Exhausted,
    /// One less is left.
    CountDown,
}

/// Why a job failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    error_type: Cow<'static, str>,
    message: String,
    code: Option<String>,
    retries: Retries,
    header_backoff: bool,
}

const PACKAGE: &str = "io.camunda.connector";

impl Failure {
    /// A failure with the class name that the reference gives it; one retry less, with the backoff of the header.
    pub fn new(error_type: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        let (error_type, message) = (error_type.into(), message.into());
        Self { error_type, message, code: None, retries: Retries::CountDown, header_backoff: true }
    }

    /// Input that can never be handled: no retries are left.
    pub fn input(message: impl Into<String>) -> Self {
        Self::new("io.camunda.connector.api.error.ConnectorInputException", message).exhausted()
    }

    /// A header that cannot be read: no retries, no backoff.
    pub(crate) fn header(class: &str, message: String) -> Self {
        Self::new(format!("{PACKAGE}.runtime.core.error.{class}"), message).exhausted().without_backoff()
    }

    /// An expression that the FEEL engine refused.
    pub(crate) fn expression(message: String) -> Self {
        Self::new(format!("{PACKAGE}.feel.FeelEngineWrapperException"), message)
    }

    /// With a code that error expressions see as `error.code`.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// No retries are left.
    #[must_use]
    pub fn exhausted(mut self) -> Self {
        self.retries = Retries::Exhausted;
        self
    }

    /// The engine is not asked to wait.
    #[must_use]
    pub fn without_backoff(mut self) -> Self {
        self.header_backoff = false;
        self
    }

    /// Hides the job's secrets and keeps the message within its limit.
    #[must_use]
    pub fn masked(self, redactor: &Redactor) -> Self {
        let message = redactor.redact(&self.message);
        let message = java::cut(&message, java::MESSAGE_LIMIT).to_owned();
        Self { message, code: self.code.map(|code| redactor.redact(&code)), ..self }
    }

    /// The class name.
    pub fn error_type(&self) -> &str {
        &self.error_type
    }

    /// What went wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The code, if there is one.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// What happens to the retries.
    pub fn retries(&self) -> Retries {
        self.retries
    }

    pub(crate) fn takes_header_backoff(&self) -> bool {
        self.header_backoff
    }

    /// `{"error": {"type": …, "message": …, "code": …}}`: what error expressions see and the engine stores.
    pub fn variables(&self) -> Map<String, Value> {
        let mut error = Map::new();
        error.insert("type".to_owned(), Value::from(self.error_type.as_ref()));
        error.insert("message".to_owned(), Value::from(self.message.as_str()));
        if let Some(code) = &self.code {
            error.insert("code".to_owned(), Value::from(code.as_str()));
        }
        Map::from_iter([("error".to_owned(), Value::Object(error))])
    }
}

impl From<BindingError> for Failure {
    fn from(error: BindingError) -> Self {
        let message = error.to_string();
        match error {
            BindingError::NoInput => Self::new("java.lang.IllegalArgumentException", message),
            BindingError::NullQueueType | BindingError::NoRegion => {
                Self::new("jakarta.validation.ValidationException", message)
            }
            _ => Self::input(message),
        }
    }
}

impl From<SecretError> for Failure {
    fn from(error: SecretError) -> Self {
        match error {
            SecretError::NotAvailable { .. } => Self::input(error.to_string()),
            _ => Self::new("java.lang.RuntimeException", error.to_string()),
        }
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Self::new("io.camunda.client.api.command.ClientStatusException", error.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::SecretString;

    #[test]
    fn a_failure_is_masked_before_it_is_cut() {
        let mut redactor = Redactor::default();
        redactor.add(&SecretString::from("canary"));
        let failure =
            Failure::new("T", format!("{}canary", "x".repeat(5_998))).with_code("canary").masked(&redactor);
        assert_eq!(failure.message(), format!("{}**", "x".repeat(5_998)));
        assert_eq!(failure.code(), Some("***"));
    }

    #[test]
    fn the_code_is_there_only_when_it_is_known() {
        assert_eq!(
            Value::Object(Failure::input("m").variables()).to_string(),
            r#"{"error":{"type":"io.camunda.connector.api.error.ConnectorInputException","message":"m"}}"#
        );
    }
}
