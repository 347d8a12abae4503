//! Which temporal value a text is.

use crate::temporal::{
    Date, DateTime, DaysTimeDuration, LocalDateTime, LocalTime, Temporal, Time, YearsMonthsDuration,
};

/// What a text is expected to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TemporalKind {
    /// `date("…")`
    Date,
    /// `time("…")`
    Time,
    /// `date and time("…")`
    DateTime,
    /// `duration("…")`
    Duration,
    /// `@"…"`
    Any,
}

/// Reads a temporal literal, `None` when it is no such value. `now_seconds`: see [`Time::parse`].
pub(crate) fn read_temporal(kind: TemporalKind, text: &str, now_seconds: i64) -> Option<Temporal> {
    match kind {
        TemporalKind::Date => Date::parse(text).map(Temporal::Date),
        TemporalKind::Time => LocalTime::parse(text)
            .map(Temporal::LocalTime)
            .or_else(|| Time::parse(text, now_seconds).map(Temporal::Time)),
        TemporalKind::DateTime => LocalDateTime::parse_loosely(text)
            .map(Temporal::LocalDateTime)
            .or_else(|| DateTime::parse(text).map(Temporal::DateTime))
            .or_else(|| Date::parse(text).map(|date| Temporal::LocalDateTime(date.at_start_of_day()))),
        TemporalKind::Duration => YearsMonthsDuration::parse(text)
            .map(Temporal::YearsMonths)
            .or_else(|| DaysTimeDuration::parse(&java_duration(text)).map(Temporal::DaysTime)),
        TemporalKind::Any => Date::parse(text)
            .map(Temporal::Date)
            .or_else(|| LocalDateTime::parse(text).map(Temporal::LocalDateTime))
            .or_else(|| DateTime::parse(text).map(Temporal::DateTime))
            .or_else(|| read_temporal(TemporalKind::Time, text, now_seconds))
            .or_else(|| YearsMonthsDuration::parse(text).map(Temporal::YearsMonths))
            .or_else(|| DaysTimeDuration::parse(text).map(Temporal::DaysTime)),
    }
}

/// Only `duration("…")` with a literal is read by Java alone: small letters, plus signs and decimal commas are fine there.
fn java_duration(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '+' if characters
                .peek()
                .is_some_and(|next| next.is_ascii_digit() || matches!(next, 'p' | 'P')) => {}
            ',' => result.push('.'),
            c => result.push(c.to_ascii_uppercase()),
        }
    }
    result
}
