//! `Time`: a time of day with an offset or zone.

use std::cmp::Ordering;
use std::fmt;

use super::scan::{EndOfDay, Scanner};
use super::zone::offset_id;
use super::{Date, DateTime, DaysTimeDuration, LocalTime, TemporalError, Zone};

/// A time of day with an offset from UTC; in a zone it is that zone's standard offset, summer time or not.
///
/// Equal when time, offset and zone are; [`Time::compare`] orders by the instant within a day.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Time {
    time: LocalTime,
    offset: i32,
    zone: Option<Zone>,
}

impl Time {
    /// Reads `[T]HH:mm:ss[.n]` with `Z`, `±HH:mm` or `@zone`; a region's standard offset is that of the
    /// instant `now_seconds` since 1970.
    #[must_use]
    pub fn parse(text: &str, now_seconds: i64) -> Option<Self> {
        if !super::is_offset_time_text(text) {
            return None;
        }
        let mut scanner = Scanner::new(text);
        scanner.take('T');
        let time = scanner.time(EndOfDay::Hour24)?;
        if scanner.take('@') {
            return Zone::parse_in_text(scanner.rest()).map(|zone| Self::of_zone(time, zone, now_seconds));
        }
        let offset = scanner.offset().filter(|_| scanner.is_done())?;
        Self::of_offset(time, offset).ok()
    }

    /// A time with an offset in seconds.
    ///
    /// # Errors
    /// Beyond ±18 hours.
    pub fn of_offset(time: LocalTime, seconds: i32) -> Result<Self, TemporalError> {
        Zone::of_offset(seconds)?;
        Ok(Self { time, offset: seconds, zone: None })
    }

    /// A time in a zone, with the zone's standard offset at the instant `now_seconds` since 1970.
    #[must_use]
    pub fn of_zone(time: LocalTime, zone: Zone, now_seconds: i64) -> Self {
        let offset = zone.rules().standard_offset_at(now_seconds);
        let zone = zone.region_id().is_some().then_some(zone);
        Self { time, offset, zone }
    }

    /// The time of a date-time, with its offset and zone.
    pub(super) fn of_date_time(date_time: &DateTime) -> Self {
        let zone = date_time.zone();
        Self {
            time: date_time.time(),
            offset: date_time.offset_seconds(),
            zone: zone.region_id().is_some().then(|| zone.clone()),
        }
    }

    /// The time of day.
    #[must_use]
    pub fn time(&self) -> LocalTime {
        self.time
    }

    /// The offset from UTC in seconds.
    #[must_use]
    pub fn offset_seconds(&self) -> i32 {
        self.offset
    }

    /// The zone's name, where there is one.
    #[must_use]
    pub fn zone_id(&self) -> Option<&str> {
        self.zone.as_ref().and_then(Zone::region_id)
    }

    /// The time a duration later, wrapping around midnight; offset and zone stay.
    #[must_use]
    pub fn plus(&self, duration: &DaysTimeDuration) -> Self {
        Self { time: self.time.plus(duration), ..self.clone() }
    }

    /// The time a duration earlier, wrapping around midnight; offset and zone stay.
    #[must_use]
    pub fn minus(&self, duration: &DaysTimeDuration) -> Self {
        Self { time: self.time.minus(duration), ..self.clone() }
    }

    /// How far the two are apart, never negative.
    #[must_use]
    pub fn since(&self, other: &Self) -> DaysTimeDuration {
        DaysTimeDuration::from_nanos((self.utc_nanos() - other.utc_nanos()).abs())
    }

    /// The order by the instant within a day.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        self.utc_nanos().cmp(&other.utc_nanos())
    }

    fn utc_nanos(&self) -> i128 {
        i128::from(self.time.nano_of_day()) - i128::from(self.offset) * 1_000_000_000
    }

    /// This time on a day: in the zone where there is one, else at the offset.
    ///
    /// # Errors
    /// Beyond year ±999,999,999.
    pub fn with_date(&self, date: Date) -> Result<DateTime, TemporalError> {
        let zone = match &self.zone {
            Some(zone) => zone.clone(),
            None => Zone::of_offset(self.offset)?,
        };
        DateTime::of_local(date.at(self.time), zone)
    }

    /// `HH:mm:ss[.n]` and the offset, without the zone: the text of `to json`.
    #[must_use]
    pub fn iso_text(&self) -> String {
        format!("{}{}", self.time, offset_id(self.offset))
    }

    /// Java's `OffsetTime` text, which a process variable gets: `10:30+01:00`, without the zone.
    #[must_use]
    pub fn offset_text(&self) -> String {
        format!("{}{}", self.time.short_text(), offset_id(self.offset))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.zone_id() {
            Some(id) => write!(out, "{}@{id}", self.time),
            None => write!(out, "{}{}", self.time, offset_id(self.offset)),
        }
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}
