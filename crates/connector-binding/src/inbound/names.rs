//! Lists of attribute names as modelers write them.

use super::InboundBindingError;
use connector_feel::FeelEngine;
use serde_json::Value;

/// The names that a text gives: a FEEL expression (`=["a","b"]`), a JSON array, names with commas between, or one name.
///
/// `None` when it gives none (`=null`, `[]`, white space): the caller's default counts then.
///
/// # Errors
/// [`InboundBindingError::InvalidValue`] naming `property` when an expression or array gives something else.
pub fn parse_names(
    property: &'static str,
    text: &str,
    feel: &FeelEngine,
) -> Result<Option<Vec<String>>, InboundBindingError> {
    let trimmed = text.trim();
    let invalid =
        |reason: String| InboundBindingError::InvalidValue { property: property.to_owned(), reason };
    let value = if trimmed.starts_with('=') {
        feel.evaluate(trimmed, &[]).map_err(|error| invalid(error.to_string()))?
    } else if trimmed.starts_with('[') {
        serde_json::from_str(trimmed).map_err(|error| invalid(format!("not a JSON array: {error}")))?
    } else {
        trimmed.split(',').map(|name| Value::from(name.trim())).collect()
    };
    let items = match value {
        Value::Array(items) => items,
        single => vec![single],
    };
    let mut names = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Value::String(name) if name.trim().is_empty() => {}
            Value::String(name) => names.push(name),
            Value::Number(number) => names.push(number.to_string()),
            Value::Null => {}
            other => {
                return Err(invalid(format!("expected names, got {other}: write [\"first\", \"second\"]")));
            }
        }
    }
    Ok((!names.is_empty()).then_some(names))
}
