//! The flags of a pattern.

/// Which flags are on, by their letters in Java.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flags {
    /// `s`: the dot matches line ends.
    pub(super) dot_all: bool,
    /// `m`: `^` and `$` match at lines.
    pub(super) multi_line: bool,
    /// `i`: upper and lower case of ASCII letters are the same.
    pub(super) ignore_case: bool,
    /// `x`: blanks and comments are skipped.
    pub(super) comments: bool,
    /// `d`: only `\n` ends a line.
    pub(super) unix_lines: bool,
    /// `u`: with `i`, of all letters.
    pub(super) unicode_case: bool,
    /// `U`: classes are those of Unicode.
    pub(super) unicode_classes: bool,
}

impl Flags {
    /// The flags of a function's argument: `s`, `m`, `i` and `x` anywhere in it, all else is ignored.
    pub(crate) fn of_argument(text: &str) -> Self {
        Self {
            dot_all: text.contains('s'),
            multi_line: text.contains('m'),
            ignore_case: text.contains('i'),
            comments: text.contains('x'),
            ..Self::default()
        }
    }

    /// Turns a flag of a pattern on or off; `None` for an unknown letter.
    pub(super) fn set(&mut self, letter: char, on: bool) -> Option<()> {
        match letter {
            's' => self.dot_all = on,
            'm' => self.multi_line = on,
            'i' => self.ignore_case = on,
            'x' => self.comments = on,
            'd' => self.unix_lines = on,
            'u' => self.unicode_case = on,
            'U' => {
                self.unicode_classes = on;
                self.unicode_case = on;
            }
            _ => return None,
        }
        Some(())
    }
}
