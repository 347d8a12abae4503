//! Texts as Java writes them, where a model or a runbook may match on them.

use serde_json::Value;

/// How long an error message may be, in UTF-16 code units.
///
/// Source: the Java runtime's limit, which keeps it below the engine's.
pub(crate) const MESSAGE_LIMIT: usize = 6_000;

/// How much of a context is shown in an error message.
pub(crate) const CONTEXT_LIMIT: usize = 2_000;

/// The start of a text, at most `limit` UTF-16 code units long, never half a character.
pub(crate) fn cut(text: &str, limit: usize) -> &str {
    let mut units = 0;
    for (position, character) in text.char_indices() {
        units += character.len_utf16();
        if units > limit {
            return text.get(..position).unwrap_or(text);
        }
    }
    text
}

/// A context for an error message, cut with a remark.
pub(crate) fn shown_context(text: &str) -> String {
    let shown = cut(text, CONTEXT_LIMIT);
    if shown.len() == text.len() { text.to_owned() } else { format!("{shown}...(truncated)") }
}

/// What Java's `toString` gives for the maps, lists and scalars of a JSON document.
pub(crate) fn to_string(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(to_string).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(name, value)| format!("{name}={}", to_string(value))).collect();
            format!("{{{}}}", fields.join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// Java's `String.isBlank`.
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn cuts_by_utf16_units_and_never_inside_a_character() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abc", 2), "ab");
        assert_eq!(cut("a😀b", 2), "a");
        assert_eq!(cut("a😀b", 3), "a😀");
        assert_eq!(shown_context(&"x".repeat(2001)), format!("{}...(truncated)", "x".repeat(2000)));
    }

    #[test]
    fn writes_maps_and_lists_as_java_does() {
        let value = json!({"a": {"b": [1, "x", null, true, 1.5]}, "error": "m", "e": {}});
        assert_eq!(to_string(&value), "{a={b=[1, x, null, true, 1.5]}, error=m, e={}}");
    }
}
