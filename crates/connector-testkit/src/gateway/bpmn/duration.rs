//! ISO 8601 durations as timers have them.

use std::time::Duration;

/// Reads a duration such as `PT1.5S`, `P1DT2H` or `P2W`; months count 30 days, years 365.
///
/// A negative duration is over at once, as in Zeebe: it reads as zero. `None` = no duration at all.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let rest = rest.strip_prefix(['P', 'p'])?;
    let (date, time) = match rest.split_once(['T', 't']) {
        Some((_, "")) => return None,
        Some((date, time)) => (date, time),
        None => (rest, ""),
    };
    if date.is_empty() && time.is_empty() {
        return None;
    }
    let seconds = sum(date, &[('Y', 31_536_000.0), ('M', 2_592_000.0), ('W', 604_800.0), ('D', 86_400.0)])?
        + sum(time, &[('H', 3_600.0), ('M', 60.0), ('S', 1.0)])?;
    if negative { Some(Duration::ZERO) } else { Duration::try_from_secs_f64(seconds.max(0.0)).ok() }
}

/// Adds up the parts of one half; the units must come in the order given.
fn sum(mut text: &str, units: &[(char, f64)]) -> Option<f64> {
    let mut total = 0.0;
    let mut units = units.iter();
    while !text.is_empty() {
        let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+')))?;
        let (number, rest) = text.split_at_checked(end)?;
        let mut letters = rest.chars();
        let unit = letters.next()?.to_ascii_uppercase();
        let (_, seconds) = units.find(|(letter, _)| *letter == unit)?;
        total += number.parse::<f64>().ok()? * seconds;
        text = letters.as_str();
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_timers_have() {
        assert_eq!(parse_duration("PT1.5S"), Some(Duration::from_millis(1500)));
        assert_eq!(parse_duration("P1DT2H3M"), Some(Duration::from_secs(86_400 + 7_200 + 180)));
        assert_eq!(parse_duration("P2W"), Some(Duration::from_secs(1_209_600)));
        assert_eq!(parse_duration("-PT5S"), Some(Duration::ZERO));
    }

    #[test]
    fn refuses_what_is_no_duration() {
        for text in ["", "P", "PT", "5", "foo", "PT5", "P5S", "PTS", "PT1S1H"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
