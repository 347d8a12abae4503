//! `Zone`: an offset from UTC, or a region with rules.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::TemporalError;
use super::scan::Scanner;
use super::zone_rules::{Rules, is_region};

const MAX_OFFSET_SECONDS: i32 = 18 * 3600;

/// An offset of at most ±18 hours, or a region as `Europe/Berlin`. Equal when the ids are.
#[derive(Clone)]
pub struct Zone(Kind);

#[derive(Clone)]
enum Kind {
    Offset(i32),
    Region(Arc<Region>),
}

struct Region {
    id: String,
    rules: Rules,
}

impl Zone {
    /// The offset `Z`.
    pub const UTC: Self = Self(Kind::Offset(0));

    /// The zone of an id: `Z`, `+01:00` and its shorter forms, `UTC+1`, or a region of the zone database in
    /// its exact case.
    ///
    /// # Errors
    /// With Java's message, for every other text.
    pub fn parse(id: &str) -> Result<Self, TemporalError> {
        if id.chars().count() <= 1 || id.starts_with(['+', '-']) {
            return parse_offset(id).map(|seconds| Self(Kind::Offset(seconds)));
        }
        for prefix in ["UTC", "GMT", "UT"] {
            let Some(rest) = id.strip_prefix(prefix) else { continue };
            if rest.is_empty() {
                return Ok(Self::prefixed(prefix, 0));
            }
            if !rest.starts_with(['+', '-']) {
                break;
            }
            return match parse_offset(rest) {
                Ok(seconds) => Ok(Self::prefixed(prefix, seconds)),
                Err(_) => Err(TemporalError::date_time(format!("Invalid ID for offset-based ZoneId: {id}"))),
            };
        }
        if !is_region_name(id) {
            return Err(TemporalError::date_time(format!(
                "Invalid ID for region-based ZoneId, invalid format: {id}"
            )));
        }
        Self::region(id).ok_or_else(|| TemporalError::zone_rules(format!("Unknown time-zone ID: {id}")))
    }

    /// The zone that follows `@` or stands in brackets in a temporal text. Narrower than [`Zone::parse`]:
    /// offsets only as `±HH:mm[:ss]`.
    pub(super) fn parse_in_text(id: &str) -> Option<Self> {
        if id.starts_with(['+', '-']) {
            return whole_offset(id).and_then(|seconds| Self::of_offset(seconds).ok());
        }
        for prefix in ["UTC", "UT", "GMT"] {
            match id.strip_prefix(prefix) {
                None => {}
                Some("") => return Some(Self::prefixed(prefix, 0)),
                Some("0") if prefix == "GMT" => return Self::region(id),
                Some(rest) => {
                    let seconds = rest.starts_with(['+', '-']).then(|| whole_offset(rest))??;
                    return in_range(seconds).ok().map(|seconds| Self::prefixed(prefix, seconds));
                }
            }
        }
        Self::region(id).or_else(|| (id == "Z").then_some(Self::UTC))
    }

    /// The zone that is an offset.
    ///
    /// # Errors
    /// Beyond ±18 hours.
    pub fn of_offset(seconds: i32) -> Result<Self, TemporalError> {
        in_range(seconds).map(|seconds| Self(Kind::Offset(seconds)))
    }

    /// A region of fixed offset named after what it counts from, as `UTC+01:00`.
    fn prefixed(prefix: &str, seconds: i32) -> Self {
        let id = if seconds == 0 { prefix.to_owned() } else { format!("{prefix}{}", offset_id(seconds)) };
        Self(Kind::Region(Arc::new(Region { id, rules: Rules::Fixed(seconds) })))
    }

    fn region(id: &str) -> Option<Self> {
        if !is_region(id) {
            return None;
        }
        let rules = Rules::load(id)?;
        Some(Self(Kind::Region(Arc::new(Region { id: id.to_owned(), rules }))))
    }

    /// The id: a region's name, or the offset as `Z`, `+01:00`, `-03:30:15`.
    #[must_use]
    pub fn id(&self) -> String {
        match &self.0 {
            Kind::Offset(seconds) => offset_id(*seconds),
            Kind::Region(region) => region.id.clone(),
        }
    }

    /// The name of a region; `None` for an offset.
    #[must_use]
    pub fn region_id(&self) -> Option<&str> {
        match &self.0 {
            Kind::Offset(_) => None,
            Kind::Region(region) => Some(&region.id),
        }
    }

    /// The rules by which local times get their offsets.
    pub(super) fn rules(&self) -> Rules {
        match &self.0 {
            Kind::Offset(seconds) => Rules::Fixed(*seconds),
            Kind::Region(region) => region.rules.clone(),
        }
    }
}

/// `Z`, `±HH:mm` or `±HH:mm:ss`.
pub(super) fn offset_id(seconds: i32) -> String {
    if seconds == 0 {
        return "Z".to_owned();
    }
    let sign = if seconds < 0 { '-' } else { '+' };
    let total = seconds.unsigned_abs();
    let (hours, minutes, seconds) = (total / 3600, total / 60 % 60, total % 60);
    if seconds == 0 {
        format!("{sign}{hours:02}:{minutes:02}")
    } else {
        format!("{sign}{hours:02}:{minutes:02}:{seconds:02}")
    }
}

fn in_range(seconds: i32) -> Result<i32, TemporalError> {
    if seconds.abs() <= MAX_OFFSET_SECONDS {
        Ok(seconds)
    } else {
        Err(TemporalError::date_time("Zone offset not in valid range: -18:00 to +18:00"))
    }
}

/// An offset that takes up the whole text.
fn whole_offset(text: &str) -> Option<i32> {
    let mut scanner = Scanner::new(text);
    scanner.offset().filter(|_| scanner.is_done())
}

/// Java's `ZoneOffset.of`: `Z`, `±h`, `±hh`, `±hh:mm`, `±hhmm`, `±hh:mm:ss`, `±hhmmss`.
fn parse_offset(id: &str) -> Result<i32, TemporalError> {
    let wrong = |what: &str| TemporalError::date_time(format!("Invalid ID for ZoneOffset, {what}: {id}"));
    if id == "Z" {
        return Ok(0);
    }
    let (sign, digits) = id.split_at_checked(1).unwrap_or((id, ""));
    let fields: Vec<&str> = match id.chars().count() {
        2 | 3 => vec![digits],
        5 | 7 => chunks(digits, 2),
        6 | 9 => {
            let fields = chunks(digits, 3);
            let separated = fields.iter().rev().skip(1).all(|field| field.ends_with(':'));
            if !separated {
                return Err(wrong("colon not found when expected"));
            }
            fields.into_iter().map(|field| field.strip_suffix(':').unwrap_or(field)).collect()
        }
        _ => return Err(wrong("invalid format")),
    };
    let mut numbers = [0; 3];
    for (slot, field) in numbers.iter_mut().zip(&fields) {
        if !field.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong("non numeric characters found"));
        }
        *slot = field.parse::<i32>().map_err(|_| wrong("non numeric characters found"))?;
    }
    if sign != "+" && sign != "-" {
        return Err(wrong("plus/minus not found when expected"));
    }
    let factor = if sign == "-" { -1 } else { 1 };
    offset_of(numbers.map(|number| number * factor))
}

fn chunks(text: &str, width: usize) -> Vec<&str> {
    let mut rest = text;
    let mut parts = Vec::new();
    while let Some((part, after)) = rest.split_at_checked(width) {
        parts.push(part);
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(rest);
    }
    parts
}

/// Seconds of hours, minutes and seconds that all have the same sign.
fn offset_of([hours, minutes, seconds]: [i32; 3]) -> Result<i32, TemporalError> {
    let range = |unit: &str, value: i32, bound: &str| {
        TemporalError::date_time(format!(
            "Zone offset {unit} not in valid range: value {value} is not in the range {bound}"
        ))
    };
    if hours.abs() > 18 {
        return Err(range("hours", hours, "-18 to 18"));
    }
    if minutes.abs() > 59 {
        return Err(range("minutes", minutes, "-59 to 59"));
    }
    if seconds.abs() > 59 {
        return Err(range("seconds", seconds, "-59 to 59"));
    }
    in_range(hours * 3600 + minutes * 60 + seconds)
}

/// Whether a text may name a region: two characters or more, a letter first.
fn is_region_name(id: &str) -> bool {
    let mut chars = id.chars();
    chars.next().is_some_and(|first| first.is_ascii_alphabetic())
        && chars.all(|char| char.is_ascii_alphanumeric() || "/~._+-".contains(char))
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Kind::Offset(left), Kind::Offset(right)) => left == right,
            (Kind::Region(left), Kind::Region(right)) => left.id == right.id,
            _ => false,
        }
    }
}

impl Eq for Zone {}

impl Hash for Zone {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Kind::Offset(seconds) => seconds.hash(state),
            Kind::Region(region) => region.id.hash(state),
        }
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.id())
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}
