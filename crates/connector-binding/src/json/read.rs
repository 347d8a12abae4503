//! The reader: not recursive, keeps the text of numbers, lets the last of duplicate members win at the place of the first, and ignores what
//! follows the document.

use super::{Json, ends_plain_text};
use crate::BindingError;
use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

/// How many levels a document may have. Source: the Java mapper's limit.
const MAXIMAL_DEPTH: usize = 1_000;

/// How deep a job's variables are, and how many members are open at once in them, as a rule.
const ORDINARY_DEPTH: usize = 8;
const ORDINARY_MEMBERS: usize = 16;

/// Up to so many members are compared with each other to find duplicates; more are hashed.
const FEW_MEMBERS: usize = 16;

/// Reads the first JSON document of a text.
///
/// # Errors
/// [`BindingError::InvalidJson`] with what is wrong.
pub fn read(text: &str) -> Result<Json<'_>, BindingError> {
    let (frames, members) = (Vec::with_capacity(ORDINARY_DEPTH), Vec::with_capacity(ORDINARY_MEMBERS));
    let mut reader = Reader { rest: text, frames, items: Vec::new(), members };
    reader.skip_space();
    reader.document()
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

/// A name and its value.
type Member<'a> = (Cow<'a, str>, Json<'a>);

/// A container that is not complete, with the place in the reader's stacks where its contents start.
enum Frame<'a> {
    Array { start: usize },
    Object { start: usize, name: Cow<'a, str> },
}

struct Reader<'a> {
    rest: &'a str,
    frames: Vec<Frame<'a>>,
    /// The items of all open arrays; a complete one takes its own off the end.
    items: Vec<Json<'a>>,
    /// The members of all open objects, likewise.
    members: Vec<Member<'a>>,
}

impl<'a> Reader<'a> {
    fn document(mut self) -> Result<Json<'a>, BindingError> {
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
    fn start(&mut self) -> Result<Option<Json<'a>>, BindingError> {
        self.skip_space();
        match self.rest.as_bytes().first() {
            Some(b'{') => {
                self.open()?;
                if self.take(b'}') {
                    return Ok(Some(Json::Object(Vec::new())));
                }
                let name = self.name()?;
                self.frames.push(Frame::Object { start: self.members.len(), name });
                Ok(None)
            }
            Some(b'[') => {
                self.open()?;
                if self.take(b']') {
                    return Ok(Some(Json::Array(Vec::new())));
                }
                self.frames.push(Frame::Array { start: self.items.len() });
                Ok(None)
            }
            Some(b'"') => Ok(Some(Json::String(self.string()?))),
            Some(b'-' | b'0'..=b'9') => Ok(Some(Json::Number(self.number()?))),
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
    fn put(&mut self, frame: Frame<'a>, value: Json<'a>) -> Result<Option<Json<'a>>, BindingError> {
        match frame {
            Frame::Array { start } => {
                self.items.push(value);
                if self.take(b']') {
                    return Ok(Some(Json::Array(self.items.split_off(start))));
                }
                self.frames.push(Frame::Array { start });
                self.comma()?;
            }
            Frame::Object { start, name } => {
                self.members.push((name, value));
                if self.take(b'}') {
                    return Ok(Some(Json::Object(self.complete(start))));
                }
                self.frames.push(Frame::Object { start, name: Cow::Borrowed("") });
                self.comma()?;
                let next = self.name()?;
                if let Some(Frame::Object { name, .. }) = self.frames.last_mut() {
                    *name = next;
                }
            }
        }
        Ok(None)
    }

    /// Takes the members of an object off the end, each name once.
    fn complete(&mut self, start: usize) -> Vec<Member<'a>> {
        let members = self.members.split_off(start);
        // The Java mapper decides by the first `type` which credentials are meant.
        let in_authentication =
            matches!(self.frames.last(), Some(Frame::Object { name, .. }) if name == "authentication");
        let first_counts = |name: &str| in_authentication && name == "type";
        if has_duplicates(&members) { without_duplicates(members, first_counts) } else { members }
    }

    fn comma(&mut self) -> Result<(), BindingError> {
        if self.take(b',') {
            Ok(())
        } else {
            Err(self.unexpected("a comma or the end of the object or array"))
        }
    }

    fn name(&mut self) -> Result<Cow<'a, str>, BindingError> {
        self.skip_space();
        if !self.rest.starts_with('"') {
            return Err(self.unexpected("a member name in double quotes"));
        }
        let name = self.string()?;
        if self.take(b':') { Ok(name) } else { Err(self.unexpected("a colon")) }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, BindingError> {
        self.advance(1);
        let plain = self.plain_text();
        if self.rest.starts_with('"') {
            self.advance(1);
            return Ok(Cow::Borrowed(plain));
        }
        let mut text = plain.to_owned();
        loop {
            match self.rest.as_bytes().first() {
                Some(b'"') => {
                    self.advance(1);
                    return Ok(Cow::Owned(text));
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

    fn number(&mut self) -> Result<Cow<'a, str>, BindingError> {
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
        self.advance(end);
        Ok(Cow::Borrowed(text))
    }

    fn word(&mut self) -> Result<Json<'a>, BindingError> {
        let end = self.rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(self.rest.len());
        let value = match self.rest.get(..end) {
            Some("true") => Json::Bool(true),
            Some("false") => Json::Bool(false),
            Some("null") => Json::Null,
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

fn has_duplicates(members: &[Member<'_>]) -> bool {
    if members.len() > FEW_MEMBERS {
        let names: HashSet<&str> = members.iter().map(|(name, _)| name.as_ref()).collect();
        return names.len() < members.len();
    }
    let mut rest = members;
    while let Some(((name, _), others)) = rest.split_first() {
        if others.iter().any(|(other, _)| other == name) {
            return true;
        }
        rest = others;
    }
    false
}

/// Each name at its first place, with its last value or, where the first one counts, with that.
fn without_duplicates<'a>(members: Vec<Member<'a>>, first_counts: impl Fn(&str) -> bool) -> Vec<Member<'a>> {
    let mut places = HashMap::new();
    let mut kept: Vec<Member<'a>> = Vec::new();
    for (name, value) in members {
        let known = places.get(&name).and_then(|place| kept.get_mut(*place));
        match known {
            Some(_) if first_counts(&name) => {}
            Some((_, known)) => *known = value,
            None => {
                places.insert(name.clone(), kept.len());
                kept.push((name, value));
            }
        }
    }
    kept
}

fn invalid(reason: impl Into<String>) -> BindingError {
    BindingError::InvalidJson { reason: reason.into() }
}
