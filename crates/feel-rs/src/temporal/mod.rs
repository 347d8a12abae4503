//! Dates, times, durations and zones that behave as Java's `java.time` does: years to ±999,999,999, zones by
//! exact id, a date-time keeps its offset where the zone still allows it.
//!
//! `Display` is the text of FEEL's `string()`; `iso_text` and `offset_text` are the forms for JSON.

mod date;
mod date_time;
mod days_time;
mod error;
mod local_date_time;
mod local_time;
mod scan;
#[cfg(test)]
mod tests;
mod time;
mod years_months;
mod zone;
mod zone_rules;

pub use date::Date;
pub(crate) use date::MONTHS;
pub use date_time::DateTime;
pub use days_time::DaysTimeDuration;
pub(crate) use days_time::is_days_time_text;
pub use error::TemporalError;
pub use local_date_time::LocalDateTime;
pub use local_time::LocalTime;
pub(crate) use scan::{is_date_text, is_local_date_time_text, is_offset_date_time_text, is_offset_time_text};
pub use time::Time;
pub use years_months::YearsMonthsDuration;
pub(crate) use years_months::is_years_months_text;
pub use zone::Zone;

const SECONDS_PER_DAY: i64 = 86_400;
const NANOS_PER_SECOND: u32 = 1_000_000_000;
const NANOS_PER_DAY: u64 = 86_400 * 1_000_000_000;

/// Any temporal value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Temporal {
    /// A calendar day.
    Date(Date),
    /// A time of day without an offset.
    LocalTime(LocalTime),
    /// A time of day with an offset or zone.
    Time(Time),
    /// A day and time without an offset.
    LocalDateTime(LocalDateTime),
    /// A day and time with an offset or zone.
    DateTime(DateTime),
    /// A duration in months.
    YearsMonths(YearsMonthsDuration),
    /// A duration in seconds.
    DaysTime(DaysTimeDuration),
}
