//! `DaysTimeDuration`: an exact length of time.

use std::fmt;

use super::scan::Scanner;
use super::{NANOS_PER_SECOND, SECONDS_PER_DAY, TemporalError};
use crate::decimal::Decimal;

/// A length of time in seconds and nanoseconds; a day is 24 hours.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DaysTimeDuration {
    seconds: i64,
    /// Always counts forwards, so that -0.5 s is -1 s and 500,000,000 ns.
    nanos: u32,
}

/// Whether a text is shaped like a days-time duration by FEEL-Scala's pattern, be it one or not:
/// `-?P(-?(\d+D)?(T-?(\d+H)?-?(\d+M)?-?(\d+(.\d*)?S)?)?)`.
pub(crate) fn is_days_time_text(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let Some(mut rest) = text.strip_prefix('P') else { return false };
    rest = skip_part(rest, 'D');
    if rest.is_empty() {
        return true;
    }
    let Some(time) = rest.strip_prefix('T') else { return false };
    let rest = skip_part(skip_part(time, 'H'), 'M');
    let rest = rest.strip_prefix('-').unwrap_or(rest);
    rest.is_empty() || is_seconds(rest)
}

/// Skips `-?(\d+X)?`.
pub(super) fn skip_part(text: &str, unit: char) -> &str {
    let rest = text.strip_prefix('-').unwrap_or(text);
    let after = rest.trim_start_matches(|char: char| char.is_ascii_digit());
    if after.len() == rest.len() { rest } else { after.strip_prefix(unit).unwrap_or(rest) }
}

/// Whether the text is `\d+(.\d*)?S`.
fn is_seconds(text: &str) -> bool {
    let Some(number) = text.strip_suffix('S') else { return false };
    let rest = number.trim_start_matches(|char: char| char.is_ascii_digit());
    let mut fraction = rest.chars();
    let separated = fraction.next().is_none_or(|char| char != '\n');
    number.len() > rest.len() && separated && fraction.all(|char| char.is_ascii_digit())
}

impl DaysTimeDuration {
    /// Reads `[-]P[nD][T[nH][nM][n[.n]S]]`, each number with its own optional sign.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if !is_days_time_text(text) {
            return None;
        }
        let mut scanner = Scanner::new(text);
        let negative = scanner.take('-');
        scanner.take('P');
        let days = part(&mut scanner, 'D')?;
        let (mut hours, mut minutes, mut seconds) = (None, None, None);
        if scanner.take('T') {
            hours = part(&mut scanner, 'H')?;
            minutes = part(&mut scanner, 'M')?;
            if !scanner.is_done() {
                seconds = Some(seconds_part(&mut scanner)?);
            } else if hours.is_none() && minutes.is_none() {
                return None;
            }
        }
        if !scanner.is_done() || (days.is_none() && hours.is_none() && minutes.is_none() && seconds.is_none())
        {
            return None;
        }
        // Java adds the parts in this order, which decides where too large ones are refused.
        let (whole, fraction) = seconds.unwrap_or((0, 0));
        let mut total = whole;
        for (number, unit) in [(minutes, 60), (hours, 3600), (days, SECONDS_PER_DAY)] {
            total = number.unwrap_or(0).checked_mul(unit)?.checked_add(total)?;
        }
        let sum = Self::of_difference(total, fraction).ok()?;
        if negative { sum.negated().ok() } else { Some(sum) }
    }

    /// The duration of seconds and nanoseconds; more than a second of them carries.
    #[must_use]
    pub fn of(seconds: i64, nanos: u32) -> Self {
        Self {
            seconds: seconds.saturating_add((nanos / NANOS_PER_SECOND).into()),
            nanos: nanos % NANOS_PER_SECOND,
        }
    }

    /// The duration of seconds.
    #[must_use]
    pub fn of_seconds(seconds: i64) -> Self {
        Self { seconds, nanos: 0 }
    }

    /// Seconds plus nanoseconds of either sign.
    pub(super) fn of_difference(seconds: i64, nanos: i64) -> Result<Self, TemporalError> {
        let carried = seconds.checked_add(nanos.div_euclid(NANOS_PER_SECOND.into()));
        let nanos = u32::try_from(nanos.rem_euclid(NANOS_PER_SECOND.into())).unwrap_or_default();
        Ok(Self { seconds: carried.ok_or_else(TemporalError::long_overflow)?, nanos })
    }

    /// A difference within a day, in nanoseconds.
    pub(super) fn from_nanos(nanos: i128) -> Self {
        let unit = i128::from(NANOS_PER_SECOND);
        let seconds = i64::try_from(nanos.div_euclid(unit)).unwrap_or_default();
        Self { seconds, nanos: u32::try_from(nanos.rem_euclid(unit)).unwrap_or_default() }
    }

    fn total_nanos(self) -> i128 {
        i128::from(self.seconds) * i128::from(NANOS_PER_SECOND) + i128::from(self.nanos)
    }

    /// The duration of a count of nanoseconds.
    fn from_total_nanos(nanos: i128) -> Result<Self, TemporalError> {
        let unit = i128::from(NANOS_PER_SECOND);
        match (i64::try_from(nanos.div_euclid(unit)), u32::try_from(nanos.rem_euclid(unit))) {
            (Ok(seconds), Ok(nanos)) => Ok(Self { seconds, nanos }),
            _ => Err(TemporalError::arithmetic(format!("Exceeds capacity of Duration: {nanos}"))),
        }
    }

    /// All in seconds, rounded down.
    #[must_use]
    pub fn total_seconds(self) -> i64 {
        self.seconds
    }

    /// The nanoseconds beyond the whole seconds.
    pub(super) fn nanos(self) -> u32 {
        self.nanos
    }

    /// The property `days`: whole days, negative for negative durations.
    #[must_use]
    pub fn days(self) -> i64 {
        self.seconds / SECONDS_PER_DAY
    }

    /// The property `hours`: what is left in hours after the days.
    #[must_use]
    pub fn hours(self) -> i64 {
        self.seconds / 3600 % 24
    }

    /// The property `minutes`: what is left in minutes after the hours.
    #[must_use]
    pub fn minutes(self) -> i64 {
        self.seconds / 60 % 60
    }

    /// The property `seconds`: what is left in seconds after the minutes.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.seconds % 60
    }

    /// The sum.
    ///
    /// # Errors
    /// Beyond 64-bit seconds.
    pub fn plus(self, other: &Self) -> Result<Self, TemporalError> {
        let seconds = self.seconds.checked_add(other.seconds).ok_or_else(TemporalError::long_overflow)?;
        Self::of_difference(seconds, i64::from(self.nanos) + i64::from(other.nanos))
    }

    /// The difference.
    ///
    /// # Errors
    /// Beyond 64-bit seconds.
    pub fn minus(self, other: &Self) -> Result<Self, TemporalError> {
        let seconds = self.seconds.checked_sub(other.seconds).ok_or_else(TemporalError::long_overflow)?;
        Self::of_difference(seconds, i64::from(self.nanos) - i64::from(other.nanos))
    }

    /// So many times the duration.
    ///
    /// # Errors
    /// Beyond 64-bit seconds.
    pub fn times(self, factor: i32) -> Result<Self, TemporalError> {
        // 2^63 seconds in nanoseconds times 2^31 stay below 2^127.
        Self::from_total_nanos(self.total_nanos() * i128::from(factor))
    }

    /// The duration's milliseconds divided by a number and cut to 32 bits, as the reference engine does.
    ///
    /// # Errors
    /// Where the milliseconds exceed 64 bits; a zero divisor.
    pub fn divided_by(self, divisor: &Decimal) -> Result<Self, TemporalError> {
        let quotient = Decimal::from_i64(self.millis()?).div(divisor);
        let millis = quotient.map_err(|error| TemporalError::arithmetic(error.to_string()))?.int_value();
        Ok(Self::from_nanos(i128::from(millis) * 1_000_000))
    }

    /// How often another duration fits into this one, in whole milliseconds.
    ///
    /// # Errors
    /// Where the milliseconds exceed 64 bits, or the other has none.
    pub fn ratio(self, other: &Self) -> Result<i64, TemporalError> {
        let (left, right) = (self.millis()?, other.millis()?);
        if right == 0 { Err(TemporalError::arithmetic("/ by zero")) } else { Ok(left.wrapping_div(right)) }
    }

    /// Milliseconds, cut towards zero.
    fn millis(self) -> Result<i64, TemporalError> {
        i64::try_from(self.total_nanos() / 1_000_000).map_err(|_| TemporalError::long_overflow())
    }

    /// The duration with the other sign.
    ///
    /// # Errors
    /// For the most negative one.
    pub fn negated(self) -> Result<Self, TemporalError> {
        self.times(-1)
    }

    /// The duration without its sign.
    ///
    /// # Errors
    /// For the most negative one.
    pub fn abs(self) -> Result<Self, TemporalError> {
        if self.is_negative() { self.negated() } else { Ok(self) }
    }

    /// Whether this is no time at all.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.seconds == 0 && self.nanos == 0
    }

    /// Whether this goes back in time.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.seconds < 0
    }

    /// Java's `Duration` text: hours, minutes and seconds, never days (`PT36H`, `PT-0.5S`, `PT0S`).
    #[must_use]
    pub fn iso_text(self) -> String {
        if self.is_zero() {
            return "PT0S".to_owned();
        }
        let borrowed = self.seconds < 0 && self.nanos > 0;
        let total = if borrowed { self.seconds + 1 } else { self.seconds };
        let mut text = "PT".to_owned();
        for (number, unit) in [(total / 3600, 'H'), (total % 3600 / 60, 'M')] {
            if number != 0 {
                text.push_str(&format!("{number}{unit}"));
            }
        }
        let seconds = total % 60;
        if seconds == 0 && self.nanos == 0 {
            return text;
        }
        if borrowed && seconds == 0 {
            text.push('-');
        }
        text.push_str(&seconds.to_string());
        if self.nanos > 0 {
            let nanos = if borrowed { NANOS_PER_SECOND - self.nanos } else { self.nanos };
            let fraction = format!("{nanos:09}");
            text.push('.');
            text.push_str(fraction.trim_end_matches('0'));
        }
        text.push('S');
        text
    }
}

/// Takes a number and its unit if they are next. `None` outside means the text is wrong, `None` inside that the part
/// is absent.
pub(super) fn part(scanner: &mut Scanner<'_>, unit: char) -> Option<Option<i64>> {
    let mut ahead = *scanner;
    let negative = ahead.take('-');
    let Some(digits) = ahead.digits(1, usize::MAX) else { return Some(None) };
    if !ahead.take(unit) {
        return Some(None);
    }
    *scanner = ahead;
    // A sign that makes the smallest integer reachable.
    let number: i64 = if negative { format!("-{digits}") } else { digits.to_owned() }.parse().ok()?;
    Some(Some(number))
}

/// Takes `n[.n]S`: whole seconds and nanoseconds, both with the sign.
fn seconds_part(scanner: &mut Scanner<'_>) -> Option<(i64, i64)> {
    let negative = scanner.take('-');
    let digits = scanner.digits(1, usize::MAX)?;
    let whole: i64 = if negative { format!("-{digits}") } else { digits.to_owned() }.parse().ok()?;
    let mut nanos = 0;
    if scanner.take('.') || scanner.take(',') {
        nanos = format!("{:0<9}", scanner.digits(0, 9)?).parse().ok()?;
    }
    scanner.take('S').then_some((whole, if negative { -nanos } else { nanos }))
}

impl fmt::Display for DaysTimeDuration {
    /// `P1DT2H`, with days and without fractions of seconds; `P0D` for none.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = [self.days(), self.hours(), self.minutes(), self.seconds()];
        if parts == [0; 4] {
            return out.write_str("P0D");
        }
        if parts.iter().all(|part| *part <= 0) {
            out.write_str("-")?;
            parts = parts.map(|part| -part);
        }
        out.write_str("P")?;
        for (index, (number, unit)) in parts.iter().zip(["D", "H", "M", "S"]).enumerate() {
            if index == 1 && parts.iter().skip(1).any(|part| *part != 0) {
                out.write_str("T")?;
            }
            if *number != 0 {
                write!(out, "{number}{unit}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for DaysTimeDuration {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.iso_text())
    }
}
