//! Reading temporal texts: what FEEL-Scala's patterns and Java's formatters accept together.

use super::{Date, LocalTime};

/// A place in a text that moves on as parts are taken.
#[derive(Clone, Copy)]
pub(super) struct Scanner<'t> {
    rest: &'t str,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { rest: text }
    }

    pub(super) fn rest(&self) -> &'t str {
        self.rest
    }

    pub(super) fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    /// Takes one character if it is next.
    pub(super) fn take(&mut self, expected: char) -> bool {
        match self.rest.strip_prefix(expected) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes between `min` and `max` ASCII digits.
    pub(super) fn digits(&mut self, min: usize, max: usize) -> Option<&'t str> {
        let count = self.rest.bytes().take(max).take_while(u8::is_ascii_digit).count();
        if count < min {
            return None;
        }
        let (digits, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(digits)
    }

    /// Takes exactly two digits.
    pub(super) fn two(&mut self) -> Option<i64> {
        self.digits(2, 2)?.parse().ok()
    }

    /// Takes `yyyy-MM-dd`: four to nine digits for the year.
    pub(super) fn date(&mut self) -> Option<Date> {
        let negative = self.take('-');
        let year: i64 = self.digits(4, 9)?.parse().ok()?;
        if negative && year == 0 {
            return None;
        }
        let month = self.take('-').then(|| self.two())??;
        let day = self.take('-').then(|| self.two())??;
        Date::of(if negative { -year } else { year }, month, day).ok()
    }

    /// Takes `HH:mm[:ss][.n]`, the fraction with up to nine digits.
    pub(super) fn time(&mut self, end_of_day: EndOfDay) -> Option<LocalTime> {
        let hour = self.two()?;
        let minute = self.take(':').then(|| self.two())??;
        let mut second = None;
        if let Some(after) = self.rest.strip_prefix(':')
            && let Some(value) = Scanner::new(after).two()
        {
            second = Some(value);
            self.take(':');
            self.two();
        }
        let mut nanos = 0;
        if self.take('.') {
            // A fraction needs seconds to belong to.
            second?;
            let digits = self.digits(0, 9)?;
            nanos = format!("{digits:0<9}").parse().ok()?;
        }
        let second = second.unwrap_or(0);
        if end_of_day == EndOfDay::Hour24 && (hour, minute, second, nanos) == (24, 0, 0, 0) {
            return Some(LocalTime::MIDNIGHT);
        }
        LocalTime::of(hour, minute, second, nanos).ok()
    }

    /// Takes `Z` or `±HH:mm[:ss]` as seconds; the range is not checked.
    pub(super) fn offset(&mut self) -> Option<i32> {
        if self.take('Z') {
            return Some(0);
        }
        let mut ahead = *self;
        let negative = ahead.take('-');
        if !negative && !ahead.take('+') {
            return None;
        }
        let hours = ahead.two()?;
        let minutes = ahead.take(':').then(|| ahead.two())??;
        let mut seconds = 0;
        let mut beyond = ahead;
        if beyond.take(':')
            && let Some(value) = beyond.two()
        {
            seconds = value;
            ahead = beyond;
        }
        if hours > 23 || minutes > 59 || seconds > 59 {
            return None;
        }
        *self = ahead;
        let total = i32::try_from(hours * 3600 + minutes * 60 + seconds).ok()?;
        Some(if negative { -total } else { total })
    }
}

/// Whether 24:00 is another way to write midnight.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum EndOfDay {
    Hour24,
    Refused,
}

/// Takes the shape of `-?([1-9]\d{0,4})?\d{4}-[01]\d-[0-3]\d`.
fn date_shape(scanner: &mut Scanner<'_>) -> Option<()> {
    scanner.take('-');
    let digits = scanner.digits(4, 9)?;
    if digits.len() > 4 && digits.starts_with('0') {
        return None;
    }
    two_from(scanner.take('-').then_some(&mut *scanner)?, b'1')?;
    two_from(scanner.take('-').then_some(scanner)?, b'3')
}

/// Takes two digits, the first up to a bound.
fn two_from(scanner: &mut Scanner<'_>, highest: u8) -> Option<()> {
    let first = scanner.digits(2, 2)?.bytes().next()?;
    (first <= highest).then_some(())
}

/// Takes the shape of `T[0-2]\d:[0-5]\d(:[0-5]\d)?(\.\d{1,9})?`.
fn time_shape(scanner: &mut Scanner<'_>) -> Option<()> {
    two_from(scanner.take('T').then_some(&mut *scanner)?, b'2')?;
    two_from(scanner.take(':').then_some(&mut *scanner)?, b'5')?;
    if scanner.take(':') {
        two_from(scanner, b'5')?;
    }
    fraction_shape(scanner)
}

/// Takes the shape of `(\.\d{1,9})?`.
fn fraction_shape(scanner: &mut Scanner<'_>) -> Option<()> {
    if scanner.take('.') { scanner.digits(1, 9).map(drop) } else { Some(()) }
}

/// Whether a text is shaped like a date, be it one or not.
pub(crate) fn is_date_text(text: &str) -> bool {
    let mut scanner = Scanner::new(text);
    date_shape(&mut scanner).is_some() && scanner.is_done()
}

/// Whether a text is shaped like a date and time without an offset.
pub(crate) fn is_local_date_time_text(text: &str) -> bool {
    let mut scanner = Scanner::new(text);
    date_shape(&mut scanner).and_then(|()| time_shape(&mut scanner)).is_some() && scanner.is_done()
}

/// Whether a text is shaped like a date and time with an offset, an offset and zone, or `@zone`.
pub(crate) fn is_offset_date_time_text(text: &str) -> bool {
    let mut scanner = Scanner::new(text);
    if date_shape(&mut scanner).and_then(|()| time_shape(&mut scanner)).is_none() {
        return false;
    }
    if scanner.take('@') {
        return no_line_break(scanner.rest());
    }
    let offset = scanner.take('Z')
        || ((scanner.take('+') || scanner.take('-'))
            && two_from(&mut scanner, b'1').is_some()
            && scanner.take(':')
            && two_from(&mut scanner, b'5').is_some());
    let zone = scanner.rest().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    offset && (scanner.is_done() || zone.is_some_and(|zone| !zone.is_empty() && no_line_break(zone)))
}

/// Whether a text is shaped like a time with an offset or `@zone`.
pub(crate) fn is_offset_time_text(text: &str) -> bool {
    let mut scanner = Scanner::new(text);
    scanner.take('T');
    let digits = |scanner: &mut Scanner<'_>| scanner.digits(2, 2).is_some();
    let time = digits(&mut scanner)
        && scanner.take(':')
        && digits(&mut scanner)
        && scanner.take(':')
        && digits(&mut scanner)
        && fraction_shape(&mut scanner).is_some();
    if !time {
        return false;
    }
    if scanner.take('@') {
        return no_line_break(scanner.rest());
    }
    if scanner.take('Z') {
        return scanner.is_done();
    }
    (scanner.take('+') || scanner.take('-'))
        && digits(&mut scanner)
        && scanner.take(':')
        && digits(&mut scanner)
        && scanner.is_done()
}

/// The dot of a Java pattern matches no line terminator.
fn no_line_break(text: &str) -> bool {
    !text.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'])
}
