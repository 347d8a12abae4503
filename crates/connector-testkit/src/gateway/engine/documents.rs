//! JSON documents as Zeebe reads and writes them: through MessagePack, so numbers are 64 bit.

use super::rejection::Rejection;
use serde_json::{Map, Number, Value};

/// Reads the variables of a request; no text is an empty document.
///
/// # Errors
/// The text is not JSON, not an object, or has an integer of more than 64 bit.
pub(crate) fn read(text: &str) -> Result<Map<String, Value>, Rejection> {
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    let mut value: Value = serde_json::from_str(text)
        .map_err(|error| Rejection::invalid(format!("Invalid JSON value: {text}\n at [{error}]")))?;
    normalise(&mut value)?;
    let kind = match value {
        Value::Object(map) => return Ok(map),
        Value::Null => return Ok(Map::new()),
        Value::Bool(_) => "BOOLEAN",
        Value::Number(number) if number.is_i64() || number.is_u64() => "INTEGER",
        Value::Number(_) => "FLOAT",
        Value::String(_) => "STRING",
        Value::Array(_) => "ARRAY",
    };
    Err(Rejection::invalid(format!(
        "Property 'variables' is invalid: Expected document to be a root level object, but was '{kind}'"
    )))
}

/// Turns every number into what is left of it after MessagePack.
///
/// # Errors
/// An integer does not fit 64 bit.
pub(crate) fn normalise(value: &mut Value) -> Result<(), Rejection> {
    match value {
        Value::Number(number) => {
            if let Some(changed) = normal_number(number)? {
                *number = changed;
            }
        }
        Value::Array(items) => items.iter_mut().try_for_each(normalise)?,
        Value::Object(map) => map.values_mut().try_for_each(normalise)?,
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
    Ok(())
}

/// The number that comes back from MessagePack; `None` = the same text.
fn normal_number(number: &Number) -> Result<Option<Number>, Rejection> {
    if number.is_i64() || number.is_u64() {
        return Ok(None);
    }
    let text = number.to_string();
    if !text.contains(['.', 'e', 'E']) {
        return Err(Rejection::invalid("MessagePack cannot serialize BigInteger larger than 2^64-1"));
    }
    Ok(number.as_f64().and_then(|double| serde_json::from_str(&java_double(double)).ok()))
}

/// A double with the digits that Java writes: `1.1`, `3.0`, `1.0E21` (serde_json then spells the exponent `e+21`).
fn java_double(double: f64) -> String {
    let size = double.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        return format!("{double:?}");
    }
    let text = format!("{double:e}");
    match text.split_once('e') {
        Some((digits, exponent)) if digits.contains('.') => format!("{digits}E{exponent}"),
        Some((digits, exponent)) => format!("{digits}.0E{exponent}"),
        None => text,
    }
}

/// The names of a scope in the order in which Zeebe lists them: shorter first, then by letter.
pub(crate) fn sorted_names(map: &Map<String, Value>) -> Vec<&String> {
    let mut names: Vec<&String> = map.keys().collect();
    names.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_messagepack_leaves_of_them() {
        let map = read(r#"{"a":1.10,"b":12345678901234567890,"c":1e21,"d":3.0,"e":-0.00001}"#).unwrap();
        assert_eq!(
            Value::Object(map).to_string(),
            r#"{"a":1.1,"b":12345678901234567890,"c":1.0e+21,"d":3.0,"e":-1.0e-5}"#
        );
    }

    #[test]
    fn only_objects_are_documents() {
        assert!(read("").unwrap().is_empty());
        assert!(read("null").unwrap().is_empty());
        for text in ["[1]", "1", "\"a\"", "{x", r#"{"a":123456789012345678901234567890}"#] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
