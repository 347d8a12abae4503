//! What follows a backslash.

use super::{class::ClassItems, property::property, translate::Translator};

/// The meaning of an escape.
pub(super) enum Escape {
    /// One character.
    Char(char),
    /// A predefined class.
    Class(ClassItems),
    /// Half a pair of UTF-16 units, which no text has.
    Never,
    /// A letter whose meaning, if any, is one outside classes only.
    Letter(char),
    /// A group's number, of which this is the first digit.
    Group(u32),
}

impl Translator {
    /// Reads what follows a backslash that has been taken; `None` where Java refuses it.
    pub(super) fn escape(&mut self) -> Option<Escape> {
        let char = self.any()?;
        if let Some(items) = self.predefined(char) {
            return Some(Escape::Class(ClassItems {
                negated: char.is_ascii_uppercase(),
                items: items.to_owned(),
            }));
        }
        Some(match char {
            'p' | 'P' => Escape::Class(self.property_class(char == 'P')?),
            't' => Escape::Char('\t'),
            'n' => Escape::Char('\n'),
            'r' => Escape::Char('\r'),
            'f' => Escape::Char('\u{c}'),
            'a' => Escape::Char('\u{7}'),
            'e' => Escape::Char('\u{1b}'),
            'c' => Escape::Char(char::from_u32(u32::from(self.any()?) ^ 64)?),
            '0' => Escape::Char(self.octal()?),
            'x' => Escape::Char(self.hexadecimal()?),
            'u' => return self.unicode(),
            digit @ '1'..='9' => Escape::Group(digit.to_digit(10)?),
            letter if letter.is_ascii_alphabetic() => Escape::Letter(letter),
            other => Escape::Char(other),
        })
    }

    /// The items of `\d` and its like; the capital letter means all other characters.
    fn predefined(&self, letter: char) -> Option<&'static str> {
        let unicode = self.flags.unicode_classes;
        Some(match letter {
            'd' | 'D' if unicode => "\\p{Nd}",
            'd' | 'D' => "0-9",
            'w' | 'W' if unicode => "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}",
            'w' | 'W' => "A-Za-z0-9_",
            's' | 'S' if unicode => "\\p{White_Space}",
            's' | 'S' => " \\t\\n\\x0B\\x0C\\r",
            'h' | 'H' => " \\t\\x{A0}\\x{1680}\\x{180E}\\x{2000}-\\x{200A}\\x{202F}\\x{205F}\\x{3000}",
            'v' | 'V' => "\\n\\x0B\\x0C\\r\\x{85}\\x{2028}\\x{2029}",
            _ => return None,
        })
    }

    /// `\p{Name}`, `\pL`, `\P{^…}`.
    fn property_class(&mut self, negated: bool) -> Option<ClassItems> {
        let name = if self.take('{') {
            let mut name = String::new();
            loop {
                match self.any()? {
                    '}' => break,
                    char => name.push(char),
                }
            }
            name
        } else {
            self.any()?.to_string()
        };
        let items = property(&name, self.flags)?;
        Some(ClassItems { negated, items })
    }

    /// `\0n`, `\0nn`, `\0mnn` with `m` up to 3.
    fn octal(&mut self) -> Option<char> {
        let mut value = self.digit(8)?;
        for _ in 0..2 {
            let Some(digit) = self.raw().and_then(|char| char.to_digit(8)) else { break };
            if value * 8 + digit > 0o377 {
                break;
            }
            self.advance();
            value = value * 8 + digit;
        }
        char::from_u32(value)
    }

    /// `\xhh`, `\x{h…h}`.
    fn hexadecimal(&mut self) -> Option<char> {
        if !self.take('{') {
            return char::from_u32(self.digit(16)? * 16 + self.digit(16)?);
        }
        let mut value = self.digit(16)?;
        while !self.take('}') {
            value = value.checked_mul(16)?.checked_add(self.digit(16)?)?;
        }
        char::from_u32(value)
    }

    fn digit(&mut self, radix: u32) -> Option<u32> {
        self.any()?.to_digit(radix)
    }

    /// `\uhhhh`, two of them for a character beyond the basic plane.
    fn unicode(&mut self) -> Option<Escape> {
        let unit = self.four_digits()?;
        if (0xD800..0xDC00).contains(&unit)
            && self.raw() == Some('\\')
            && self.second().is_some_and(|unit| unit.char == 'u')
        {
            self.advance();
            self.advance();
            let low = self.four_digits()?;
            let both = char::from_u32(0x10000 + ((unit - 0xD800) << 10) + low.wrapping_sub(0xDC00));
            return Some(
                both.filter(|_| (0xDC00..0xE000).contains(&low)).map_or(Escape::Never, Escape::Char),
            );
        }
        Some(char::from_u32(unit).map_or(Escape::Never, Escape::Char))
    }

    fn four_digits(&mut self) -> Option<u32> {
        (0..4).try_fold(0, |value, _| Some(value * 16 + self.digit(16)?))
    }
}
