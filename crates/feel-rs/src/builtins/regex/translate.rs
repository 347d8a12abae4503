//! Rewrites a pattern of Java into one of fancy-regex that finds the same.
//!
//! Everything that the two read differently is spelt out: classes, anchors, case, comments, quoting. Only groups that
//! Java counts become capturing groups, so their numbers stay.

use super::{
    class::{ClassItems, escape_char},
    escape::Escape,
    flags::Flags,
    read::{Unit, units},
};

/// What may stand before or after a boundary of words.
const WORD: &str = "[A-Za-z0-9_]";
/// The same where classes are Unicode's.
const UNICODE_WORD: &str = "[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]";
/// What a mark without space may stand on.
const BASE: &str = "[\\p{L}\\p{Nd}\\p{Mn}]";

/// What matches nowhere.
const NEVER: &str = "[a&&b]";

/// How deep groups and classes may be nested.
const MAX_NESTING: usize = 100;

/// A pattern for fancy-regex, and the names of its groups.
pub(super) struct Translated {
    pub(super) regex: String,
    pub(super) names: Vec<String>,
}

/// Reads the pattern and writes the other one.
pub(super) struct Translator {
    pub(super) units: Vec<Unit>,
    pub(super) position: usize,
    pub(super) flags: Flags,
    out: String,
    groups: usize,
    names: Vec<String>,
    pub(super) nesting: usize,
}

/// The translation of a pattern; `None` where Java refuses it.
pub(super) fn translate(pattern: &str, flags: Flags) -> Option<Translated> {
    let mut translator = Translator {
        units: units(pattern),
        position: 0,
        flags,
        out: String::with_capacity(pattern.len() * 2),
        groups: 0,
        names: Vec::new(),
        nesting: 0,
    };
    translator.alternatives()?;
    if translator.peek().is_some() {
        return None;
    }
    Some(Translated { regex: translator.out, names: translator.names })
}

impl Translator {
    fn alternatives(&mut self) -> Option<()> {
        let outer = self.flags;
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return None;
        }
        loop {
            self.sequence()?;
            if !self.take_next('|') {
                break;
            }
            self.out.push('|');
        }
        self.nesting -= 1;
        // Flags that were set inside end with the group.
        self.flags = outer;
        Some(())
    }

    fn sequence(&mut self) -> Option<()> {
        while let Some(unit) = self.peek() {
            if unit.quoted {
                self.advance();
                self.literal(unit.char);
            } else {
                match unit.char {
                    '|' | ')' => break,
                    '*' | '+' | '?' => return None,
                    '(' => {
                        if !self.group()? {
                            continue;
                        }
                    }
                    '[' => {
                        self.advance();
                        let class = self.class()?;
                        self.out.push_str(&class);
                    }
                    '\\' => {
                        self.advance();
                        self.escaped()?;
                    }
                    '{' => {
                        // A repetition of nothing, which is nothing as long as it is well written.
                        let length = self.out.len();
                        self.repetition()?;
                        self.out.truncate(length);
                        continue;
                    }
                    other => {
                        self.advance();
                        self.plain(other);
                    }
                }
            }
            self.repetition()?;
        }
        Some(())
    }

    /// A character that is special or stands for itself.
    fn plain(&mut self, char: char) {
        match char {
            '.' if self.flags.dot_all => self.out.push_str("(?s:.)"),
            '.' if self.flags.unix_lines => self.out.push_str("[^\\n]"),
            '.' => self.out.push_str("[^\\n\\r\\x{85}\\x{2028}\\x{2029}]"),
            '^' => self.line_start(),
            '$' => self.line_end(),
            literal => self.literal(literal),
        }
    }

    fn line_start(&mut self) {
        self.out.push_str(match (self.flags.multi_line, self.flags.unix_lines) {
            (false, _) => "(?:\\A)",
            (true, true) => "(?:(?:\\A|(?<=\\n))(?!\\z))",
            (true, false) => "(?:(?:\\A|(?<=[\\n\\x{85}\\x{2028}\\x{2029}])|(?<=\\r)(?!\\n))(?!\\z))",
        });
    }

    fn line_end(&mut self) {
        self.out.push_str(match (self.flags.multi_line, self.flags.unix_lines) {
            (true, true) => "(?:(?=\\n|\\z)x{0})",
            (true, false) => "(?:(?=\\z|[\\r\\x{85}\\x{2028}\\x{2029}])|(?<!\\r)(?=\\n))",
            (false, unix_lines) => final_line_end(unix_lines),
        });
    }

    /// A character that stands for itself.
    fn literal(&mut self, char: char) {
        let text = match (self.flags.ignore_case, self.flags.unicode_case) {
            (true, true) => format!("(?i:{})", escape_char(char)),
            (true, false) if char.is_ascii_alphabetic() => {
                format!("[{}{}]", char.to_ascii_lowercase(), char.to_ascii_uppercase())
            }
            _ => escape_char(char),
        };
        self.out.push_str(&text);
    }

    fn escaped(&mut self) -> Option<()> {
        match self.escape()? {
            Escape::Char(char) => self.literal(char),
            Escape::Class(items) => self.out.push_str(&items.to_class()),
            Escape::Never => self.out.push_str(NEVER),
            Escape::Letter(letter) => self.anchor(letter)?,
            Escape::Group(first) => self.back_reference(first),
        }
        Some(())
    }

    /// What a backslash and a letter mean outside a class, besides characters and classes.
    fn anchor(&mut self, letter: char) -> Option<()> {
        match letter {
            'A' => self.out.push_str("(?:\\A)"),
            'z' => self.out.push_str("(?:\\z)"),
            'Z' => self.out.push_str(final_line_end(self.flags.unix_lines)),
            'G' => self.out.push_str("(?:\\Gx{0})"),
            'b' => self.word_boundary(true),
            'B' => self.word_boundary(false),
            'R' => self.out.push_str("(?:\\r\\n|[\\n\\x0B\\x0C\\r\\x{85}\\x{2028}\\x{2029}])"),
            'X' => self.out.push_str("(?>\\r\\n|\\P{M}\\p{M}*|\\p{M}+)"),
            'k' => {
                let name = self.take('<').then(|| self.name())??;
                if !self.names.contains(&name) {
                    return None;
                }
                self.out.push_str(&format!("(?:\\k<{name}>)"));
            }
            _ => return None,
        }
        Some(())
    }

    /// A mark without space counts as the letter, digit or mark that it stands on.
    fn word_boundary(&mut self, is_wanted: bool) {
        let word = if self.flags.unicode_classes { UNICODE_WORD } else { WORD };
        let (after, not_after) =
            (format!("(?:(?<={word})|(?<={BASE}\\p{{Mn}}))"), format!("(?<!{word})(?<!{BASE}\\p{{Mn}})"));
        let next = format!("{word}|(?<={BASE})\\p{{Mn}}");
        self.out.push_str(&match is_wanted {
            true => format!("(?:{after}(?!{next})|{not_after}(?={next}))"),
            false => format!("(?:{after}(?={next})|{not_after}(?!{next}))"),
        });
    }

    /// A group's number takes as many digits as there are groups so far; a group yet to come never matches.
    fn back_reference(&mut self, first: u32) {
        let mut number = usize::try_from(first).unwrap_or_default();
        while let Some(digit) = self.raw().and_then(|char| char.to_digit(10)) {
            let longer = number * 10 + usize::try_from(digit).unwrap_or_default();
            if longer > self.groups {
                break;
            }
            self.advance();
            number = longer;
        }
        if number > self.groups {
            self.out.push_str(NEVER);
        } else if self.flags.ignore_case {
            self.out.push_str(&format!("(?i:\\{number})"));
        } else {
            self.out.push_str(&format!("(?:\\{number})"));
        }
    }

    /// A group; `false` for one that only sets flags, which cannot be repeated.
    fn group(&mut self) -> Option<bool> {
        self.advance();
        if !self.take('?') {
            self.groups += 1;
            return self.rest_of_group("(");
        }
        match self.any()? {
            ':' => self.rest_of_group("(?:"),
            '=' => self.look("(?="),
            '!' => self.look("(?!"),
            '>' => self.rest_of_group("(?>"),
            '<' if self.take('=') => self.look("(?<="),
            '<' if self.take('!') => self.look("(?<!"),
            '<' => {
                let name = self.name()?;
                if self.names.contains(&name) {
                    return None;
                }
                self.groups += 1;
                self.names.push(name.clone());
                self.rest_of_group(&format!("(?<{name}>"))
            }
            first => self.flag_group(first),
        }
    }

    fn rest_of_group(&mut self, opening: &str) -> Option<bool> {
        self.out.push_str(opening);
        self.alternatives()?;
        if !self.take_next(')') {
            return None;
        }
        self.out.push(')');
        Some(true)
    }

    /// A look around. With something empty after it, it can be repeated.
    fn look(&mut self, opening: &str) -> Option<bool> {
        self.out.push_str("(?:");
        self.rest_of_group(opening)?;
        self.out.push_str("x{0})");
        Some(true)
    }

    /// `(?im-s)` changes the flags up to the end of the group around, `(?im-s:…)` inside itself.
    fn flag_group(&mut self, first: char) -> Option<bool> {
        let outer = self.flags;
        let mut flags = self.flags;
        let mut on = true;
        let mut letter = first;
        loop {
            match letter {
                ')' => {
                    self.flags = flags;
                    return Some(false);
                }
                ':' => {
                    self.flags = flags;
                    let group = self.rest_of_group("(?:");
                    self.flags = outer;
                    return group;
                }
                '-' if on => on = false,
                other => flags.set(other, on)?,
            }
            letter = self.any()?;
        }
    }

    /// `?`, `*`, `+` or `{n,m}`, with `?` for the fewest or `+` for no way back.
    fn repetition(&mut self) -> Option<()> {
        if self.take_next('{') {
            self.bounds()?;
        } else if let Some(sign) = ['?', '*', '+'].into_iter().find(|sign| self.take(*sign)) {
            self.out.push(sign);
        } else {
            return Some(());
        }
        if let Some(sign) = ['?', '+'].into_iter().find(|sign| self.take_next(*sign)) {
            self.out.push(sign);
        }
        Some(())
    }

    fn bounds(&mut self) -> Option<()> {
        let least = self.number()?;
        let mut text = format!("{{{least}");
        if self.take(',') {
            text.push(',');
            if self.raw() != Some('}') {
                let most = self.number()?;
                if most < least {
                    return None;
                }
                text.push_str(&most.to_string());
            }
        }
        text.push('}');
        self.out.push_str(&text);
        self.take('}').then_some(())
    }

    /// The items of a class as text for a class of the other syntax.
    fn class(&mut self) -> Option<String> {
        let items: ClassItems = self.class_items()?;
        Some(items.to_class())
    }
}

/// The end of the text, or the line end that finishes it.
fn final_line_end(unix_lines: bool) -> &'static str {
    if unix_lines {
        "(?:(?=\\n?\\z)x{0})"
    } else {
        "(?:(?=(?:\\r\\n|[\\r\\x{85}\\x{2028}\\x{2029}])?\\z)|(?<!\\r)(?=\\n\\z))"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(pattern: &str) -> String {
        translate(pattern, Flags::default()).unwrap().regex
    }

    #[test]
    fn spells_out_what_the_syntaxes_read_differently() {
        assert_eq!(translated("[[:alpha:]]"), "[[[a&&b]\\x{3A}alpha\\x{3A}]]");
        assert_eq!(translated("\\Q(a\\Eb"), "\\x{28}ab");
        assert_eq!(translated("\\d+\\D*?"), "[0-9]+[^0-9]*?");
        assert_eq!(translated("(?i)aé(?-i)b"), "[aA]\\x{E9}b");
        assert_eq!(translated("(?x) a b # c\n d"), "abd");
        assert_eq!(translated("(a)\\1\\2"), "(a)(?:\\1)[a&&b]");
        assert_eq!(translated("a{2}{3}"), "a{2}");
        assert_eq!(translated("[a-c&&[^b]]"), "[a-c&&[^b]]");
        assert_eq!(translated("\\uD83D\\uDE00"), "\\x{1F600}");
    }

    #[test]
    fn refuses_what_java_refuses() {
        let wrong = [
            "a{",
            "*",
            "a**",
            "(",
            ")",
            "[",
            "[a",
            "[]",
            "\\",
            "\\y",
            "(?<n>a)(?<n>b)",
            "\\k<n>",
            "(?P<n>a)",
        ];
        for pattern in
            wrong.into_iter().chain(["[z-a]", "a{2,1}", "\\p{Foo}", "(?#a)", "\\x{110000}", "(?y)a"])
        {
            assert!(translate(pattern, Flags::default()).is_none(), "{pattern}");
        }
    }
}
