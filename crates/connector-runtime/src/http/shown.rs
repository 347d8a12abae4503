//! How values are shown: times, properties without keys.

use aws_smithy_types::{DateTime, date_time::Format};
use serde_json::{Map, Value};
use std::time::{SystemTime, UNIX_EPOCH};

/// An instant as ISO 8601 in UTC.
pub(super) fn instant(time: SystemTime) -> Value {
    DateTime::from(time).fmt(Format::DateTime).map_or(Value::Null, Value::from)
}

/// Milliseconds since 1970; `None` before.
pub(super) fn epoch_millis(time: SystemTime) -> Option<u64> {
    time.duration_since(UNIX_EPOCH).ok().and_then(|since| u64::try_from(since.as_millis()).ok())
}

/// Properties as written in the model; keys and the like only when they are placeholders.
pub(super) fn properties<'a>(
    properties: impl IntoIterator<Item = &'a (String, String)>,
) -> Map<String, Value> {
    properties.into_iter().map(|(name, value)| (name.clone(), property(name, value).into())).collect()
}

fn property<'a>(name: &str, value: &'a str) -> &'a str {
    if is_sensitive(name) && !is_placeholder(value) { "***" } else { value }
}

/// The whole of a credential given as one text has keys in it too.
fn is_sensitive(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name).to_lowercase();
    ["accesskey", "secret", "password", "token"].iter().any(|word| last.contains(word))
        || ["awscredential", "authentication"].contains(&last.as_str())
}

/// A value that is one placeholder and nothing else.
fn is_placeholder(value: &str) -> bool {
    let value = value.trim();
    let inner = value.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).unwrap_or(value).trim();
    let name = inner.strip_prefix("secrets.");
    name.is_some_and(|name| !name.is_empty() && !name.contains(['{', '}', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn keys_are_shown_as_placeholders_only() {
        for (name, value, shown) in [
            ("authentication.accessKey", "AKIA1", "***"),
            ("authentication.secretKey", "canary", "***"),
            ("authentication.secretKey", "{{secrets.KEY}}", "{{secrets.KEY}}"),
            ("authentication.secretKey", " {{ secrets.KEY }} ", " {{ secrets.KEY }} "),
            ("authentication.secretKey", "secrets.KEY", "secrets.KEY"),
            ("authentication.secretKey", "{{secrets.A}}canary{{secrets.B}}", "***"),
            ("awsCredential.authentication.sessionToken", "canary", "***"),
            ("awsCredential", r#"{"authentication":{"secretKey":"canary"}}"#, "***"),
            ("queue.url", "https://x/1/q", "https://x/1/q"),
            ("correlationKeyExpression", "=body.id", "=body.id"),
        ] {
            assert_eq!(property(name, value), shown, "{name}");
        }
    }

    #[test]
    fn times_are_iso_8601() {
        let time = UNIX_EPOCH + Duration::from_millis(1_500);
        assert_eq!(instant(time), "1970-01-01T00:00:01.5Z");
        assert_eq!(epoch_millis(time), Some(1_500));
    }
}
