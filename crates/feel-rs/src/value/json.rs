//! JSON in and out.

use std::fmt::Write;

use serde_json::{Map, Value as Json, json};

use super::{Context, List, Text, Value};
use crate::decimal::Decimal;

impl<'a> Value<'a> {
    /// The value of a JSON document, borrowed.
    ///
    /// Whole numbers are exact, others go through a double as the Java engine's input does: `1.10` becomes 1.1.
    /// A number beyond a double's range is a [`Value::FatalError`].
    pub fn from_json(json: &'a Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Boolean(*value),
            Json::Number(number) => match Decimal::from_json(number) {
                Ok(value) => Self::Number(value),
                Err(error) => Self::FatalError(format!("{}: {error}", error.class()).into()),
            },
            Json::String(text) => Self::String(Text::from(text.as_str())),
            Json::Array(items) => Self::List(List::Json(items)),
            Json::Object(fields) => Self::Context(Context::Json(fields)),
        }
    }

    /// The JSON that becomes a process variable.
    ///
    /// A number is written whole when it fits 64 bits and as a double otherwise; temporal values become ISO text with
    /// the offset in place of the zone; functions vanish from contexts; a failure inside a list becomes an object that names it.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Error(message) | Self::FatalError(message) => failure_json(message),
            Self::Boolean(value) => Json::Bool(*value),
            Self::Number(value) => value.to_json(),
            Self::String(text) => Json::String(text.as_str().to_owned()),
            Self::Date(value) => Json::String(value.to_string()),
            Self::LocalTime(value) => Json::String(value.iso_text()),
            Self::Time(value) => Json::String(value.offset_text()),
            Self::LocalDateTime(value) => Json::String(value.iso_text()),
            Self::DateTime(value) => Json::String(value.offset_text()),
            Self::YearsMonthsDuration(value) => Json::String(value.iso_text()),
            Self::DaysTimeDuration(value) => Json::String(value.iso_text()),
            Self::List(List::Json(items)) => {
                Json::Array(items.iter().map(|item| part_of_input(item).to_json()).collect())
            }
            Self::List(items) => Json::Array(items.iter().map(|item| item.to_json()).collect()),
            Self::Context(context) => Json::Object(fields(context)),
            Self::Range(_) => Json::Null,
            Self::Function(function) => function_json(function.parameters()),
        }
    }

    /// The compact text of [`Value::to_json`], written without making that.
    pub fn to_json_text(&self) -> String {
        let mut text = String::with_capacity(64);
        self.write_json(&mut text);
        text
    }

    fn write_json(&self, out: &mut String) {
        match self {
            Self::Null | Self::Range(_) => out.push_str("null"),
            Self::Boolean(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::String(text) => quote(text, out),
            Self::List(List::Json(items)) => {
                write_all(out, '[', items.iter(), ']', |item, out| part_of_input(item).write_json(out));
            }
            Self::List(items) => {
                write_all(out, '[', items.iter(), ']', |item, out| item.write_json(out));
            }
            Self::Context(Context::Json(fields)) => {
                write_all(out, '{', fields.iter(), '}', |(key, value), out| {
                    quote(key, out);
                    out.push(':');
                    part_of_input(value).write_json(out);
                })
            }
            Self::Context(Context::Picked(key, value)) => {
                write_all(out, '{', [(key, value)].into_iter(), '}', |(key, value), out| {
                    quote(key, out);
                    out.push(':');
                    Self::from_json(value).write_json(out);
                })
            }
            Self::Context(Context::Shared(map)) => {
                write_all(out, '{', map.entries(), '}', |(key, value), out| {
                    quote(key, out);
                    out.push(':');
                    value.write_json(out);
                })
            }
            // Writing to a string does not fail.
            other => drop(write!(out, "{}", other.to_json())),
        }
    }
}

/// A value inside a list or object of the input: a number beyond a double's range is `null` there, as in the reference.
fn part_of_input(json: &Json) -> Value<'_> {
    match Value::from_json(json) {
        Value::FatalError(_) => Value::Null,
        value => value,
    }
}

fn write_all<T>(
    out: &mut String,
    open: char,
    parts: impl Iterator<Item = T>,
    close: char,
    write_part: impl Fn(T, &mut String),
) {
    out.push(open);
    for (position, part) in parts.enumerate() {
        if position > 0 {
            out.push(',');
        }
        write_part(part, out);
    }
    out.push(close);
}

/// A JSON string, with the escapes of `serde_json`.
fn quote(text: &str, out: &mut String) {
    out.push('"');
    // Without an early end, as most texts have nothing to escape: that is done many bytes at a time.
    if text.bytes().fold(false, |found, byte| found | is_escaped(byte)) {
        escape(text, out);
    } else {
        out.push_str(text);
    }
    out.push('"');
}

fn is_escaped(byte: u8) -> bool {
    byte < b' ' || matches!(byte, b'"' | b'\\')
}

fn escape(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some((plain, from)) =
        rest.bytes().position(is_escaped).and_then(|position| rest.split_at_checked(position))
    {
        out.push_str(plain);
        let mut following = from.chars();
        match following.next() {
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some('\u{8}') => out.push_str("\\b"),
            Some('\u{c}') => out.push_str("\\f"),
            Some(control) if control < ' ' => drop(write!(out, "\\u{:04x}", u32::from(control))),
            Some(other) => out.extend(['\\', other]),
            None => {}
        }
        rest = following.as_str();
    }
    out.push_str(rest);
}

fn fields(context: &Context<'_>) -> Map<String, Json> {
    match context {
        Context::Json(fields) => {
            fields.iter().map(|(key, value)| (key.clone(), part_of_input(value).to_json())).collect()
        }
        Context::Picked(key, value) => {
            Map::from_iter([((*key).to_owned(), Value::from_json(value).to_json())])
        }
        Context::Shared(map) => {
            map.entries().map(|(key, value)| (key.as_str().to_owned(), value.to_json())).collect()
        }
    }
}

/// A failure that a loop left in its list: the fields of the Java engine's object.
fn failure_json(message: &str) -> Json {
    json!({"error": message, "properties": {}, "comparable": false})
}

/// A function as the result: the fields of the Java engine's object.
fn function_json<'p>(parameters: impl Iterator<Item = &'p str>) -> Json {
    let parameters: Vec<&str> = parameters.collect();
    json!({
        "params": parameters,
        "invoke": {},
        "hasVarArgs": false,
        "paramSet": parameters,
        "properties": {},
        "comparable": false,
    })
}
