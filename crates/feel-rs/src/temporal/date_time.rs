//! `DateTime`: a day and time with an offset or zone.

use std::cmp::Ordering;
use std::fmt;

use super::scan::Scanner;
use super::zone::offset_id;
use super::zone_rules::LocalOffsets;
use super::{
    Date, DaysTimeDuration, LocalDateTime, LocalTime, TemporalError, Time, YearsMonthsDuration, Zone,
};

/// A day and time in a zone with the offset that the zone has then.
///
/// Equal when local time, offset and zone are; [`DateTime::compare`] orders by instant first.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DateTime {
    local: LocalDateTime,
    offset: i32,
    zone: Zone,
}

impl DateTime {
    /// Reads `yyyy-MM-ddTHH:mm[:ss[.n]]` with an offset, an offset and `[zone]`, or `@zone`. An offset that
    /// differs from the zone's decides the instant.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if !super::is_offset_date_time_text(text) {
            return None;
        }
        let mut scanner = Scanner::new(text);
        let local = LocalDateTime::scan(&mut scanner)?;
        if scanner.take('@') {
            return Self::of_local(local, Zone::parse_in_text(scanner.rest())?).ok();
        }
        let offset = Zone::of_offset(scanner.offset()?).ok()?;
        let at_offset = Self::of_local(local, offset).ok()?;
        if scanner.is_done() {
            return Some(at_offset);
        }
        let id = scanner.rest().strip_prefix('[')?.strip_suffix(']')?;
        at_offset.with_zone(&Zone::parse_in_text(id)?).ok()
    }

    /// The date-time of a local time in a zone. A time in a gap moves on by the gap's length, of one that
    /// happens twice it is the first.
    ///
    /// # Errors
    /// Beyond year ±999,999,999.
    pub fn of_local(local: LocalDateTime, zone: Zone) -> Result<Self, TemporalError> {
        Self::resolve(local, zone, None)
    }

    /// As [`DateTime::of_local`], but of a time that happens twice the one with the preferred offset.
    fn resolve(local: LocalDateTime, zone: Zone, preferred: Option<i32>) -> Result<Self, TemporalError> {
        let (local, offset) = match zone.rules().offsets_of(local) {
            LocalOffsets::One(offset) => (local, offset),
            LocalOffsets::Gap { before, after } => (local.shift((after - before).into())?, after),
            LocalOffsets::Overlap { before, after } if preferred == Some(after) => {
                debug_assert!(before != after, "an overlap has two offsets");
                (local, after)
            }
            LocalOffsets::Overlap { before, .. } => (local, before),
        };
        Ok(Self { local, offset, zone })
    }

    /// The date-time of an instant in a zone.
    ///
    /// # Errors
    /// Beyond year ±999,999,999.
    pub fn from_timestamp(seconds: i64, nanos: u32, zone: Zone) -> Result<Self, TemporalError> {
        let offset = zone.rules().offset_at(seconds);
        let local = seconds.checked_add(offset.into()).ok_or_else(TemporalError::long_overflow)?;
        Ok(Self { local: LocalDateTime::from_seconds(local, nanos)?, offset, zone })
    }

    /// The same instant in another zone.
    ///
    /// # Errors
    /// Beyond year ±999,999,999.
    pub fn with_zone(&self, zone: &Zone) -> Result<Self, TemporalError> {
        Self::from_timestamp(self.epoch_seconds(), self.local.time().nano(), zone.clone())
    }

    /// The day.
    #[must_use]
    pub fn date(&self) -> Date {
        self.local.date()
    }

    /// The time of day.
    #[must_use]
    pub fn time(&self) -> LocalTime {
        self.local.time()
    }

    /// Day and time without the zone.
    #[must_use]
    pub fn local(&self) -> LocalDateTime {
        self.local
    }

    /// The offset from UTC in seconds.
    #[must_use]
    pub fn offset_seconds(&self) -> i32 {
        self.offset
    }

    /// The zone.
    #[must_use]
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The zone's name; `None` where the zone is just the offset.
    #[must_use]
    pub fn zone_id(&self) -> Option<&str> {
        self.zone.region_id()
    }

    /// The instant in whole seconds since 1970-01-01T00:00Z.
    #[must_use]
    pub fn epoch_seconds(&self) -> i64 {
        self.local.seconds() - i64::from(self.offset)
    }

    /// Time of day, offset and zone.
    #[must_use]
    pub fn to_time(&self) -> Time {
        Time::of_date_time(self)
    }

    /// The instant a duration later: hours that pass, whatever the clocks do.
    ///
    /// # Errors
    /// Beyond year ±999,999,999.
    pub fn plus(&self, duration: &DaysTimeDuration) -> Result<Self, TemporalError> {
        self.at_instant_of(self.local.plus(duration)?)
    }

    /// The instant a duration earlier.
    ///
    /// # Errors
    /// Beyond year ±999,999,999.
    pub fn minus(&self, duration: &DaysTimeDuration) -> Result<Self, TemporalError> {
        self.at_instant_of(self.local.minus(duration)?)
    }

    /// The instant that a local time is at this offset, in this zone.
    fn at_instant_of(&self, local: LocalDateTime) -> Result<Self, TemporalError> {
        Self::from_timestamp(local.seconds() - i64::from(self.offset), local.time().nano(), self.zone.clone())
    }

    /// The same local time months later; the offset stays where the zone still allows it.
    ///
    /// # Errors
    /// Beyond year ±999,999,999.
    pub fn plus_months(&self, duration: &YearsMonthsDuration) -> Result<Self, TemporalError> {
        Self::resolve(self.local.plus_months(duration)?, self.zone.clone(), Some(self.offset))
    }

    /// The same local time months earlier; the offset stays where the zone still allows it.
    ///
    /// # Errors
    /// Beyond year ±999,999,999.
    pub fn minus_months(&self, duration: &YearsMonthsDuration) -> Result<Self, TemporalError> {
        Self::resolve(self.local.minus_months(duration)?, self.zone.clone(), Some(self.offset))
    }

    /// The duration from another instant to this one.
    ///
    /// # Errors
    /// None within the range of years.
    pub fn since(&self, other: &Self) -> Result<DaysTimeDuration, TemporalError> {
        let nanos = i64::from(self.time().nano()) - i64::from(other.time().nano());
        DaysTimeDuration::of_difference(self.epoch_seconds() - other.epoch_seconds(), nanos)
    }

    /// The order by instant, then local time, then the zone's id.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        let key = |value: &Self| (value.epoch_seconds(), value.time().nano(), value.local);
        key(self).cmp(&key(other)).then_with(|| self.zone.id().cmp(&other.zone.id()))
    }

    /// `yyyy-MM-ddTHH:mm:ss[.n]` with the offset, and the zone in brackets: the text of `to json`.
    #[must_use]
    pub fn iso_text(&self) -> String {
        let zone = self.zone_id().map(|id| format!("[{id}]")).unwrap_or_default();
        format!("{}{zone}", self.offset_text())
    }

    /// `yyyy-MM-ddTHH:mm:ss[.n]` with the offset, which a process variable gets.
    #[must_use]
    pub fn offset_text(&self) -> String {
        format!("{}{}", self.local.iso_text(), offset_id(self.offset))
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.zone_id() {
            Some(id) => write!(out, "{}@{id}", self.local),
            None => write!(out, "{}{}", self.local, offset_id(self.offset)),
        }
    }
}

impl fmt::Debug for DateTime {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}
