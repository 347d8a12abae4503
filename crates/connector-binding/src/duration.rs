//! ISO-8601 durations as Java's `Duration.parse` reads them.

/// A length of time of days, hours, minutes and seconds; may be negative.
///
/// Letters count in both cases, each number may have a sign, a comma may stand for the point, a day has 24 hours. Years, months and
/// weeks are refused, and so is white space. Source: the documentation of `java.time.Duration.parse`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct JavaDuration {
    nanoseconds: i128,
}

const NANOSECONDS_PER_SECOND: i128 = 1_000_000_000;
const NANOSECONDS_PER_MILLISECOND: i128 = 1_000_000;

impl JavaDuration {
    /// Reads a text such as `PT30S`, `-P1DT2H` or `PT1,5S`; `None` when Java would refuse it.
    pub fn parse(text: &str) -> Option<Self> {
        let upper = text.to_ascii_uppercase();
        let (negative, unsigned) = sign(&upper);
        let body = unsigned.strip_prefix('P')?;
        let (date, time) = match body.split_once('T') {
            Some((_, "")) => return None,
            Some((date, time)) => (date, time),
            None if body.is_empty() => return None,
            None => (body, ""),
        };
        let (days, rest) = component(date, 'D', 86_400)?;
        if !rest.is_empty() {
            return None;
        }
        let (hours, rest) = component(time, 'H', 3_600)?;
        let (minutes, rest) = component(rest, 'M', 60)?;
        let nanoseconds = seconds(rest)?;
        let whole = days.checked_add(hours)?.checked_add(minutes)?;
        let total = i128::from(whole).checked_mul(NANOSECONDS_PER_SECOND)?.checked_add(nanoseconds)?;
        let total = if negative { -total } else { total };
        // Java keeps the seconds in 64 bits.
        i64::try_from(total.div_euclid(NANOSECONDS_PER_SECOND)).ok()?;
        Some(Self { nanoseconds: total })
    }

    /// Whole milliseconds, a fraction cut off; `None` when they do not fit into 64 bits.
    pub fn as_millis(self) -> Option<i64> {
        i64::try_from(self.nanoseconds / NANOSECONDS_PER_MILLISECOND).ok()
    }
}

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// `<number><unit>` at the start, in seconds, and what follows; zero when the unit is not there.
fn component(text: &str, unit: char, seconds: i64) -> Option<(i64, &str)> {
    match text.split_once(unit) {
        Some((number, rest)) => Some((integer(number)?.checked_mul(seconds)?, rest)),
        None => Some((0, text)),
    }
}

fn integer(text: &str) -> Option<i64> {
    let (_, digits) = sign(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

fn seconds(text: &str) -> Option<i128> {
    if text.is_empty() {
        return Some(0);
    }
    let number = text.strip_suffix('S')?;
    let (whole, fraction) = number.split_once(['.', ',']).unwrap_or((number, ""));
    if fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(9);
    let nanoseconds = digits.fold(0, |sum, digit| sum * 10 + i128::from(digit - b'0'));
    let nanoseconds = if whole.starts_with('-') { -nanoseconds } else { nanoseconds };
    i128::from(integer(whole)?).checked_mul(NANOSECONDS_PER_SECOND)?.checked_add(nanoseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_java_reads() {
        for (text, millis) in [
            ("PT30S", 30_000),
            ("P1D", 86_400_000),
            ("PT1H30M", 5_400_000),
            ("P1DT2H3M4.5S", 93_784_500),
            ("pt5m", 300_000),
            ("+PT10S", 10_000),
            ("PT1,5S", 1_500),
            ("PT1.S", 1_000),
            ("-PT30S", -30_000),
            ("PT-30S", -30_000),
            ("-PT-30S", 30_000),
            ("PT-0.5S", -500),
            ("PT0.0015S", 1),
            ("-PT0.0015S", -1),
            ("P100000D", 8_640_000_000_000),
            ("PT0S", 0),
        ] {
            assert_eq!(JavaDuration::parse(text).and_then(JavaDuration::as_millis), Some(millis), "{text}");
        }
    }

    #[test]
    fn refuses_what_java_refuses() {
        for text in [
            "",
            " ",
            "P",
            "PT",
            "P1M",
            "P1Y",
            "P1W",
            "P1DT",
            " PT1S",
            "PT1S ",
            "PT1M1H",
            "PT1.5M",
            "PT.5S",
            "PT1.0000000001S",
            "1S",
            "PTS",
            "PT30",
            "P1D1D",
            "PT1S1S",
            "PT+-1S",
            "PT9223372036854775808S",
            "P9223372036854775807D",
            "soon",
            "PT30S,PT60S",
        ] {
            assert_eq!(JavaDuration::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_duration_may_be_too_long_for_milliseconds() {
        assert_eq!(JavaDuration::parse("PT9223372036854775807S").map(JavaDuration::as_millis), Some(None));
    }
}
