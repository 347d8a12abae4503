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
        TemporalKind::DateTime => LocalDateTime::parse(text)
            .map(Temporal::LocalDateTime)
            .or_else(|| DateTime::parse(text).map(Temporal::DateTime)),
        TemporalKind::Duration => YearsMonthsDuration::parse(text)
            .map(Temporal::YearsMonths)
            .or_else(|| DaysTimeDuration::parse(text).map(Temporal::DaysTime)),
        TemporalKind::Any => {
            [TemporalKind::Date, TemporalKind::DateTime, TemporalKind::Time, TemporalKind::Duration]
                .into_iter()
                .find_map(|kind| read_temporal(kind, text, now_seconds))
        }
    }
}
