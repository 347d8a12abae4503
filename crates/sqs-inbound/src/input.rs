//! A message as expressions see it, beside the message itself.

use serde_json::{Number, Value};
use std::borrow::Cow;

/// What expressions are evaluated over, and what the result variable gets.
pub(crate) struct Input<'a> {
    /// The whole message, every digit kept.
    pub(crate) message: &'a Value,
    /// The same for expressions: a number beyond a double is null there, as in the reference.
    pub(crate) context: Cow<'a, Value>,
}

impl<'a> Input<'a> {
    pub(crate) fn new(message: &'a Value) -> Self {
        let context = if is_finite(message) { Cow::Borrowed(message) } else { Cow::Owned(finite(message)) };
        Self { message, context }
    }
}

fn is_finite(value: &Value) -> bool {
    match value {
        Value::Number(number) => is_short(number) || number.as_f64().is_some(),
        Value::Array(items) => items.iter().all(is_finite),
        Value::Object(fields) => fields.values().all(is_finite),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

/// So few digits without an exponent are within a double's range.
fn is_short(number: &Number) -> bool {
    let digits = number.as_str();
    digits.len() < 300 && !digits.contains(['e', 'E'])
}

fn finite(value: &Value) -> Value {
    match value {
        Value::Number(number) if number.as_f64().is_none() => Value::Null,
        Value::Array(items) => items.iter().map(finite).collect(),
        Value::Object(fields) => fields.iter().map(|(name, field)| (name.clone(), finite(field))).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_beyond_a_double_is_null_in_expressions_alone() {
        let message: Value = serde_json::from_str(r#"{"body":[1e400,{"a":-1e400,"b":1e308}]}"#).unwrap();
        let input = Input::new(&message);
        assert_eq!(input.context.to_string(), r#"{"body":[null,{"a":null,"b":1e+308}]}"#);
        assert_eq!(input.message, &message);
        let plain = serde_json::json!({"body": 1});
        assert!(matches!(Input::new(&plain).context, Cow::Borrowed(_)));
    }
}
