//! Reads a job's variables and writes a message body, as the Java mapper does where it can be seen.
//!
//! The reader is not recursive, keeps the text of numbers, lets the last of duplicate members win at the place of the first, and ignores
//! what follows the document. The writer is compact, keeps the order, and escapes control characters with upper-case digits.

use crate::BindingError;
use serde_json::{Map, Number, Value};

/// How many levels a document may have. Source: the Java mapper's limit.
const MAXIMAL_DEPTH: usize = 1_000;

/// What most bodies fit into.
const ORDINARY_BODY: usize = 256;

/// Reads the first JSON document of a text.
///
/// # Errors
/// [`BindingError::InvalidJson`] with what is wrong.
pub fn read(text: &str) -> Result<Value, BindingError> {
    let mut reader = Reader { rest: text, frames: Vec::new(), items: Vec::new(), members: Vec::new() };
    reader.skip_space();
    reader.document()
}

/// Writes a document compactly.
pub fn write(value: &Value) -> String {
    let mut text = String::with_capacity(ORDINARY_BODY);
    write_to(value, &mut text);
    text
}

/// Whether a text without its sign has the grammar of JSON's numbers.
fn is_number(text: &str) -> bool {
    let Some(mut rest) = behind_digits(text) else { return false };
    if let Some(fraction) = rest.strip_prefix('.') {
        let Some(behind) = behind_digits(fraction) else { return false };
        rest = behind;
    }
    match rest.strip_prefix(['e', 'E']) {
        Some(exponent) => {
            behind_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)).is_some_and(str::is_empty)
        }
        None => rest.is_empty(),
    }
}

/// What follows one or more digits.
fn behind_digits(text: &str) -> Option<&str> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    text.get(length..).filter(|_| length > 0)
}

/// Whether a string may not hold this byte as it is.
fn ends_plain_text(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | ..=0x1f)
}

/// A container that is not complete, with the place in the reader's stacks where its contents start.
enum Frame {
    Array { start: usize },
    Object { start: usize, name: String },
}

struct Reader<'a> {
    rest: &'a str,
    frames: Vec<Frame>,
    /// The items of all open arrays; a complete one takes its own off the end.
    items: Vec<Value>,
    /// The members of all open objects, likewise.
    members: Vec<(String, Value)>,
}

impl<'a> Reader<'a> {
    fn document(mut self) -> Result<Value, BindingError> {
        if self.rest.is_empty() {
            return Err(invalid("No content to map due to end-of-input"));
        }
        loop {
            let Some(mut value) = self.start()? else { continue };
            loop {
                let Some(frame) = self.frames.pop() else { return Ok(value) };
                match self.put(frame, value)? {
                    Some(complete) => value = complete,
                    None => break,
                }
            }
        }
    }

    /// A scalar or an empty container; `None` when a container with something in it was opened.
    fn start(&mut self) -> Result<Option<Value>, BindingError> {
        self.skip_space();
        match self.rest.as_bytes().first() {
            Some(b'{') => {
                self.open()?;
                if self.take(b'}') {
                    return Ok(Some(Value::Object(Map::new())));
                }
                let name = self.name()?;
                self.frames.push(Frame::Object { start: self.members.len(), name });
                Ok(None)
            }
            Some(b'[') => {
                self.open()?;
                if self.take(b']') {
                    return Ok(Some(Value::Array(Vec::new())));
                }
                self.frames.push(Frame::Array { start: self.items.len() });
                Ok(None)
            }
            Some(b'"') => Ok(Some(Value::String(self.string()?))),
            Some(b'-' | b'0'..=b'9') => Ok(Some(Value::Number(self.number()?))),
            _ => self.word().map(Some),
        }
    }

    fn open(&mut self) -> Result<(), BindingError> {
        let depth = self.frames.len() + 1;
        if depth > MAXIMAL_DEPTH {
            return Err(invalid(format!(
                "Document nesting depth ({depth}) exceeds the maximum allowed ({MAXIMAL_DEPTH}, from `StreamReadConstraints.getMaxNestingDepth()`)"
            )));
        }
        self.advance(1);
        Ok(())
    }

    /// Puts a value into its container; gives the container back when it is complete.
    fn put(&mut self, frame: Frame, value: Value) -> Result<Option<Value>, BindingError> {
        match frame {
            Frame::Array { start } => {
                self.items.push(value);
                if self.take(b']') {
                    return Ok(Some(Value::Array(self.items.split_off(start))));
                }
                self.frames.push(Frame::Array { start });
                self.comma()?;
            }
            Frame::Object { start, name } => {
                if !(self.first_counts(&name) && self.has_member(start, &name)) {
                    self.members.push((name, value));
                }
                if self.take(b'}') {
                    return Ok(Some(Value::Object(self.members.drain(start..).collect())));
                }
                self.frames.push(Frame::Object { start, name: String::new() });
                self.comma()?;
                let next = self.name()?;
                if let Some(Frame::Object { name, .. }) = self.frames.last_mut() {
                    *name = next;
                }
            }
        }
        Ok(None)
    }

    /// Whether the object whose members start there has this one already.
    fn has_member(&self, start: usize, name: &str) -> bool {
        self.members.iter().skip(start).any(|(member, _)| member == name)
    }

    /// The Java mapper decides by the first `type` which credentials are meant.
    fn first_counts(&self, name: &str) -> bool {
        name == "type"
            && matches!(self.frames.last(), Some(Frame::Object { name, .. }) if name == "authentication")
    }

    fn comma(&mut self) -> Result<(), BindingError> {
        if self.take(b',') {
            Ok(())
        } else {
            Err(self.unexpected("a comma or the end of the object or array"))
        }
    }

    fn name(&mut self) -> Result<String, BindingError> {
        self.skip_space();
        if !self.rest.starts_with('"') {
            return Err(self.unexpected("a member name in double quotes"));
        }
        let name = self.string()?;
        if self.take(b':') { Ok(name) } else { Err(self.unexpected("a colon")) }
    }

    fn string(&mut self) -> Result<String, BindingError> {
        self.advance(1);
        let mut text = self.plain_text().to_owned();
        loop {
            match self.rest.as_bytes().first() {
                Some(b'"') => {
                    self.advance(1);
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                Some(control) => {
                    return Err(self.malformed(format!(
                        "Illegal unquoted character ((CTRL-CHAR, code {control})): has to be escaped using backslash to be included in string value"
                    )));
                }
                None => return Err(self.unexpected("a closing quote")),
            }
            text.push_str(self.plain_text());
        }
    }

    /// What comes before the next character that is more than itself.
    fn plain_text(&mut self) -> &'a str {
        let end = self.rest.bytes().position(ends_plain_text).unwrap_or(self.rest.len());
        let plain = self.rest.get(..end).unwrap_or_default();
        self.advance(end);
        plain
    }

    fn escape(&mut self) -> Result<char, BindingError> {
        let character = match self.rest.as_bytes().get(1) {
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(plain @ (b'"' | b'\\' | b'/')) => char::from(*plain),
            Some(b'u') => return self.unicode(),
            _ => return Err(self.unexpected("an escape that JSON knows")),
        };
        self.advance(2);
        Ok(character)
    }

    fn unicode(&mut self) -> Result<char, BindingError> {
        let first = self.code_unit(0).ok_or_else(|| self.unexpected("four hexadecimal digits"))?;
        if let Some(character) = char::from_u32(first) {
            self.advance(6);
            return Ok(character);
        }
        let units = [first, self.code_unit(6).unwrap_or_default()]
            .map(|unit| u16::try_from(unit).unwrap_or_default());
        match char::decode_utf16(units).next() {
            Some(Ok(character)) => {
                self.advance(12);
                Ok(character)
            }
            _ => Err(self.malformed(format!(
                "\\u{first:04x} is half of a character without its other half: not valid Unicode"
            ))),
        }
    }

    fn code_unit(&self, offset: usize) -> Option<u32> {
        let digits = self.rest.get(offset..)?.strip_prefix("\\u")?.get(..4)?;
        u32::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))
    }

    fn number(&mut self) -> Result<Number, BindingError> {
        let end = self
            .rest
            .bytes()
            .position(|byte| !matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
            .unwrap_or(self.rest.len());
        let text = self.rest.get(..end).unwrap_or_default();
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.starts_with('0') && digits.as_bytes().get(1).is_some_and(u8::is_ascii_digit) {
            return Err(self.malformed("Invalid numeric value: Leading zeroes not allowed".to_owned()));
        }
        if !is_number(digits) {
            return Err(self.unexpected("a number"));
        }
        // Parsing would write an exponent anew (1E400 as 1e+400).
        let number = Number::from_string_unchecked(text.to_owned());
        self.advance(end);
        Ok(number)
    }

    fn word(&mut self) -> Result<Value, BindingError> {
        let end = self.rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(self.rest.len());
        let value = match self.rest.get(..end) {
            Some("true") => Value::Bool(true),
            Some("false") => Value::Bool(false),
            Some("null") => Value::Null,
            Some(word @ ("NaN" | "Infinity")) => {
                let text = format!(
                    "Non-standard token '{word}': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow"
                );
                return Err(self.malformed(text));
            }
            _ => return Err(self.unexpected("a value")),
        };
        self.advance(end);
        Ok(value)
    }

    fn take(&mut self, byte: u8) -> bool {
        self.skip_space();
        let taken = self.rest.as_bytes().first() == Some(&byte);
        if taken {
            self.advance(1);
        }
        taken
    }

    fn skip_space(&mut self) {
        let spaces =
            self.rest.bytes().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
        if spaces > 0 {
            self.advance(spaces);
        }
    }

    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn unexpected(&self, expected: &str) -> BindingError {
        self.malformed(match self.rest.chars().next() {
            Some(found) => {
                format!("Unexpected character '{}' where {expected} should be", found.escape_default())
            }
            None => format!("The text ends where {expected} should be"),
        })
    }

    /// At the outer levels the reference has one text for everything that is not JSON.
    fn malformed(&self, reason: String) -> BindingError {
        if self.frames.len() <= 1 { invalid("This is not a JSON object") } else { invalid(reason) }
    }
}

fn invalid(reason: impl Into<String>) -> BindingError {
    BindingError::InvalidJson { reason: reason.into() }
}

fn write_to(value: &Value, text: &mut String) {
    match value {
        Value::String(content) => write_string(content, text),
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_to(item, text);
            }
            text.push(']');
        }
        Value::Object(fields) => {
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
        Value::Number(number) => text.push_str(number.as_str()),
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
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
