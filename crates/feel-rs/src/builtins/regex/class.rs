//! Character classes: `[a-z&&[^b]]` and the like.

use super::{escape::Escape, read::Unit, translate::Translator};

/// How deep classes may be nested.
const MAX_NESTING: usize = 100;

/// The inside of a class in the syntax of fancy-regex.
#[derive(Clone, Debug, Default)]
pub(super) struct ClassItems {
    pub(super) negated: bool,
    pub(super) items: String,
}

impl ClassItems {
    /// A class of its own.
    pub(super) fn to_class(&self) -> String {
        match self.negated {
            true => format!("[^{}]", self.items),
            // Otherwise `[:` would begin a class of POSIX; the empty class before it keeps them apart.
            false if self.items.starts_with("\\x{3A}") => format!("[[a&&b]{}]", self.items),
            false => format!("[{}]", self.items),
        }
    }
}

/// A character so that it stands for itself, in a class and outside.
pub(super) fn escape_char(char: char) -> String {
    if char.is_ascii_alphanumeric() { char.to_string() } else { format!("\\x{{{:X}}}", u32::from(char)) }
}

impl Translator {
    /// The inside of a class whose `[` has been taken, up to and with its `]`.
    pub(super) fn class_items(&mut self) -> Option<ClassItems> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return None;
        }
        let negated = self.take_next('^');
        let mut items = String::new();
        let mut first = true;
        loop {
            let unit = self.peek()?;
            match unit {
                Unit { char: ']', quoted: false } if !first => {
                    self.advance();
                    break;
                }
                Unit { char: '[', quoted: false } => {
                    self.advance();
                    items.push_str(&self.class_items()?.to_class());
                }
                Unit { char: '&', quoted: false }
                    if self.second() == Some(Unit { char: '&', quoted: false }) =>
                {
                    self.intersection(&mut items)?;
                }
                _ => self.range(&mut items)?,
            }
            first = false;
        }
        self.nesting -= 1;
        Some(ClassItems { negated, items })
    }

    /// `&&`, however often it is repeated; at an end of the class it has no meaning.
    fn intersection(&mut self, items: &mut String) -> Option<()> {
        while self.take_next('&') {}
        if self.peek()?.char != ']' && !items.is_empty() {
            items.push_str("&&");
        }
        Some(())
    }

    /// A character, a range of them, or a predefined class.
    fn range(&mut self, items: &mut String) -> Option<()> {
        let Some(low) = self.class_char(items)? else { return Some(()) };
        let range = self.peek() == Some(Unit { char: '-', quoted: false })
            && self.second().is_some_and(|after| after.quoted || !matches!(after.char, ']' | '['));
        if !range {
            self.push_range(items, low, low);
            return Some(());
        }
        self.advance();
        // A predefined class cannot end a range.
        let high = self.class_char(items)??;
        if high < low {
            return None;
        }
        self.push_range(items, low, high);
        Some(())
    }

    /// The next character of a class; `Some(None)` where a predefined class was put among the items instead.
    fn class_char(&mut self, items: &mut String) -> Option<Option<char>> {
        let unit = self.peek()?;
        self.advance();
        if unit.quoted || unit.char != '\\' {
            return Some(Some(unit.char));
        }
        match self.escape()? {
            Escape::Char(char) => Some(Some(char)),
            Escape::Class(class) => {
                items.push_str(&class.to_class());
                Some(None)
            }
            Escape::Never => Some(None),
            Escape::Letter(_) | Escape::Group(_) => None,
        }
    }

    /// A range, and with the flag the other case of its ASCII letters.
    fn push_range(&self, items: &mut String, low: char, high: char) {
        items.push_str(&escape_char(low));
        if low != high {
            items.push('-');
            items.push_str(&escape_char(high));
        }
        if !self.flags.ignore_case {
            return;
        }
        for letter in ('a'..='z').chain('A'..='Z').filter(|letter| (low..=high).contains(letter)) {
            let other = if letter.is_ascii_lowercase() {
                letter.to_ascii_uppercase()
            } else {
                letter.to_ascii_lowercase()
            };
            items.push(other);
        }
        if self.flags.unicode_case && low == high && !low.is_ascii() {
            for other in low.to_lowercase().chain(low.to_uppercase()) {
                items.push_str(&escape_char(other));
            }
        }
    }
}
