//! `LocalDateTime`: a day and time without an offset.

use std::fmt;

use super::date::plain_year;
use super::scan::{EndOfDay, Scanner};
use super::{
    Date, DaysTimeDuration, LocalTime, NANOS_PER_SECOND, SECONDS_PER_DAY, TemporalError, YearsMonthsDuration,
};

/// A day and a time of day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalDateTime {
    date: Date,
    time: LocalTime,
}

impl LocalDateTime {
    /// The two together.
    #[must_use]
    pub fn new(date: Date, time: LocalTime) -> Self {
        Self { date, time }
    }

    /// Reads `yyyy-MM-ddTHH:mm[:ss[.n]]`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if super::is_local_date_time_text(text) { Self::parse_loosely(text) } else { None }
    }

    /// As [`LocalDateTime::parse`], but a long year may begin with zeros, and a point may end the text: what the
    /// reference takes between the quotes of `date and time("…")`.
    #[must_use]
    pub fn parse_loosely(text: &str) -> Option<Self> {
        let mut scanner = Scanner::new(text);
        Self::scan(&mut scanner).filter(|_| scanner.is_done())
    }

    pub(super) fn scan(scanner: &mut Scanner<'_>) -> Option<Self> {
        let date = scanner.date()?;
        let time = scanner.take('T').then(|| scanner.time(EndOfDay::Refused))??;
        Some(Self { date, time })
    }

    /// The day.
    #[must_use]
    pub fn date(self) -> Date {
        self.date
    }

    /// The time of day.
    #[must_use]
    pub fn time(self) -> LocalTime {
        self.time
    }

    /// The date-time of whole seconds since 1970-01-01T00:00 and nanoseconds.
    pub(super) fn from_seconds(seconds: i64, nanos: u32) -> Result<Self, TemporalError> {
        let date = Date::from_epoch_days(seconds.div_euclid(SECONDS_PER_DAY))?;
        Ok(Self { date, time: LocalTime::from_seconds(seconds.rem_euclid(SECONDS_PER_DAY), nanos) })
    }

    /// Whole seconds since 1970-01-01T00:00.
    pub(super) fn seconds(self) -> i64 {
        self.date.epoch_days() * SECONDS_PER_DAY + self.time.second_of_day()
    }

    /// The date-time a duration later.
    ///
    /// # Errors
    /// Beyond year ±999,999,999.
    pub fn plus(self, duration: &DaysTimeDuration) -> Result<Self, TemporalError> {
        self.shift(duration.total_seconds())?.shift_nanos(duration.nanos().into())
    }

    /// The date-time a duration earlier.
    ///
    /// # Errors
    /// Beyond year ±999,999,999.
    pub fn minus(self, duration: &DaysTimeDuration) -> Result<Self, TemporalError> {
        let seconds = duration.total_seconds();
        let back = match seconds.checked_neg() {
            Some(back) => self.shift(back)?,
            None => self.shift(i64::MAX)?.shift(1)?,
        };
        back.shift_nanos(-i64::from(duration.nanos()))
    }

    /// Days are added first, as Java does, so that its complaint about the range names the same day.
    pub(super) fn shift(self, seconds: i64) -> Result<Self, TemporalError> {
        let total = self.time.second_of_day() + seconds % SECONDS_PER_DAY;
        let days = seconds / SECONDS_PER_DAY + total.div_euclid(SECONDS_PER_DAY);
        let time = LocalTime::from_seconds(total.rem_euclid(SECONDS_PER_DAY), self.time.nano());
        let date = if days == 0 { self.date } else { self.date.add_days(days)? };
        Ok(Self { date, time })
    }

    fn shift_nanos(self, nanos: i64) -> Result<Self, TemporalError> {
        let total = i64::from(self.time.nano()) + nanos;
        let carried = self.shift(total.div_euclid(NANOS_PER_SECOND.into()))?;
        let nano = u32::try_from(total.rem_euclid(NANOS_PER_SECOND.into())).unwrap_or_default();
        Ok(Self { date: carried.date, time: LocalTime::from_seconds(carried.time.second_of_day(), nano) })
    }

    /// The date-time months later.
    ///
    /// # Errors
    /// Beyond year ±999,999,999.
    pub fn plus_months(self, duration: &YearsMonthsDuration) -> Result<Self, TemporalError> {
        Ok(Self { date: self.date.plus_months(duration)?, time: self.time })
    }

    /// The date-time months earlier.
    ///
    /// # Errors
    /// Beyond year ±999,999,999.
    pub fn minus_months(self, duration: &YearsMonthsDuration) -> Result<Self, TemporalError> {
        Ok(Self { date: self.date.minus_months(duration)?, time: self.time })
    }

    /// The duration from another date-time to this one.
    ///
    /// # Errors
    /// None within the range of years; kept for symmetry with [`DateTime::since`](super::DateTime::since).
    pub fn since(self, other: &Self) -> Result<DaysTimeDuration, TemporalError> {
        let seconds = self.seconds() - other.seconds();
        DaysTimeDuration::of_difference(seconds, i64::from(self.time.nano()) - i64::from(other.time.nano()))
    }

    /// `yyyy-MM-ddTHH:mm:ss[.n]` with a `+` before years beyond 9999.
    #[must_use]
    pub fn iso_text(self) -> String {
        format!("{}T{}", self.date, self.time)
    }
}

impl fmt::Display for LocalDateTime {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { date, time } = self;
        write!(out, "{}-{:02}-{:02}T{time}", plain_year(date.year()), date.month(), date.day())
    }
}

impl fmt::Debug for LocalDateTime {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}
