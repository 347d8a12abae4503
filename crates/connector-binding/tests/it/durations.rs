//! `JavaDuration` on arbitrary text.

use connector_binding::JavaDuration;
use proptest::prelude::*;

proptest! {
    #[test]
    fn never_panics(text in "[-+PpDdTtHhMmSs0-9., ]{0,24}|\\PC{0,12}") {
        let _ = JavaDuration::parse(&text).map(JavaDuration::as_millis);
    }

    #[test]
    fn the_parts_add_up(negative: bool, days in -9_999i64..9_999, hours in -99i64..99, minutes in -99i64..99, seconds in 0i64..99, fraction in 0u32..1_000) {
        let sign = if negative { "-" } else { "" };
        let text = format!("{sign}P{days}DT{hours}H{minutes}M{seconds}.{fraction:03}S");
        let total = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000 + i64::from(fraction);
        let expected = if negative { -total } else { total };
        prop_assert_eq!(JavaDuration::parse(&text).and_then(JavaDuration::as_millis), Some(expected), "{}", text);
    }

    #[test]
    fn case_and_comma_do_not_matter(seconds in 0u32..100_000, fraction in 0u32..1_000) {
        let text = format!("PT{seconds}.{fraction:03}S");
        let other = text.to_lowercase().replace('.', ",");
        prop_assert_eq!(JavaDuration::parse(&text), JavaDuration::parse(&other));
    }

    #[test]
    fn white_space_is_refused(before in " {0,2}", after in " {0,2}") {
        let text = format!("{before}PT5S{after}");
        prop_assert_eq!(JavaDuration::parse(&text).is_some(), before.is_empty() && after.is_empty());
    }
}
