//! JSON texts as the reference's library reads and writes them.

use serde_json::{Deserializer, Value as Json};

use crate::{ContextMap, Value, decimal::Decimal};

/// The first value of a JSON text; what follows is not looked at, but a number must end before it.
pub(super) fn read<'a>(text: &str) -> Option<Value<'a>> {
    let mut values = Deserializer::from_str(text).into_iter::<Json>();
    let value = values.next()?.ok()?;
    let rest = text.get(values.byte_offset()..).unwrap_or_default();
    if value.is_number() && rest.starts_with(|char: char| !matches!(char, ' ' | '\t' | '\r' | '\n')) {
        return None;
    }
    Some(owned(value))
}

/// A value that keeps nothing of the text it was read from.
fn owned<'a>(json: Json) -> Value<'a> {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Boolean(value),
        // A number beyond the doubles is read as infinite, which is no number of FEEL.
        Json::Number(number) => Decimal::from_json(&number).map_or(Value::Null, Value::Number),
        Json::String(text) => Value::string(text),
        Json::Array(items) => Value::list(items.into_iter().map(owned).collect()),
        Json::Object(fields) => {
            let mut map = ContextMap::new();
            for (key, value) in fields {
                map.put(key, owned(value));
            }
            Value::context(map)
        }
    }
}

/// The compact JSON text of a value: numbers with all their digits, temporal values as ISO texts.
pub(super) fn write(value: &Value<'_>) -> String {
    let mut text = String::new();
    append(value, &mut text);
    text
}

fn append(value: &Value<'_>, out: &mut String) {
    match value {
        Value::Null | Value::Error(_) | Value::FatalError(_) => out.push_str("null"),
        Value::Boolean(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::String(text) => quote(text, out),
        Value::Date(value) => quote(&value.to_string(), out),
        Value::LocalTime(value) => quote(&value.iso_text(), out),
        Value::Time(value) => quote(&value.iso_text(), out),
        Value::LocalDateTime(value) => quote(&value.iso_text(), out),
        Value::DateTime(value) => quote(&value.iso_text(), out),
        Value::YearsMonthsDuration(value) => quote(&value.iso_text(), out),
        Value::DaysTimeDuration(value) => quote(&value.iso_text(), out),
        Value::Range(_) | Value::Function(_) => quote(&value.to_string(), out),
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                append(&item, out);
            }
            out.push(']');
        }
        Value::Context(context) => {
            out.push('{');
            for (index, (key, value)) in context.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                quote(&key, out);
                out.push(':');
                append(&value, out);
            }
            out.push('}');
        }
    }
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            control if control < ' ' => out.push_str(&format!("\\u{:04X}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
}
