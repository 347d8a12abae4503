//! From the text of a setting to its value.

use std::time::Duration;

pub(super) fn not_blank(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("must not be blank".to_owned()) } else { Ok(text.trim().to_owned()) }
}

pub(super) fn boolean(text: &str) -> Result<bool, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("takes true or false".to_owned()),
    }
}

pub(super) fn at_least_one(text: &str) -> Result<usize, String> {
    match text.trim().parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err("takes a whole number from 1".to_owned()),
    }
}

/// More than the largest machine has use for, and no more than a system lets a process have.
pub(super) fn threads(text: &str) -> Result<usize, String> {
    at_least_one(text)
        .ok()
        .filter(|count| *count <= 512)
        .ok_or_else(|| "takes a whole number from 1 to 512".to_owned())
}

pub(super) fn number<N: std::str::FromStr>(text: &str) -> Result<N, String> {
    text.trim().parse().map_err(|_| "takes a number".to_owned())
}

/// Bytes, or a number with `KB`, `MB` or the like, of 1024 each as Spring counts.
pub(super) fn size(text: &str) -> Result<usize, String> {
    let text = text.trim().to_ascii_uppercase();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match text.strip_prefix(digits) {
        Some("" | "B") => Some(1),
        Some("K" | "KB" | "KIB") => Some(1024),
        Some("M" | "MB" | "MIB") => Some(1024 * 1024),
        _ => None,
    };
    let bytes = factor.and_then(|factor: usize| digits.trim().parse::<usize>().ok()?.checked_mul(factor));
    bytes
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| "takes a size such as 5MB, 16KB or a number of bytes".to_owned())
}

/// A factor that makes waits longer, never shorter.
pub(super) fn multiplier(text: &str) -> Result<f64, String> {
    number(text)
        .ok()
        .filter(|factor: &f64| factor.is_finite() && *factor >= 1.0)
        .ok_or_else(|| "takes a number from 1".to_owned())
}

/// HTTP statuses, separated by commas.
pub(super) fn statuses(text: &str) -> Result<Vec<u16>, String> {
    list(text)
        .iter()
        .map(|status| number(status))
        .collect::<Result<_, _>>()
        .map_err(|_| "takes a list of HTTP statuses such as 429,503".to_owned())
}

/// Java's keystores are not read; says what to do instead.
pub(super) fn no_keystore(instead: &str) -> Result<(), String> {
    Err(format!(
        "names a Java keystore, which is not read: convert it to PEM (openssl pkcs12 -in keystore.p12 -nodes) and set {instead}"
    ))
}

pub(super) fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

pub(super) fn one_of(text: &str, known: &[&str]) -> Result<String, String> {
    let wanted = text.trim().to_ascii_lowercase();
    if known.contains(&wanted.as_str()) {
        Ok(wanted)
    } else {
        Err(format!("takes one of {}", known.join(", ")))
    }
}

/// A URL with `http` or `https`; `host` or `host:port` alone, as old names have it, is plain text.
pub(super) fn address(text: &str, default_port: &str) -> Result<String, String> {
    let text = text.trim().trim_end_matches('/');
    let complaint = || "takes an address such as http://localhost:26500 or https://host:443".to_owned();
    if text.is_empty() || text.contains(char::is_whitespace) {
        return Err(complaint());
    }
    match text.split_once("://") {
        Some(("http" | "https", rest)) if !rest.is_empty() => Ok(text.to_owned()),
        Some(_) => Err(complaint()),
        None if text.contains(':') => Ok(format!("http://{text}")),
        None => Ok(format!("http://{text}:{default_port}")),
    }
}

/// An ISO-8601 duration such as `PT10S`, a number with `ms`, `s`, `m`, `h`, or a bare number of milliseconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    simple_duration(text)
        .or_else(|| iso_duration(text))
        .ok_or_else(|| "takes a duration such as PT10S, 10s, 500ms or a number of milliseconds".to_owned())
}

/// A duration between two looks at something; shorter ones would be a busy loop.
pub(super) fn pause(text: &str) -> Result<Duration, String> {
    let shortest = Duration::from_millis(100);
    duration(text)
        .and_then(|pause| if pause < shortest { Err("takes at least 100 ms".to_owned()) } else { Ok(pause) })
}

fn simple_duration(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().ok()?;
    let milliseconds = match text.strip_prefix(digits)? {
        "" | "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    Some(Duration::from_millis(number.checked_mul(milliseconds)?))
}

fn iso_duration(text: &str) -> Option<Duration> {
    let milliseconds = connector_binding::JavaDuration::parse(text)?.as_millis()?;
    u64::try_from(milliseconds).ok().map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_durations_as_the_java_runtime_does() {
        assert_eq!(duration("PT1H"), Ok(Duration::from_secs(3600)));
        assert_eq!(duration("500"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("10s"), Ok(Duration::from_secs(10)));
        assert!(duration("-PT1S").is_err());
        assert!(duration("ten").is_err());
    }

    #[test]
    fn reads_sizes_as_spring_does() {
        assert_eq!(size("5MB"), Ok(5 * 1024 * 1024));
        assert_eq!(size("16 kb"), Ok(16 * 1024));
        assert_eq!(size("4096"), Ok(4096));
        for wrong in ["", "MB", "-1", "0", "5TB", "1.5MB"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn reads_statuses_and_multipliers() {
        assert_eq!(statuses("429, 503"), Ok(vec![429, 503]));
        assert!(statuses("429,often").is_err());
        assert_eq!(multiplier("1.5"), Ok(1.5));
        for wrong in ["0.5", "NaN", "inf", "x"] {
            assert!(multiplier(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_address_without_scheme_is_plain_text() {
        assert_eq!(address("zeebe:26500", "26500").as_deref(), Ok("http://zeebe:26500"));
        assert_eq!(address("zeebe", "26500").as_deref(), Ok("http://zeebe:26500"));
        assert_eq!(address("https://a.b/", "26500").as_deref(), Ok("https://a.b"));
        assert!(address("ftp://a", "26500").is_err());
        assert!(address("", "26500").is_err());
    }
}
