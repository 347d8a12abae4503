//! The task headers that the runtime knows.
//!
//! Headers are never searched for secrets.

use crate::{Failure, JavaDuration, java};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value;
use std::{fmt, time::Duration};

/// The headers of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    result_variable: Option<String>,
    result_expression: Option<String>,
    error_expression: Option<String>,
    retry_backoff: Option<String>,
    job_timeout: Option<String>,
}

impl Headers {
    /// Reads the job's custom headers: a JSON object, or nothing. A null is an absent header.
    ///
    /// # Errors
    /// [`Failure`] without retries when the text is not a JSON object.
    pub fn parse(custom_headers: &str) -> Result<Self, Failure> {
        if java::is_blank(custom_headers) {
            return Ok(Self::default());
        }
        serde_json::from_str(custom_headers)
            .map_err(|error| Failure::input(format!("the task headers are not a JSON object: {error}")))
    }

    /// The variable that gets the whole response.
    pub fn result_variable(&self) -> Option<&str> {
        self.result_variable.as_deref()
    }

    /// The expression that maps the response to variables.
    pub fn result_expression(&self) -> Option<&str> {
        self.result_expression.as_deref()
    }

    /// The expression that turns a response or an error into a BPMN error, a job error or nothing.
    pub fn error_expression(&self) -> Option<&str> {
        self.error_expression.as_deref()
    }

    /// How long the engine should wait after a failure.
    ///
    /// # Errors
    /// [`Failure`] without retries when the header is there and is not a duration, be it blank.
    pub fn retry_backoff(&self) -> Result<Option<JavaDuration>, Failure> {
        let parse = |text: &String| {
            JavaDuration::parse(text).ok_or_else(|| {
                let message = format!(
                    "Failed to parse retry backoff header. Expected ISO-8601 duration, e.g. PT5M, got: {text}"
                );
                Failure::header("InvalidBackOffDurationException", message)
            })
        };
        self.retry_backoff.as_ref().map(parse).transpose()
    }

    /// How long the job should stay ours.
    ///
    /// # Errors
    /// [`Failure`] without retries when the header is filled and is not a positive duration that can be represented.
    pub fn job_timeout(&self) -> Result<Option<Duration>, Failure> {
        let Some(text) = &self.job_timeout else { return Ok(None) };
        let invalid =
            |message: &str| Failure::header("InvalidJobTimeoutException", format!("{message}, got: {text}"));
        let duration = JavaDuration::parse(text).ok_or_else(|| {
            invalid("Failed to parse job timeout header. Expected ISO-8601 duration, e.g. PT10M")
        })?;
        let millis = duration.as_millis().ok_or_else(|| invalid("Job timeout is too large to represent"))?;
        let millis = u64::try_from(millis)
            .ok()
            .filter(|millis| *millis > 0)
            .ok_or_else(|| invalid("Job timeout must be a positive duration"))?;
        let timeout = Duration::from_millis(millis);
        if millis > LATEST_DEADLINE_MILLIS {
            return Err(invalid("Job timeout is too large to represent as a deadline"));
        }
        Ok(Some(timeout))
    }
}

/// The names of the headers.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Name {
    ResultVariable,
    ResultExpression,
    ErrorExpression,
    RetryBackoff,
    JobTimeout,
    #[serde(other)]
    Other,
}

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeadersVisitor)
    }
}

/// Picks the headers that count out of an object, the last of those with the same name.
struct HeadersVisitor;

impl<'de> Visitor<'de> for HeadersVisitor {
    type Value = Headers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Headers, A::Error> {
        let mut headers = Headers::default();
        while let Some(name) = members.next_key()? {
            let text = match members.next_value()? {
                Value::Null => None,
                Value::String(text) => Some(text),
                other => Some(other.to_string()),
            };
            let filled = |text: Option<String>| text.filter(|text| !java::is_blank(text));
            match name {
                Name::ResultVariable => headers.result_variable = filled(text),
                Name::ResultExpression => headers.result_expression = filled(text),
                Name::ErrorExpression => headers.error_expression = filled(text),
                Name::RetryBackoff => headers.retry_backoff = text,
                Name::JobTimeout => headers.job_timeout = filled(text),
                Name::Other => {}
            }
        }
        Ok(headers)
    }
}

/// The engine's clock is at less than this, in milliseconds since 1970, until the year 6429.
const HIGHEST_NOW_MILLIS: u64 = 1 << 47;

/// The longest timeout whose deadline fits into the engine's 64 bits.
const LATEST_DEADLINE_MILLIS: u64 = (1 << 63) - 1 - HIGHEST_NOW_MILLIS;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_headers_are_absent_but_a_blank_backoff_is_not() {
        let headers = Headers::parse(r#"{"resultVariable": " ", "resultExpression": "", "errorExpression": null, "jobTimeout": " ", "retryBackoff": ""}"#).unwrap();
        assert_eq!(
            (headers.result_variable(), headers.result_expression(), headers.error_expression()),
            (None, None, None)
        );
        assert_eq!(headers.job_timeout(), Ok(None));
        let failure = headers.retry_backoff().unwrap_err();
        assert_eq!(
            failure.message(),
            "Failed to parse retry backoff header. Expected ISO-8601 duration, e.g. PT5M, got: "
        );
        assert_eq!(
            failure.error_type(),
            "io.camunda.connector.runtime.core.error.InvalidBackOffDurationException"
        );
    }

    #[test]
    fn a_job_timeout_must_be_positive_and_representable() {
        for (text, message) in [
            ("soon", "Failed to parse job timeout header. Expected ISO-8601 duration, e.g. PT10M, got: soon"),
            ("PT0.0001S", "Job timeout must be a positive duration, got: PT0.0001S"),
            ("-PT1M", "Job timeout must be a positive duration, got: -PT1M"),
            ("PT9223372036854775807S", "Job timeout is too large to represent, got: PT9223372036854775807S"),
            (
                "PT9223372036854775S",
                "Job timeout is too large to represent as a deadline, got: PT9223372036854775S",
            ),
        ] {
            let headers = Headers::parse(&format!(r#"{{"jobTimeout": "{text}"}}"#)).unwrap();
            assert_eq!(headers.job_timeout().unwrap_err().message(), message);
        }
    }

    #[test]
    fn the_last_of_headers_with_one_name_counts_and_others_do_not_matter() {
        let headers = Headers::parse(
            r#"{"retryBackoff": 1.50, "other": {"a": [1]}, "resultVariable": "a", "resultVariable": "b"}"#,
        )
        .unwrap();
        assert_eq!((headers.result_variable(), headers.retry_backoff.as_deref()), (Some("b"), Some("1.50")));
    }

    #[test]
    fn headers_that_are_no_object_fail_the_job() {
        assert!(Headers::parse("[1]").is_err());
        assert_eq!(Headers::parse(""), Ok(Headers::default()));
    }
}
