//! Why a temporal operation has no result.

use std::fmt;

/// A failed temporal operation: the class of the exception that the reference engine throws, and its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemporalError {
    class: &'static str,
    message: String,
}

impl TemporalError {
    /// The Java class of the exception, as `java.time.DateTimeException`.
    #[must_use]
    pub fn class(&self) -> &'static str {
        self.class
    }

    pub(super) fn date_time(message: impl Into<String>) -> Self {
        Self { class: "java.time.DateTimeException", message: message.into() }
    }

    pub(super) fn zone_rules(message: impl Into<String>) -> Self {
        Self { class: "java.time.zone.ZoneRulesException", message: message.into() }
    }

    pub(super) fn arithmetic(message: impl Into<String>) -> Self {
        Self { class: "java.lang.ArithmeticException", message: message.into() }
    }

    pub(super) fn long_overflow() -> Self {
        Self::arithmetic("long overflow")
    }

    pub(super) fn int_overflow() -> Self {
        Self::arithmetic("integer overflow")
    }

    /// The complaint about a field that is out of its range.
    pub(super) fn invalid(field: &str, low: i64, high: i64, value: i64) -> Self {
        Self::date_time(format!("Invalid value for {field} (valid values {low} - {high}): {value}"))
    }
}

impl fmt::Display for TemporalError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for TemporalError {}
