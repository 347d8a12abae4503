//! A JSON document kept as text.

use serde_json::{Map, Value, value::RawValue};

/// A well-formed JSON document as text, so that numbers keep every digit on their way to the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawJson(String);

/// The text is not one JSON document.
#[derive(Debug, thiserror::Error)]
#[error("not a JSON document: {0}")]
pub struct InvalidJson(#[from] serde_json::Error);

impl RawJson {
    /// The document `{}`.
    pub fn empty_object() -> Self {
        Self("{}".to_owned())
    }

    /// Checks that the text is exactly one JSON document.
    ///
    /// # Errors
    /// [`InvalidJson`] with the position where it stops being one.
    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidJson> {
        let text = text.into();
        serde_json::from_str::<&RawValue>(&text)?;
        Ok(Self(text))
    }

    /// Takes what a JSON writer has just written, exactly one document, without reading it again.
    pub fn written(text: String) -> Self {
        debug_assert!(Self::parse(text.as_str()).is_ok(), "no JSON document was written");
        Self(text)
    }

    /// The text of the document.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text of the document, owned.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl From<&Value> for RawJson {
    fn from(value: &Value) -> Self {
        // Less work than its `Display`, and as unable to fail.
        Self(serde_json::to_string(value).unwrap_or_else(|_| value.to_string()))
    }
}

impl From<Map<String, Value>> for RawJson {
    fn from(fields: Map<String, Value>) -> Self {
        Self::from(&Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_text_of_numbers() {
        let value: Value = serde_json::from_str(r#"{"a":1.10,"b":123456789012345678901234567890}"#).unwrap();
        assert_eq!(RawJson::from(&value).as_str(), r#"{"a":1.10,"b":123456789012345678901234567890}"#);
    }

    #[test]
    fn refuses_text_after_the_document() {
        assert!(RawJson::parse("{} x").is_err());
        assert!(RawJson::parse("").is_err());
    }
}
