//! The time to live of a message, in Java's notation of durations.

/// Reads a duration such as `PT10M`, `P1DT2H`, `PT1.5S`, `-PT5M`, `pt10m` as milliseconds, fractions below one dropped.
///
/// Days have 24 hours; weeks, months and years are not durations. Source: `java.time.Duration.parse`.
pub fn parse_time_to_live(text: &str) -> Option<i64> {
    let upper = text.to_ascii_uppercase();
    let (negative, rest) = signed(&upper);
    let rest = rest.strip_prefix('P')?;
    let (days, time) = match rest.split_once('T') {
        Some((_, "")) => return None,
        Some((days, time)) => (days, time),
        None => (rest, ""),
    };
    if days.is_empty() && time.is_empty() {
        return None;
    }
    let mut nanoseconds = 0_i128;
    if !days.is_empty() {
        nanoseconds = whole(days.strip_suffix('D')?)?.checked_mul(86_400 * 1_000_000_000)?;
    }
    let time = part(time, 'H', 3_600, &mut nanoseconds)?;
    let time = part(time, 'M', 60, &mut nanoseconds)?;
    nanoseconds = nanoseconds.checked_add(seconds(time)?)?;
    let nanoseconds = if negative { nanoseconds.checked_neg()? } else { nanoseconds };
    i64::try_from(nanoseconds / 1_000_000).ok()
}

fn signed(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// Takes `<whole number><unit>` off the front, when it is there.
fn part<'a>(text: &'a str, unit: char, seconds: i128, total: &mut i128) -> Option<&'a str> {
    let Some((number, rest)) = text.split_once(unit) else { return Some(text) };
    *total = total.checked_add(whole(number)?.checked_mul(seconds * 1_000_000_000)?)?;
    Some(rest)
}

fn whole(text: &str) -> Option<i128> {
    let (negative, digits) = signed(text);
    let number = i128::from(digits_only(digits)?.parse::<i64>().ok()?);
    Some(if negative { -number } else { number })
}

/// `<seconds>[.<up to nine digits>]S` in nanoseconds; nothing is zero.
fn seconds(text: &str) -> Option<i128> {
    if text.is_empty() {
        return Some(0);
    }
    let (negative, number) = signed(text.strip_suffix('S')?);
    let (seconds, fraction) = number.split_once(['.', ',']).unwrap_or((number, ""));
    if fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction: i128 = format!("{fraction:0<9}").parse().ok()?;
    let seconds = i128::from(digits_only(seconds)?.parse::<i64>().ok()?);
    let nanoseconds = seconds.checked_mul(1_000_000_000)?.checked_add(fraction)?;
    Some(if negative { -nanoseconds } else { nanoseconds })
}

fn digits_only(text: &str) -> Option<&str> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_java_reads() {
        for (text, expected) in [
            ("PT10M", 600_000),
            ("pt10m", 600_000),
            ("PT1.5S", 1_500),
            ("PT1.S", 1_000),
            ("P1D", 86_400_000),
            ("P1DT2H3M4.005S", 93_784_005),
            ("PT0S", 0),
            ("PT0.0005S", 0),
            ("-PT5M", -300_000),
            ("-PT0.0005S", 0),
            ("PT-1.5S", -1_500),
            ("PT-5M", -300_000),
            ("-PT-5M", 300_000),
            ("+PT5M", 300_000),
            ("P3650D", 315_360_000_000),
        ] {
            assert_eq!(parse_time_to_live(text), Some(expected), "{text}");
        }
        for text in [
            "",
            " ",
            "P",
            "PT",
            "P1DT",
            "P1W",
            "P1M",
            "P1Y",
            "60000",
            "10 minutes",
            "PT5",
            "PT1.5M",
            " PT5M",
            "PTS",
            "P--1D",
            "PT--1S",
            "PT.5S",
        ] {
            assert_eq!(parse_time_to_live(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "[-+PTDHMS0-9., ]*") {
            let _ = parse_time_to_live(&text);
        }
    }
}
