//! `YearsMonthsDuration`: a length of time in calendar months.

use std::fmt;

use super::TemporalError;
use super::days_time::{part, skip_part};
use super::scan::Scanner;
use crate::decimal::Decimal;

/// A length of time in months; 12 of them are a year.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct YearsMonthsDuration {
    months: i64,
}

/// Whether a text is shaped like a years-months duration by FEEL-Scala's pattern, be it one or not:
/// `-?P-?(\d+Y)?-?(\d+M)?`.
pub(crate) fn is_years_months_text(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    text.strip_prefix('P').is_some_and(|rest| skip_part(skip_part(rest, 'Y'), 'M').is_empty())
}

impl YearsMonthsDuration {
    /// Reads `[-]P[nY][nM]`, each number with its own optional sign.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut scanner = Scanner::new(text);
        let negative = scanner.take('-');
        if !scanner.take('P') {
            return None;
        }
        let years = part(&mut scanner, 'Y')?;
        let months = part(&mut scanner, 'M')?;
        if !scanner.is_done() || (years.is_none() && months.is_none()) {
            return None;
        }
        // Java reads 32-bit numbers.
        let number = |part: Option<i64>| {
            let number = i32::try_from(part.unwrap_or(0)).ok()?;
            if negative { number.checked_neg() } else { Some(number) }
        };
        Self::of_parts(number(years)?.into(), number(months)?.into()).ok()
    }

    /// The duration of a count of months.
    ///
    /// # Errors
    /// Where the years exceed 32 bits.
    pub fn of_months(months: i64) -> Result<Self, TemporalError> {
        match i32::try_from(months / 12) {
            Ok(_) => Ok(Self { months }),
            Err(_) => Err(TemporalError::int_overflow()),
        }
    }

    fn of_parts(years: i64, months: i64) -> Result<Self, TemporalError> {
        Self::of_months(years * 12 + months)
    }

    /// The difference of two dates, which is always in range.
    pub(super) fn from_total(months: i64) -> Self {
        Self { months }
    }

    /// All in months.
    #[must_use]
    pub fn total_months(self) -> i64 {
        self.months
    }

    /// The property `years`, negative for negative durations.
    #[must_use]
    pub fn years(self) -> i64 {
        self.months / 12
    }

    /// The property `months`: what is left after the years.
    #[must_use]
    pub fn months(self) -> i64 {
        self.months % 12
    }

    /// The sum.
    ///
    /// # Errors
    /// Where the years exceed 32 bits.
    pub fn plus(self, other: &Self) -> Result<Self, TemporalError> {
        // Java adds years and months apart before it carries.
        int(self.years() + other.years())?;
        Self::of_months(self.months + other.months)
    }

    /// The difference.
    ///
    /// # Errors
    /// Where the years exceed 32 bits.
    pub fn minus(self, other: &Self) -> Result<Self, TemporalError> {
        int(self.years() - other.years())?;
        Self::of_months(self.months - other.months)
    }

    /// So many times the duration.
    ///
    /// # Errors
    /// Where the years or the months, each multiplied, exceed 32 bits.
    pub fn times(self, factor: i32) -> Result<Self, TemporalError> {
        let factor = i64::from(factor);
        let years = int(self.years() * factor)?;
        let months = int(self.months() * factor)?;
        Self::of_parts(years, months)
    }

    /// The months divided by a number, the fraction dropped.
    ///
    /// # Errors
    /// A zero divisor.
    pub fn divided_by(self, divisor: &Decimal) -> Result<Self, TemporalError> {
        let quotient = Decimal::from_i64(self.months).div(divisor);
        let months = quotient.map_err(|error| TemporalError::arithmetic(error.to_string()))?.int_value();
        Self::of_months(months.into())
    }

    /// How often another duration fits into this one; `None` when the other is no time at all.
    #[must_use]
    pub fn ratio(self, other: &Self) -> Option<i64> {
        self.months.checked_div(other.months)
    }

    /// The duration with the other sign.
    ///
    /// # Errors
    /// Where the years exceed 32 bits.
    pub fn negated(self) -> Result<Self, TemporalError> {
        int(-self.years())?;
        Self::of_months(-self.months)
    }

    /// The duration without its sign.
    ///
    /// # Errors
    /// As [`YearsMonthsDuration::negated`].
    pub fn abs(self) -> Result<Self, TemporalError> {
        if self.is_negative() { self.negated() } else { Ok(self) }
    }

    /// Whether this is no time at all.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.months == 0
    }

    /// Whether this goes back in time.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.months < 0
    }

    /// Java's `Period` text: `P1Y2M`, `P-1Y-2M`, `P0D`.
    #[must_use]
    pub fn iso_text(self) -> String {
        if self.months == 0 { "P0D".to_owned() } else { parts_text(self.years(), self.months()) }
    }
}

fn int(value: i64) -> Result<i64, TemporalError> {
    i32::try_from(value).map(i64::from).map_err(|_| TemporalError::int_overflow())
}

fn parts_text(years: i64, months: i64) -> String {
    let mut text = "P".to_owned();
    for (number, unit) in [(years, 'Y'), (months, 'M')] {
        if number != 0 {
            text.push_str(&format!("{number}{unit}"));
        }
    }
    text
}

impl fmt::Display for YearsMonthsDuration {
    /// `P1Y2M`, `-P1Y2M`, `P0Y` for none.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.months {
            0 => out.write_str("P0Y"),
            negative if negative < 0 => write!(out, "-{}", parts_text(-self.years(), -self.months())),
            _ => out.write_str(&parts_text(self.years(), self.months())),
        }
    }
}

impl fmt::Debug for YearsMonthsDuration {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}
