//! The smallest rules: white space, literal texts, names, quoted strings.

use super::{
    Fault, Parsed, Parser,
    characters::{continues_name, is_space, starts_name},
};

/// Words that are no names by themselves; a name may start with one.
const RESERVED: [&str; 11] =
    ["null", "true", "false", "function", "in", "return", "then", "else", "satisfies", "and", "or"];

impl<'t> Parser<'t> {
    /// The text from a position on.
    pub(super) fn rest(&self, position: usize) -> &'t str {
        self.text.get(position..).unwrap_or("")
    }

    /// The text between two positions.
    pub(super) fn slice(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or("")
    }

    pub(super) fn byte(&self, position: usize) -> Option<u8> {
        self.text.as_bytes().get(position).copied()
    }

    /// Skips white space and comments.
    pub(super) fn space(&mut self, mut position: usize) -> usize {
        loop {
            match self.byte(position) {
                None => return position,
                Some(b' ' | b'\t'..=b'\r') => position += 1,
                Some(b'/') => match self.comment(position) {
                    Some(end) => position = end,
                    None => return position,
                },
                Some(byte) if byte.is_ascii() => return position,
                Some(_) => match self.rest(position).chars().next() {
                    Some(c) if is_space(c) => position += c.len_utf8(),
                    _ => return position,
                },
            }
        }
    }

    fn comment(&mut self, position: usize) -> Option<usize> {
        let rest = self.rest(position);
        if let Some(body) = rest.strip_prefix("//") {
            return Some(body.find('\n').map_or(self.text.len(), |length| position + 2 + length + 1));
        }
        let body = rest.strip_prefix("/*")?;
        match body.find("*/") {
            Some(length) => Some(position + 2 + length + 2),
            None => {
                self.fault = self.fault.or(Some(Fault::UnclosedComment));
                None
            }
        }
    }

    /// A literal text right here.
    pub(super) fn literal(&self, position: usize, text: &str) -> Option<usize> {
        let bytes = self.text.as_bytes().get(position..)?;
        bytes.starts_with(text.as_bytes()).then(|| position + text.len())
    }

    /// A literal text after white space.
    pub(super) fn token(&mut self, position: usize, text: &str) -> Option<usize> {
        let position = self.space(position);
        self.literal(position, text)
    }

    fn name_run(&self, position: usize) -> usize {
        let rest = self.rest(position);
        position + rest.find(|c| !continues_name(c)).unwrap_or(rest.len())
    }

    fn reserved(&self, position: usize) -> Option<usize> {
        let first = self.byte(position)?;
        if !matches!(first, b'n' | b't' | b'f' | b'i' | b'r' | b'e' | b's' | b'a' | b'o') {
            return None;
        }
        RESERVED.iter().filter_map(|word| self.literal(position, word)).max()
    }

    /// A name without spaces that is no reserved word.
    pub(super) fn identifier(&self, position: usize) -> Parsed<&'t str> {
        let end = match self.reserved(position) {
            Some(end) => {
                let run = self.name_run(end);
                if run == end {
                    return None;
                }
                run
            }
            None => {
                let first = self.rest(position).chars().next().filter(|c| starts_name(*c))?;
                self.name_run(position + first.len_utf8())
            }
        };
        Some((self.slice(position, end), end))
    }

    /// Any characters between backticks.
    fn escaped_identifier(&self, position: usize) -> Parsed<&'t str> {
        let start = self.literal(position, "`")?;
        let length = self.rest(start).find('`').filter(|length| *length > 0)?;
        Some((self.slice(start, start + length), start + length + 1))
    }

    pub(super) fn name(&self, position: usize) -> Parsed<&'t str> {
        self.identifier(position).or_else(|| self.escaped_identifier(position))
    }

    /// Two or more identifiers with spaces between them.
    pub(super) fn spaced_identifier(&self, position: usize) -> Parsed<&'t str> {
        let (_, first) = self.identifier(position)?;
        let mut end = first;
        loop {
            let mut next = end;
            while self.byte(next) == Some(b' ') {
                next += 1;
            }
            match self.identifier(next) {
                Some((_, stop)) if next > end => end = stop,
                _ => break,
            }
        }
        (end > first).then(|| (self.slice(position, end), end))
    }

    /// The name of a function's parameter.
    pub(super) fn parameter_name(&self, position: usize) -> Parsed<&'t str> {
        self.spaced_identifier(position).or_else(|| self.name(position))
    }

    /// A name, or the one property whose name has a space.
    pub(super) fn property_name(&self, position: usize) -> Parsed<&'t str> {
        match self.literal(position, "time offset") {
            Some(end) => Some(("time offset", end)),
            None => self.name(position),
        }
    }

    /// Names with dots between them.
    pub(super) fn qualified_name(&mut self, position: usize) -> Parsed<Vec<&'t str>> {
        let (first, mut end) = self.property_name(position)?;
        let mut names = vec![first];
        while let Some(dot) = self.token(end, ".") {
            let start = self.space(dot);
            match self.property_name(start) {
                Some((name, stop)) => {
                    names.push(name);
                    end = stop;
                }
                None => break,
            }
        }
        Some((names, end))
    }

    /// What stands between double quotes, as written.
    pub(super) fn quoted(&self, position: usize) -> Parsed<&'t str> {
        let start = self.literal(position, "\"")?;
        let mut end = start;
        loop {
            match self.byte(end)? {
                b'"' => return Some((self.slice(start, end), end + 1)),
                b'\\' => {
                    end += 1;
                    end += self.rest(end).chars().next()?.len_utf8();
                }
                _ => end += 1,
            }
        }
    }
}
