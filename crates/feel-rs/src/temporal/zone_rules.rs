//! The offsets of a region: the zone database through jiff, for years beyond its range through the calendar's
//! 400-year cycle.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil;
use jiff::tz::{AmbiguousOffset, Dst, TimeZone, TimeZoneDatabase};

use super::LocalDateTime;

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// Names in the zone database that Java does not know as regions.
const UNKNOWN_TO_JAVA: [&str; 7] = ["EST", "Factory", "GMT+0", "GMT-0", "HST", "MST", "ROC"];

/// The calendar repeats, weekdays included, after 400 years.
const CYCLE_SECONDS: i64 = 146_097 * 86_400;
const CYCLE_YEARS: i64 = 400;

/// How far a transition may lie away to tell standard from summer time: a year and a day.
const YEAR_SECONDS: i64 = 366 * 86_400;

/// How local times get their offsets.
#[derive(Clone)]
pub(super) enum Rules {
    /// Always the same, in seconds.
    Fixed(i32),
    /// By the zone database.
    Region(TimeZone),
}

/// What a local time is in a zone; offsets in seconds.
pub(super) enum LocalOffsets {
    /// The one offset.
    One(i32),
    /// The clocks jump over this time.
    Gap { before: i32, after: i32 },
    /// The time happens twice.
    Overlap { before: i32, after: i32 },
}

/// Java's regions of the System V era, which the database has no more. Their rules are given here as they are since 1976;
/// Java's differ in the two years of the oil crisis before.
const SYSTEM_V: [(&str, &str); 13] = [
    ("SystemV/AST4", "AST4"),
    ("SystemV/AST4ADT", "AST4ADT,M4.5.0,M10.5.0"),
    ("SystemV/CST6", "CST6"),
    ("SystemV/CST6CDT", "CST6CDT,M4.5.0,M10.5.0"),
    ("SystemV/EST5", "EST5"),
    ("SystemV/EST5EDT", "EST5EDT,M4.5.0,M10.5.0"),
    ("SystemV/HST10", "HST10"),
    ("SystemV/MST7", "MST7"),
    ("SystemV/MST7MDT", "MST7MDT,M4.5.0,M10.5.0"),
    ("SystemV/PST8", "PST8"),
    ("SystemV/PST8PDT", "PST8PDT,M4.5.0,M10.5.0"),
    ("SystemV/YST9", "YST9"),
    ("SystemV/YST9YDT", "YST9YDT,M4.5.0,M10.5.0"),
];

/// The rules of a region of the System V era.
fn system_v(id: &str) -> Option<TimeZone> {
    let (_, rules) = SYSTEM_V.iter().find(|(known, _)| *known == id)?;
    TimeZone::posix(rules).ok()
}

/// Whether Java knows a region by exactly this name.
pub(super) fn is_region(id: &str) -> bool {
    if UNKNOWN_TO_JAVA.contains(&id) {
        return false;
    }
    if SYSTEM_V.iter().any(|(known, _)| *known == id) {
        return true;
    }
    // The database finds names in any case and answers with the right one.
    DATABASE.get(id).is_ok_and(|zone| zone.iana_name() == Some(id))
}

impl Rules {
    pub(super) fn load(id: &str) -> Option<Self> {
        system_v(id).or_else(|| DATABASE.get(id).ok()).map(Self::Region)
    }

    /// The offset at an instant, in seconds since 1970.
    pub(super) fn offset_at(&self, instant: i64) -> i32 {
        match self {
            Self::Fixed(seconds) => *seconds,
            Self::Region(zone) => timestamp(instant).map_or(0, |instant| zone.to_offset(instant).seconds()),
        }
    }

    /// The offsets that a local time may have.
    pub(super) fn offsets_of(&self, local: LocalDateTime) -> LocalOffsets {
        let zone = match self {
            Self::Fixed(seconds) => return LocalOffsets::One(*seconds),
            Self::Region(zone) => zone,
        };
        match civil(local).map(|civil| zone.to_ambiguous_timestamp(civil).offset()) {
            Some(AmbiguousOffset::Unambiguous { offset }) => LocalOffsets::One(offset.seconds()),
            Some(AmbiguousOffset::Gap { before, after }) => {
                LocalOffsets::Gap { before: before.seconds(), after: after.seconds() }
            }
            Some(AmbiguousOffset::Fold { before, after }) => {
                LocalOffsets::Overlap { before: before.seconds(), after: after.seconds() }
            }
            None => LocalOffsets::One(0),
        }
    }

    /// The offset without summer time at an instant. Where the database marks a winter time as the
    /// exception (Ireland), Java still takes the smaller offset as the standard.
    pub(super) fn standard_offset_at(&self, instant: i64) -> i32 {
        let zone = match self {
            Self::Fixed(seconds) => return *seconds,
            Self::Region(zone) => zone,
        };
        let Some(now) = timestamp(instant) else { return 0 };
        let current = zone.to_offset_info(now);
        let (offset, dst) = (current.offset().seconds(), current.dst());
        let before = zone.preceding(now).nth(1).map(|change| (change.offset().seconds(), change.dst()));
        let last = zone.preceding(now).next().map(|change| change.timestamp());
        let next = zone
            .following(now)
            .next()
            .map(|change| (change.offset().seconds(), change.dst(), change.timestamp()));
        let near = |other: Timestamp| (other.as_second() - now.as_second()).abs() <= YEAR_SECONDS;
        let other = match (next, last, before) {
            (Some((other, other_dst, at)), _, _) if near(at) && other_dst != dst => Some(other),
            (_, Some(at), Some((other, other_dst))) if near(at) && other_dst != dst => Some(other),
            _ => None,
        };
        match other {
            Some(other) => offset.min(other),
            None if dst == Dst::Yes => offset - 3600,
            None => offset,
        }
    }
}

/// The instant within the database's range that has the same place in the calendar's cycle.
fn timestamp(seconds: i64) -> Option<Timestamp> {
    const EARLIEST: i64 = -370_000_000_000;
    const LATEST: i64 = 240_000_000_000;
    let seconds = if seconds > LATEST {
        LATEST + (seconds - LATEST).rem_euclid(CYCLE_SECONDS)
    } else if seconds < EARLIEST {
        EARLIEST + (seconds - EARLIEST).rem_euclid(CYCLE_SECONDS)
    } else {
        seconds
    };
    Timestamp::from_second(seconds).ok()
}

/// The local time in jiff's terms, its year moved into range by whole cycles.
fn civil(local: LocalDateTime) -> Option<civil::DateTime> {
    const EARLIEST: i64 = -9500;
    const LATEST: i64 = 9500;
    let year = match local.date().year() {
        late if late > LATEST => LATEST + (late - LATEST).rem_euclid(CYCLE_YEARS),
        early if early < EARLIEST => EARLIEST + (early - EARLIEST).rem_euclid(CYCLE_YEARS),
        year => year,
    };
    let (date, time) = (local.date(), local.time());
    let small = |value: u8| i8::try_from(value).ok();
    civil::DateTime::new(
        i16::try_from(year).ok()?,
        small(date.month())?,
        small(date.day())?,
        small(time.hour())?,
        small(time.minute())?,
        small(time.second())?,
        i32::try_from(time.nano()).ok()?,
    )
    .ok()
}
