//! The writer: compact, keeps the order, and escapes control characters with upper-case digits.

use super::{Json, ends_plain_text};

/// What most bodies fit into.
const ORDINARY_BODY: usize = 256;

/// Writes a document compactly.
pub fn write(value: &Json<'_>) -> String {
    let mut text = String::with_capacity(ORDINARY_BODY);
    write_to(value, &mut text);
    text
}

fn write_to(value: &Json<'_>, text: &mut String) {
    match value {
        Json::String(content) => write_string(content, text),
        Json::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_to(item, text);
            }
            text.push(']');
        }
        Json::Object(fields) => {
            text.push('{');
            for (index, (name, field)) in fields.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_string(name, text);
                text.push(':');
                write_to(field, text);
            }
            text.push('}');
        }
        Json::Number(number) => text.push_str(number),
        Json::Null => text.push_str("null"),
        Json::Bool(true) => text.push_str("true"),
        Json::Bool(false) => text.push_str("false"),
    }
}

fn write_string(content: &str, text: &mut String) {
    text.push('"');
    let mut rest = content;
    while let Some((place, byte)) = rest.bytes().enumerate().find(|(_, byte)| ends_plain_text(*byte)) {
        text.push_str(rest.get(..place).unwrap_or_default());
        match byte {
            b'"' => text.push_str("\\\""),
            b'\\' => text.push_str("\\\\"),
            b'\x08' => text.push_str("\\b"),
            b'\x0c' => text.push_str("\\f"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            control => text.push_str(&format!("\\u{control:04X}")),
        }
        rest = rest.get(place + 1..).unwrap_or_default();
    }
    text.push_str(rest);
    text.push('"');
}
