//! A JSON object as a map of secrets.

use crate::SecretMap;
use secrecy::SecretString;
use serde_json::{Map, Value};

/// The members of a JSON object that are texts, numbers or booleans; others are no secrets.
pub(crate) fn from_object(fields: Map<String, Value>) -> SecretMap {
    let text = |value| match value {
        Value::String(text) => Some(text),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    fields.into_iter().filter_map(|(name, value)| Some((name, SecretString::from(text(value)?)))).collect()
}

/// The same from a text; `None` when it is no JSON object. serde's error may repeat what it read, so nobody sees it.
#[cfg(feature = "aws-secrets-manager")]
pub(crate) fn from_text(text: &[u8]) -> Option<SecretMap> {
    serde_json::from_slice(text).ok().map(from_object)
}
