//! Reading a pattern unit by unit.

use super::translate::Translator;

/// A character of the pattern; one from `\Q…\E` is never special.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) char: char,
    pub(super) quoted: bool,
}

/// The pattern's characters, the quoting by `\Q` and `\E` resolved.
pub(super) fn units(pattern: &str) -> Vec<Unit> {
    let mut units = Vec::new();
    let mut rest = pattern;
    while let Some(char) = rest.chars().next() {
        if let Some(quoted) = rest.strip_prefix("\\Q") {
            let (inside, after) = quoted.split_once("\\E").unwrap_or((quoted, ""));
            units.extend(inside.chars().map(|char| Unit { char, quoted: true }));
            rest = after;
            continue;
        }
        // An escaped character keeps its backslash, so that a second one begins nothing.
        let width = if char == '\\' { 2 } else { 1 };
        for char in rest.chars().take(width) {
            units.push(Unit { char, quoted: false });
            rest = rest.get(char.len_utf8()..).unwrap_or_default();
        }
    }
    units
}

impl Translator {
    /// The next unit, blanks and comments skipped where the flag says so.
    pub(super) fn peek(&mut self) -> Option<Unit> {
        while self.flags.comments {
            match self.units.get(self.position) {
                Some(Unit { char, quoted: false }) if is_blank(*char) => self.position += 1,
                Some(Unit { char: '#', quoted: false }) => {
                    let rest = self.units.get(self.position..).unwrap_or_default();
                    self.position += rest.iter().take_while(|unit| unit.char != '\n').count();
                }
                _ => break,
            }
        }
        self.units.get(self.position).copied()
    }

    /// The next unit, whatever it is.
    pub(super) fn raw(&self) -> Option<char> {
        self.units.get(self.position).map(|unit| unit.char)
    }

    /// The unit after the next.
    pub(super) fn second(&self) -> Option<Unit> {
        self.units.get(self.position + 1).copied()
    }

    pub(super) fn advance(&mut self) {
        self.position += 1;
    }

    /// Takes a unit that is next and not quoted.
    pub(super) fn take(&mut self, char: char) -> bool {
        let next = self.units.get(self.position) == Some(&Unit { char, quoted: false });
        if next {
            self.position += 1;
        }
        next
    }

    /// As [`Translator::take`], but blanks may come before.
    pub(super) fn take_next(&mut self, char: char) -> bool {
        self.peek();
        self.take(char)
    }

    /// Takes one unit, whatever it is.
    pub(super) fn any(&mut self) -> Option<char> {
        let char = self.raw()?;
        self.position += 1;
        Some(char)
    }

    /// The name of a group and the `>` after it.
    pub(super) fn name(&mut self) -> Option<String> {
        let mut name = String::new();
        loop {
            match self.any()? {
                '>' if !name.is_empty() => return Some(name),
                char if char.is_ascii_alphabetic() => name.push(char),
                char if char.is_ascii_digit() && !name.is_empty() => name.push(char),
                _ => return None,
            }
        }
    }

    /// A number of Java's range.
    pub(super) fn number(&mut self) -> Option<u32> {
        let mut number: Option<u32> = None;
        while let Some(digit) = self.raw().and_then(|char| char.to_digit(10)) {
            self.advance();
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit)?);
        }
        number.filter(|number| i32::try_from(*number).is_ok())
    }
}

fn is_blank(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r')
}
