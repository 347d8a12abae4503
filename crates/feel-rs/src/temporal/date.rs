//! `Date`: a day of the proleptic Gregorian calendar.

use std::fmt;

use super::scan::Scanner;
use super::{
    DaysTimeDuration, LocalDateTime, LocalTime, SECONDS_PER_DAY, TemporalError, YearsMonthsDuration,
};

const MAX_YEAR: i64 = 999_999_999;
const MIN_EPOCH_DAY: i64 = -365_243_219_162;
const MAX_EPOCH_DAY: i64 = 365_241_780_471;

/// A calendar day from year -999,999,999 to 999,999,999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// Days since 1970-01-01.
    days: i64,
}

impl Date {
    /// Reads `yyyy-MM-dd` with an optional `-` and up to nine digits for the year, more than four without a leading
    /// zero.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some((year, month, day)) = common_form(text) {
            return Self::of(year, month, day).ok();
        }
        if !super::is_date_text(text) {
            return None;
        }
        let mut scanner = Scanner::new(text);
        scanner.date().filter(|_| scanner.is_done())
    }

    /// The day of a year, month (1 to 12) and day of the month (from 1).
    ///
    /// # Errors
    /// Where there is no such day.
    pub fn of(year: i64, month: i64, day: i64) -> Result<Self, TemporalError> {
        check_year(year)?;
        if !(1..=12).contains(&month) {
            return Err(TemporalError::invalid("MonthOfYear", 1, 12, month));
        }
        if !(1..=31).contains(&day) {
            return Err(TemporalError::date_time(format!(
                "Invalid value for DayOfMonth (valid values 1 - 28/31): {day}"
            )));
        }
        if day > month_length(year, month) {
            return Err(TemporalError::date_time(if day == 29 {
                format!("Invalid date 'February 29' as '{year}' is not a leap year")
            } else {
                format!("Invalid date '{} {day}'", month_name(month).to_uppercase())
            }));
        }
        Ok(Self { days: days_from_civil(year, month, day) })
    }

    /// The day so many days after 1970-01-01.
    ///
    /// # Errors
    /// Beyond year ±999,999,999.
    pub fn from_epoch_days(days: i64) -> Result<Self, TemporalError> {
        if (MIN_EPOCH_DAY..=MAX_EPOCH_DAY).contains(&days) {
            Ok(Self { days })
        } else {
            Err(TemporalError::invalid("EpochDay", MIN_EPOCH_DAY, MAX_EPOCH_DAY, days))
        }
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub fn epoch_days(self) -> i64 {
        self.days
    }

    /// Year, month from 1, day from 1.
    fn civil(self) -> (i64, i64, i64) {
        civil_from_days(self.days)
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> i64 {
        self.civil().0
    }

    /// The month, 1 to 12.
    #[must_use]
    pub fn month(self) -> u8 {
        small(self.civil().1)
    }

    /// The day of the month, 1 to 31.
    #[must_use]
    pub fn day(self) -> u8 {
        small(self.civil().2)
    }

    /// The day of the week, Monday being 1.
    #[must_use]
    pub fn weekday(self) -> u8 {
        small((self.days + 3).rem_euclid(7) + 1)
    }

    /// The day of the year, 1 to 366.
    #[must_use]
    pub fn day_of_year(self) -> u16 {
        let first = days_from_civil(self.year(), 1, 1);
        u16::try_from(self.days - first + 1).unwrap_or_default()
    }

    /// The ISO week: the week of the year's first Thursday is 1.
    #[must_use]
    pub fn week_of_year(self) -> u8 {
        // A week belongs to the year of its Thursday.
        let thursday = self.days + 4 - i64::from(self.weekday());
        let first = days_from_civil(civil_from_days(thursday).0, 1, 1);
        small((thursday - first) / 7 + 1)
    }

    /// The last day of this day's month.
    #[must_use]
    pub fn last_day_of_month(self) -> Self {
        let (year, month, day) = self.civil();
        Self { days: self.days + month_length(year, month) - day }
    }

    /// This day's midnight.
    #[must_use]
    pub fn at_start_of_day(self) -> LocalDateTime {
        LocalDateTime::new(self, LocalTime::MIDNIGHT)
    }

    /// This day at a time.
    #[must_use]
    pub fn at(self, time: LocalTime) -> LocalDateTime {
        LocalDateTime::new(self, time)
    }

    /// The day months later; a day that the month lacks becomes its last one.
    ///
    /// # Errors
    /// Beyond year ±999,999,999.
    pub fn plus_months(self, duration: &YearsMonthsDuration) -> Result<Self, TemporalError> {
        self.add_months(duration.total_months())
    }

    /// The day months earlier.
    ///
    /// # Errors
    /// As [`Date::plus_months`].
    pub fn minus_months(self, duration: &YearsMonthsDuration) -> Result<Self, TemporalError> {
        self.add_months(-duration.total_months())
    }

    fn add_months(self, months: i64) -> Result<Self, TemporalError> {
        let (year, month, day) = self.civil();
        let total = year * 12 + month - 1 + months;
        let (year, month) = (total.div_euclid(12), total.rem_euclid(12) + 1);
        check_year(year)?;
        Ok(Self { days: days_from_civil(year, month, day.min(month_length(year, month))) })
    }

    /// The day so many days later.
    pub(super) fn add_days(self, days: i64) -> Result<Self, TemporalError> {
        let sum = self.days.checked_add(days).ok_or_else(TemporalError::long_overflow)?;
        let day = i64::from(self.day());
        if sum > MAX_EPOCH_DAY && day.saturating_add(days) <= 59 {
            check_year(MAX_YEAR + 1)?;
        }
        Self::from_epoch_days(sum)
    }

    /// The day on which this midnight plus a duration falls.
    ///
    /// # Errors
    /// Beyond year ±999,999,999.
    pub fn plus(self, duration: &DaysTimeDuration) -> Result<Self, TemporalError> {
        Ok(self.at_start_of_day().plus(duration)?.date())
    }

    /// The day on which this midnight minus a duration falls.
    ///
    /// # Errors
    /// Beyond year ±999,999,999.
    pub fn minus(self, duration: &DaysTimeDuration) -> Result<Self, TemporalError> {
        Ok(self.at_start_of_day().minus(duration)?.date())
    }

    /// The duration from another day's midnight to this one's.
    #[must_use]
    pub fn since(self, other: &Self) -> DaysTimeDuration {
        DaysTimeDuration::of_seconds((self.days - other.days) * SECONDS_PER_DAY)
    }

    /// The whole months from this day to another; negative where that is earlier.
    #[must_use]
    pub fn months_between(self, to: &Self) -> YearsMonthsDuration {
        let (year, month, day) = self.civil();
        let (to_year, to_month, to_day) = to.civil();
        let months = (to_year - year) * 12 + to_month - month;
        let whole = if months > 0 && to_day < day {
            months - 1
        } else if months < 0 && to_day > day {
            months + 1
        } else {
            months
        };
        YearsMonthsDuration::from_total(whole)
    }
}

fn check_year(year: i64) -> Result<(), TemporalError> {
    if year.abs() <= MAX_YEAR {
        Ok(())
    } else {
        Err(TemporalError::invalid("Year", -MAX_YEAR, MAX_YEAR, year))
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn month_name(month: i64) -> &'static str {
    usize::try_from(month - 1).ok().and_then(|index| MONTHS.get(index)).copied().unwrap_or_default()
}

/// The English names of the months.
pub(crate) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Days since 1970-01-01 of a civil date, by Hinnant's algorithm: years start in March, eras have 400 of them.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

fn small(value: i64) -> u8 {
    u8::try_from(value).unwrap_or_default()
}

/// The parts of `yyyy-MM-dd` with four digits for the year, as nearly all dates are written.
fn common_form(text: &str) -> Option<(i64, i64, i64)> {
    let digits = match text.as_bytes() {
        [a, b, c, d, b'-', e, f, b'-', g, h] => [*a, *b, *c, *d, *e, *f, *g, *h],
        _ => return None,
    };
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let [a, b, c, d, e, f, g, h] = digits.map(|digit| i64::from(digit - b'0'));
    Some((a * 1000 + b * 100 + c * 10 + d, e * 10 + f, g * 10 + h))
}

/// `yyyy-MM-dd`, for years of four digits.
fn common_text(year: i64, month: i64, day: i64) -> [u8; 10] {
    let digit = |value: i64| b'0' + small(value % 10);
    [
        digit(year / 1000),
        digit(year / 100),
        digit(year / 10),
        digit(year),
        b'-',
        digit(month / 10),
        digit(month),
        b'-',
        digit(day / 10),
        digit(day),
    ]
}

/// The year with four digits at least, without a `+` for longer ones, as FEEL writes it in date-times.
pub(super) fn plain_year(year: i64) -> String {
    if year < 0 { format!("-{:04}", -year) } else { format!("{year:04}") }
}

/// The day of `Display` with a `+` before years beyond 9999.
impl fmt::Display for Date {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        if let Ok(text) = str::from_utf8(&common_text(year, month, day))
            && (0..=9999).contains(&year)
        {
            return out.write_str(text);
        }
        let plus = if year > 9999 { "+" } else { "" };
        write!(out, "{plus}{}-{month:02}-{day:02}", plain_year(year))
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}
