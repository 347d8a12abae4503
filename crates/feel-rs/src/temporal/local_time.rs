//! `LocalTime`: a time of day without an offset.

use std::fmt;

use super::scan::{EndOfDay, Scanner};
use super::{DaysTimeDuration, NANOS_PER_DAY, NANOS_PER_SECOND, SECONDS_PER_DAY, TemporalError};

/// A time of day to the nanosecond.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalTime {
    /// Nanoseconds since midnight.
    nanos: u64,
}

impl LocalTime {
    /// 00:00.
    pub const MIDNIGHT: Self = Self { nanos: 0 };

    /// Reads `[T]HH:mm[:ss[.n]]`; 24:00 is midnight.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut scanner = Scanner::new(text);
        scanner.take('T');
        scanner.time(EndOfDay::Hour24).filter(|_| scanner.is_done())
    }

    /// The time of hour, minute, second and nanosecond.
    ///
    /// # Errors
    /// Where one is out of its range.
    pub fn of(hour: i64, minute: i64, second: i64, nanos: i64) -> Result<Self, TemporalError> {
        let part = |field, value, bound: i64| {
            u64::try_from(value)
                .ok()
                .filter(|_| value < bound)
                .ok_or_else(|| TemporalError::invalid(field, 0, bound - 1, value))
        };
        let hour = part("HourOfDay", hour, 24)?;
        let minute = part("MinuteOfHour", minute, 60)?;
        let second = part("SecondOfMinute", second, 60)?;
        let nanos = part("NanoOfSecond", nanos, NANOS_PER_SECOND.into())?;
        Ok(Self { nanos: (hour * 3600 + minute * 60 + second) * u64::from(NANOS_PER_SECOND) + nanos })
    }

    /// The time so many nanoseconds after midnight, a day or more wrapping around.
    pub(super) fn from_nanos(nanos: u64) -> Self {
        Self { nanos: nanos % NANOS_PER_DAY }
    }

    /// The time of whole seconds of a day and nanoseconds.
    pub(super) fn from_seconds(second_of_day: i64, nanos: u32) -> Self {
        let seconds = u64::try_from(second_of_day).unwrap_or_default();
        Self::from_nanos(seconds * u64::from(NANOS_PER_SECOND) + u64::from(nanos))
    }

    /// Nanoseconds since midnight.
    pub(super) fn nano_of_day(self) -> u64 {
        self.nanos
    }

    /// Whole seconds since midnight.
    pub(super) fn second_of_day(self) -> i64 {
        i64::try_from(self.nanos / u64::from(NANOS_PER_SECOND)).unwrap_or_default()
    }

    /// The hour, 0 to 23.
    #[must_use]
    pub fn hour(self) -> u8 {
        small(self.second_of_day() / 3600)
    }

    /// The minute, 0 to 59.
    #[must_use]
    pub fn minute(self) -> u8 {
        small(self.second_of_day() / 60 % 60)
    }

    /// The second, 0 to 59.
    #[must_use]
    pub fn second(self) -> u8 {
        small(self.second_of_day() % 60)
    }

    /// The nanosecond of the second.
    #[must_use]
    pub fn nano(self) -> u32 {
        u32::try_from(self.nanos % u64::from(NANOS_PER_SECOND)).unwrap_or_default()
    }

    /// The time a duration later, wrapping around midnight.
    #[must_use]
    pub fn plus(self, duration: &DaysTimeDuration) -> Self {
        let seconds = duration.total_seconds().rem_euclid(SECONDS_PER_DAY);
        let added = Self::from_seconds(seconds, duration.nanos());
        Self::from_nanos(self.nanos + added.nanos)
    }

    /// The time a duration earlier, wrapping around midnight.
    #[must_use]
    pub fn minus(self, duration: &DaysTimeDuration) -> Self {
        let taken = Self::MIDNIGHT.plus(duration);
        Self::from_nanos(self.nanos + NANOS_PER_DAY - taken.nanos)
    }

    /// The duration from another time of the same day to this one.
    #[must_use]
    pub fn since(self, other: &Self) -> DaysTimeDuration {
        DaysTimeDuration::from_nanos(i128::from(self.nanos) - i128::from(other.nanos))
    }

    /// `HH:mm:ss[.n]`, the same as `Display`.
    #[must_use]
    pub fn iso_text(self) -> String {
        self.to_string()
    }

    /// `HH:mm[:ss[.nnn]]`: seconds only where they are not 0, fractions in groups of three digits.
    pub(crate) fn short_text(self) -> String {
        let minutes = format!("{:02}:{:02}", self.hour(), self.minute());
        let (second, nano) = (self.second(), self.nano());
        match nano {
            0 if second == 0 => minutes,
            0 => format!("{minutes}:{second:02}"),
            _ if nano % 1_000_000 == 0 => format!("{minutes}:{second:02}.{:03}", nano / 1_000_000),
            _ if nano % 1_000 == 0 => format!("{minutes}:{second:02}.{:06}", nano / 1_000),
            _ => format!("{minutes}:{second:02}.{nano:09}"),
        }
    }
}

fn small(value: i64) -> u8 {
    u8::try_from(value).unwrap_or_default()
}

impl fmt::Display for LocalTime {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:02}:{:02}:{:02}", self.hour(), self.minute(), self.second())?;
        if self.nano() == 0 {
            return Ok(());
        }
        let fraction = format!("{:09}", self.nano());
        write!(out, ".{}", fraction.trim_end_matches('0'))
    }
}

impl fmt::Debug for LocalTime {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}
