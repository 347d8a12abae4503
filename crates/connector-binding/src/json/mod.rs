//! JSON documents that borrow what they are read from: a job's variables are read once, bound and dropped.
//!
//! Reading and writing are as the Java mapper's where it can be seen.

mod read;
mod write;

pub use read::read;
pub use write::write;

use connector_secrets::{Contents, Document};
use serde_json::Value;
use std::{borrow::Cow, fmt};

/// A JSON document. Numbers and plain texts are those of the text that it was read from; only what had to be changed is owned.
#[derive(Clone, PartialEq)]
pub enum Json<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it was written.
    Number(Cow<'a, str>),
    /// A text.
    String(Cow<'a, str>),
    /// A list.
    Array(Vec<Json<'a>>),
    /// The members in their order, no name twice.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl Json<'_> {
    /// The member of that name, if this is an object that has it.
    ///
    /// A job's objects have few members: comparing their names one after another is cheaper than hashing the one that is looked for.
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(member, _)| member == name).map(|(_, value)| value)
    }

    /// The only element of a list; `None` for a list with more or less and for everything else.
    pub fn only(&self) -> Option<&Self> {
        match self {
            Self::Array(items) => match items.as_slice() {
                [only] => Some(only),
                _ => None,
            },
            _ => None,
        }
    }

    /// True for `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl fmt::Debug for Json<'_> {
    /// Shows the kind alone: a value may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "Null",
            Self::Bool(_) => "Bool",
            Self::Number(_) => "Number",
            Self::String(_) => "String",
            Self::Array(_) => "Array",
            Self::Object(_) => "Object",
        })
    }
}

impl<'a> From<&'a Value> for Json<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(truth) => Self::Bool(*truth),
            Value::Number(number) => Self::Number(Cow::Borrowed(number.as_str())),
            Value::String(text) => Self::String(Cow::Borrowed(text)),
            Value::Array(items) => Self::Array(items.iter().map(Self::from).collect()),
            Value::Object(fields) => Self::Object(
                fields
                    .iter()
                    .map(|(name, field)| (Cow::Borrowed(name.as_str()), Self::from(field)))
                    .collect(),
            ),
        }
    }
}

impl<'a> Document for Json<'a> {
    type Text = Cow<'a, str>;

    fn contents(&mut self) -> Contents<'_, Self> {
        match self {
            Self::String(text) => Contents::Text(text),
            Self::Array(items) => Contents::Items(items),
            Self::Object(members) => {
                Contents::Members(Box::new(members.iter_mut().map(|(name, value)| (&**name, value))))
            }
            Self::Null | Self::Bool(_) | Self::Number(_) => Contents::Other,
        }
    }
}

/// Whether a string may not hold this byte as it is.
fn ends_plain_text(byte: u8) -> bool {
    ENDS_PLAIN_TEXT.get(usize::from(byte)).copied().unwrap_or_default()
}

/// Looked up, since it is asked for every byte of every text.
#[allow(clippy::indexing_slicing, reason = "the compiler evaluates it")]
static ENDS_PLAIN_TEXT: [bool; 256] = {
    let mut ends = [false; 256];
    let mut byte = 0;
    while byte < ends.len() {
        ends[byte] = byte < 0x20 || byte == b'"' as usize || byte == b'\\' as usize;
        byte += 1;
    }
    ends
};

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(text: &str) -> String {
        write(&read(text).unwrap())
    }

    #[test]
    fn keeps_number_text_order_and_places_of_duplicates() {
        assert_eq!(
            rewritten(
                r#" {"z":1.10, "a":-0.0,"z":1E400 ,"b":[1e5,123456789012345678901234567890]} trailing"#
            ),
            r#"{"z":1E400,"a":-0.0,"b":[1e5,123456789012345678901234567890]}"#
        );
    }

    #[test]
    fn duplicates_are_found_among_many_members_too() {
        let members: String = (0..40).map(|number| format!(r#""k{}":{number},"#, number % 30)).collect();
        let expected: Vec<String> =
            (0..30).map(|k| format!(r#""k{k}":{}"#, if k < 10 { k + 30 } else { k })).collect();
        assert_eq!(
            rewritten(&format!("{{{}}}", members.trim_end_matches(','))),
            format!("{{{}}}", expected.join(","))
        );
    }

    #[test]
    fn debug_shows_no_value() {
        assert_eq!(format!("{:?}", read(r#""canary""#).unwrap()), "String");
    }

    #[test]
    fn escapes_only_what_must_be() {
        assert_eq!(
            rewritten(r#"["\u0001\u001f\b\f\n\r\t\"\\\/\u007fü\ud83d\ude00"]"#),
            "[\"\\u0001\\u001F\\b\\f\\n\\r\\t\\\"\\\\/\u{7f}ü😀\"]"
        );
    }

    #[test]
    fn the_first_type_of_an_authentication_counts() {
        assert_eq!(
            rewritten(r#"{"authentication":{"type":"a","type":"b"},"x":{"type":"a","type":"b"}}"#),
            r#"{"authentication":{"type":"a"},"x":{"type":"b"}}"#
        );
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, reason) in [
            ("", "No content to map due to end-of-input"),
            ("not json", "This is not a JSON object"),
            ("{\"a\":1,}", "This is not a JSON object"),
            ("{'a':1}", "This is not a JSON object"),
            (
                "{\"a\":{\"b\":NaN}}",
                "Non-standard token 'NaN': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow",
            ),
            ("{\"a\":{\"b\":007}}", "Invalid numeric value: Leading zeroes not allowed"),
            (
                "{\"a\":{\"b\":[1 2]}}",
                "Unexpected character '2' where a comma or the end of the object or array should be",
            ),
            (
                "{\"a\":{\"b\":\"\\ud83d\"}}",
                "\\ud83d is half of a character without its other half: not valid Unicode",
            ),
        ] {
            assert_eq!(read(text).unwrap_err().to_string(), reason, "{text}");
        }
    }

    #[test]
    fn reads_a_thousand_levels_and_no_more() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert_eq!(rewritten(&nested(1000)), nested(1000));
        assert!(
            read(&nested(1001))
                .unwrap_err()
                .to_string()
                .starts_with("Document nesting depth (1001) exceeds the maximum allowed")
        );
    }
}
