//! The body of a message: JSON when all of it is JSON, else text.
//!
//! Source: connector-behaviour of the reference's message mapping, less its habit of dropping what follows
//! a valid JSON value. Numbers keep every digit, of equal keys the last one wins.

use serde::Deserialize as _;
use serde_json::Value;
use std::borrow::Cow;

/// A body nested deeper than this is text.
pub const MAX_BODY_DEPTH: usize = 500;

/// The body as expressions see it.
///
/// `{"a":1}` is an object, `1` a number, `null` is null, `007`, `x` and `{"a":1} x` are text.
/// Half a surrogate pair in an escape becomes `?`, as Java writes it.
pub fn parse_body(body: &str) -> Value {
    let text = || Value::String(body.to_owned());
    if !may_be_json(body) || nested_deeper_than(body, MAX_BODY_DEPTH) {
        return text();
    }
    json(&without_half_surrogates(body)).unwrap_or_else(text)
}

/// Spares the parser most plain text.
fn may_be_json(body: &str) -> bool {
    let start = body.trim_start_matches([' ', '\t', '\n', '\r']);
    start.starts_with(['{', '[', '"', '-', 't', 'f', 'n']) || start.starts_with(|c: char| c.is_ascii_digit())
}

fn json(body: &str) -> Option<Value> {
    let mut deserializer = serde_json::Deserializer::from_str(body);
    deserializer.disable_recursion_limit();
    let value = Value::deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    Some(value)
}

fn nested_deeper_than(body: &str, limit: usize) -> bool {
    // Each level takes a byte at least.
    if body.len() <= limit {
        return false;
    }
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in body.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > limit {
            return true;
        }
    }
    false
}

/// Replaces each escape of half a surrogate pair by `?`.
fn without_half_surrogates(body: &str) -> Cow<'_, str> {
    if !body.contains("\\u") {
        return Cow::Borrowed(body);
    }
    let mut text = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        text.push_str(before);
        let length = match surrogate(escape) {
            Some(Surrogate::High) if is_low(escape.get(6..)) => 12,
            Some(_) => {
                text.push('?');
                rest = escape.get(6..).unwrap_or_default();
                continue;
            }
            None => escape.chars().take(2).map(char::len_utf8).sum(),
        };
        let (kept, after) = escape.split_at(length);
        text.push_str(kept);
        rest = after;
    }
    text.push_str(rest);
    Cow::Owned(text)
}

enum Surrogate {
    High,
    Low,
}

fn surrogate(escape: &str) -> Option<Surrogate> {
    let digits = escape.strip_prefix("\\u")?.get(..4)?;
    match u16::from_str_radix(digits, 16).ok()? {
        0xD800..=0xDBFF => Some(Surrogate::High),
        0xDC00..=0xDFFF => Some(Surrogate::Low),
        _ => None,
    }
}

fn is_low(escape: Option<&str>) -> bool {
    matches!(escape.and_then(surrogate), Some(Surrogate::Low))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn reads_whole_json_documents_and_keeps_everything_else_as_text() {
        for (body, expected) in [
            (r#" {"a":1} "#, json!({"a": 1})),
            ("null", Value::Null),
            ("true", json!(true)),
            (r#""x""#, json!("x")),
            (r#"{"a":1,"a":2}"#, json!({"a": 2})),
            (r#"{"a":1} x"#, json!(r#"{"a":1} x"#)),
            ("1 abc", json!("1 abc")),
            ("{}{}", json!("{}{}")),
            ("007", json!("007")),
            ("+5", json!("+5")),
            (".5", json!(".5")),
            ("5.", json!("5.")),
            ("NaN", json!("NaN")),
            ("  ", json!("  ")),
            ("\u{feff}{}", json!("\u{feff}{}")),
            ("{'a':1}", json!("{'a':1}")),
            ("[1,]", json!("[1,]")),
            ("\"a\nb\"", json!("\"a\nb\"")),
        ] {
            assert_eq!(parse_body(body), expected, "{body}");
        }
    }

    #[test]
    fn keeps_every_digit_of_numbers() {
        let body = "[1.10,12345678901234567890,1e+400]";
        assert_eq!(parse_body(body).to_string(), body);
    }

    #[test]
    fn replaces_half_a_surrogate_pair() {
        assert_eq!(parse_body(r#""a\ud83db\ud83d\ude00\ude00\\ud83d""#), json!("a?b\u{1f600}?\\ud83d"));
    }

    #[test]
    fn reads_deep_bodies_up_to_the_limit() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse_body(&nested(MAX_BODY_DEPTH)).is_array());
        assert!(parse_body(&nested(MAX_BODY_DEPTH + 1)).is_string());
    }

    proptest! {
        #[test]
        fn any_body_is_either_its_json_value_or_its_own_text(body in ".*") {
            match parse_body(&body) {
                Value::String(text) if text == body => {}
                value => prop_assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), value),
            }
        }

        #[test]
        fn a_json_document_is_always_read(text in "[a-z\\\\\"{}\\[\\]\u{0}-\u{1f}é😀]*", number in any::<f64>()) {
            let document = json!({"text": text, "list": [number, null, true, {"inner": text}]});
            prop_assert_eq!(parse_body(&document.to_string()), document);
        }

        #[test]
        fn text_after_a_document_makes_all_of_it_text(document in "[0-9]{1,3}|\\{\\}|\"[a-z]*\"", rest in "[a-z,{\\[]{1,4}") {
            let body = format!("{document}{rest}");
            prop_assert_eq!(parse_body(&body), Value::String(body));
        }
    }
}
