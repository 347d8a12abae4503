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

#[cfg(test)]
mod tests {
    use super::*;
    use connector_feel::FeelOptions;

    #[test]
    fn reads_every_notation_of_a_list() {
        let feel = FeelEngine::new(FeelOptions::default());
        let names =
            |text: &str| parse_names("queue.attributeNames", text, &feel).map(Option::unwrap_or_default);
        for text in ["a,b", " a , b ", "[\"a\",\"b\"]", "[ \"a\" , \"b\" ]", "=[\"a\",\"b\"]", "a,,b,"] {
            assert_eq!(names(text).unwrap(), ["a", "b"], "{text}");
        }
        assert_eq!(names("All").unwrap(), ["All"]);
        assert_eq!(names("=\"a\"").unwrap(), ["a"]);
        assert_eq!(names("5").unwrap(), ["5"]);
        for text in ["  ", "[]", "=[]", "=null", ","] {
            assert!(names(text).unwrap().is_empty(), "{text}");
        }
        for text in ["[a]", "=(", "={a: 1}", "=[[1]]", "[{}]"] {
            let error = names(text).unwrap_err().to_string();
            assert!(error.starts_with("queue.attributeNames: "), "{text}: {error}");
        }
    }
}
