//! What is wrong with a text, in the reference's words.

use std::fmt;

/// At most so much of the text is repeated in a message of our own.
const SHOWN_TEXT: usize = 200;

/// The kind of a [`ParseError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// The text is no expression.
    Syntax,
    /// The expression names a Java method.
    ExternalFunction,
    /// The text is longer than the limit.
    TooLong,
    /// Parts are nested deeper than the limit.
    TooDeep,
}

/// The text is no expression that can be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    kind: ParseErrorKind,
    message: String,
    position: Option<(usize, usize)>,
}

impl ParseError {
    /// What is wrong.
    pub fn kind(&self) -> ParseErrorKind {
        self.kind
    }

    /// Line and column (in UTF-16 units), both counted from 1, of what is no part of an expression.
    pub fn position(&self) -> Option<(usize, usize)> {
        self.position
    }

    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self.kind {
            ParseErrorKind::Syntax => "FEEL_SYNTAX",
            ParseErrorKind::ExternalFunction => "FEEL_EXTERNAL_FUNCTION",
            ParseErrorKind::TooLong => "FEEL_TOO_LONG",
            ParseErrorKind::TooDeep => "FEEL_TOO_DEEP",
        }
    }

    pub(super) fn too_long(text: &str, limit: usize) -> Self {
        let message = format!(
            "failed to parse expression '{}': it has {} bytes, the limit is {limit}",
            shorten(text),
            text.len()
        );
        Self { kind: ParseErrorKind::TooLong, message, position: None }
    }

    pub(super) fn too_deep(text: &str, limit: usize) -> Self {
        let message = format!(
            "failed to parse expression '{}': its parts are nested deeper than {limit} levels, simplify it",
            shorten(text)
        );
        Self { kind: ParseErrorKind::TooDeep, message, position: None }
    }

    pub(super) fn external_function(text: &str) -> Self {
        let message = format!(
            "validation of expression '{text}' failed: External functions are disabled. Use the FunctionProvider SPI \
             (recommended) or enable external function in the configuration."
        );
        Self { kind: ParseErrorKind::ExternalFunction, message, position: None }
    }

    pub(super) fn unclosed_comment(text: &str) -> Self {
        Self::expected(text, text.len(), "\"*/\"")
    }

    pub(super) fn expected(text: &str, position: usize, labels: &str) -> Self {
        let (line, column) = line_and_column(text, position);
        let found = literal(&first_units(text.get(position..).unwrap_or(""), 10));
        let message =
            format!("failed to parse expression '{text}': Expected {labels}:{line}:{column}, found {found}");
        Self { kind: ParseErrorKind::Syntax, message, position: Some((line, column)) }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ParseError {}

/// The beginning of a text, for errors about its size.
pub(crate) fn shorten(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN_TEXT).collect();
    if shown.len() < text.len() {
        shown.push_str("...");
    }
    shown
}

/// Both counted from 1, columns in UTF-16 units. As in the reference, `\r`, `\r\n` and even `\n\r` end a line as `\n`
/// does.
fn line_and_column(text: &str, position: usize) -> (usize, usize) {
    let before = text.get(..position).unwrap_or(text);
    let (mut line, mut start, mut previous) = (1, 0, '\0');
    for (at, char) in before.char_indices() {
        if matches!(char, '\n' | '\r') {
            let completes = matches!((previous, char), ('\r', '\n') | ('\n', '\r'));
            line += usize::from(!completes);
            start = at + 1;
            previous = if completes { '\0' } else { char };
        } else {
            previous = char;
        }
    }
    (line, before.get(start..).unwrap_or("").encode_utf16().count() + 1)
}

/// The first so many UTF-16 units; half a pair becomes a question mark.
fn first_units(text: &str, count: usize) -> String {
    let units: Vec<u16> = text.encode_utf16().take(count).collect();
    char::decode_utf16(units).map(|unit| unit.unwrap_or('?')).collect()
}

/// The text as a string literal of Scala.
fn literal(text: &str) -> String {
    let mut result = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => result.push_str("\\\""),
            '\\' => result.push_str("\\\\"),
            '\n' => result.push_str("\\n"),
            '\r' => result.push_str("\\r"),
            '\t' => result.push_str("\\t"),
            '\u{8}' => result.push_str("\\b"),
            '\u{c}' => result.push_str("\\f"),
            c if c < ' ' => result.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => result.push(c),
        }
    }
    result.push('"');
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_with_either_sign_or_both() {
        for (text, place) in [
            ("1)", (1, 2)),
            ("1\n)", (2, 1)),
            ("1\r)", (2, 1)),
            ("1\r\n\r\n😀)", (3, 3)),
            ("1\n\n )", (3, 2)),
            ("1\n\r)", (2, 1)),
            ("1\n\r\n\r)", (3, 1)),
            ("1\n\n\r\n)", (4, 1)),
            ("1\r\n\n)", (3, 1)),
        ] {
            assert_eq!(line_and_column(text, text.len() - 1), place, "{text:?}");
        }
    }
}
