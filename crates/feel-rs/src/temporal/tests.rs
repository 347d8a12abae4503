//! Temporal values against the answers that `java.time` gave.

use super::*;

/// 13,410 rows `zone, local time, resolved local time, offset in seconds`.
const ZONES: &str = include_str!("../../tests/corpus/zone-cases.tsv");

/// Zones whose rules changed between the editions of the zone database behind the recording and jiff's, and one of the
/// System V era in 1974.
const OTHER_EDITION: [&str; 8] = [
    "Africa/Casablanca",
    "Africa/El_Aaiun",
    "America/Rainy_River",
    "America/Yellowknife",
    "CST6CDT",
    "EST5EDT",
    "PST8PDT",
    "SystemV/EST5EDT",
];

#[test]
fn resolves_local_times_as_java_does() {
    let (mut equal, mut other_edition) = (0, 0);
    for line in ZONES.lines() {
        let [id, local, want_local, want_offset] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("row {line}")
        };
        let zone = Zone::parse(id).unwrap();
        let resolved = DateTime::of_local(LocalDateTime::parse(local).unwrap(), zone).unwrap();
        let want = (LocalDateTime::parse(want_local).unwrap(), want_offset.parse::<i32>().unwrap());
        if (resolved.local(), resolved.offset_seconds()) == want {
            equal += 1;
        } else {
            assert!(OTHER_EDITION.contains(&id), "{line} got {resolved}");
            other_edition += 1;
        }
    }
    assert!(equal >= 13_397, "only {equal} equal, {other_edition} of another edition");
    assert_eq!(equal + other_edition, 13_410);
}

fn date_time(text: &str) -> DateTime {
    DateTime::parse(text).unwrap()
}

fn days_time(text: &str) -> DaysTimeDuration {
    DaysTimeDuration::parse(text).unwrap()
}

#[test]
fn keeps_the_offset_where_the_zone_still_allows_it() {
    let second = date_time("2024-10-27T02:30:00+01:00[Europe/Berlin]");
    let year = YearsMonthsDuration::parse("P1Y").unwrap();
    assert_eq!(second.offset_seconds(), 3600);
    assert_eq!(date_time("2024-10-27T02:30:00@Europe/Berlin").offset_seconds(), 7200);
    let back = second.plus_months(&year).unwrap().minus_months(&year).unwrap();
    assert_eq!(back, second);
}

#[test]
fn a_day_is_24_hours_that_pass() {
    let before = date_time("2024-03-30T12:00:00@Europe/Berlin");
    assert_eq!(before.plus(&days_time("P1D")).unwrap().to_string(), "2024-03-31T13:00:00@Europe/Berlin");
    let month = YearsMonthsDuration::parse("P1M").unwrap();
    assert_eq!(before.plus_months(&month).unwrap().to_string(), "2024-04-30T12:00:00@Europe/Berlin");
}

#[test]
fn an_offset_that_differs_from_the_zone_decides_the_instant() {
    assert_eq!(
        date_time("2024-06-01T10:00:00+00:00[Europe/Berlin]").to_string(),
        "2024-06-01T12:00:00@Europe/Berlin"
    );
}

#[test]
fn a_gap_moves_on_by_its_length() {
    assert_eq!(date_time("2024-03-31T02:30:00@Europe/Berlin").offset_text(), "2024-03-31T03:30:00+02:00");
}

#[test]
fn a_zoned_time_takes_the_standard_offset() {
    let summer = date_time("2024-07-01T00:00:00Z").epoch_seconds();
    let winter = date_time("2024-01-01T00:00:00Z").epoch_seconds();
    for (zone, hours) in [("Europe/Berlin", 1), ("Europe/Dublin", 0), ("America/New_York", -5), ("UTC", 0)] {
        for now in [summer, winter] {
            let time = Time::parse(&format!("10:30:00@{zone}"), now).unwrap();
            assert_eq!(time.offset_seconds(), hours * 3600, "{zone}");
        }
    }
}

#[test]
fn knows_zones_by_their_exact_names_only() {
    for id in ["Europe/Berlin", "UTC", "Z", "+01:00", "UTC+1", "GMT0", "Etc/GMT-5", "-0330", "SystemV/AST4"] {
        assert!(Zone::parse(id).is_ok(), "{id}");
    }
    let wrong = [
        ("europe/berlin", "java.time.zone.ZoneRulesException: Unknown time-zone ID: europe/berlin"),
        ("EST", "java.time.zone.ZoneRulesException: Unknown time-zone ID: EST"),
        ("X", "java.time.DateTimeException: Invalid ID for ZoneOffset, invalid format: X"),
        ("??", "java.time.DateTimeException: Invalid ID for region-based ZoneId, invalid format: ??"),
        (
            "+19:00",
            "java.time.DateTimeException: Zone offset hours not in valid range: value 19 is not in the range -18 to 18",
        ),
    ];
    for (id, message) in wrong {
        let error = Zone::parse(id).unwrap_err();
        assert_eq!(format!("{}: {error}", error.class()), message);
    }
}

#[test]
fn years_reach_far_beyond_four_digits() {
    let far = Date::parse("999999999-12-31").unwrap();
    assert_eq!(far.to_string(), "+999999999-12-31");
    assert!(far.plus(&days_time("P1D")).is_err());
    assert_eq!(Date::parse("-0044-03-15").unwrap().to_string(), "-0044-03-15");
    assert_eq!(Date::parse("010000-01-01"), None);
    assert_eq!(date_time("12024-07-01T12:00:00@Europe/Berlin").offset_text(), "+12024-07-01T12:00:00+02:00");
    assert_eq!(
        date_time("12024-07-01T12:00:00@Europe/Berlin").to_string(),
        "12024-07-01T12:00:00@Europe/Berlin"
    );
}

#[test]
fn every_day_of_a_cycle_reads_back() {
    let first = Date::parse("1800-01-01").unwrap();
    for days in (0..146_097).step_by(13) {
        let date = Date::from_epoch_days(first.epoch_days() + days).unwrap();
        assert_eq!(Date::parse(&date.to_string()), Some(date));
        assert_eq!(Date::of(date.year(), date.month().into(), date.day().into()), Ok(date));
        assert_eq!(i64::from(date.weekday()), (date.epoch_days() + 3).rem_euclid(7) + 1);
    }
}

#[test]
fn weeks_belong_to_the_year_of_their_thursday() {
    for (text, week) in
        [("2024-01-01", 1), ("2024-12-30", 1), ("2021-01-03", 53), ("2026-12-31", 53), ("2020-12-31", 53)]
    {
        assert_eq!(Date::parse(text).unwrap().week_of_year(), week, "{text}");
    }
}

#[test]
fn writes_durations_in_both_forms() {
    for (text, feel, java) in [
        ("PT36H", "P1DT12H", "PT36H"),
        ("-PT0.5S", "-PT1S", "PT-0.5S"),
        ("PT0.5S", "P0D", "PT0.5S"),
        ("P1DT-1H", "PT23H", "PT23H"),
        ("-P1DT2H3M4S", "-P1DT2H3M4S", "PT-26H-3M-4S"),
        ("PT0S", "P0D", "PT0S"),
    ] {
        assert_eq!(
            (days_time(text).to_string(), days_time(text).iso_text()),
            (feel.to_owned(), java.to_owned())
        );
    }
    for (text, feel, java) in
        [("P14M", "P1Y2M", "P1Y2M"), ("-P1Y2M", "-P1Y2M", "P-1Y-2M"), ("P0M", "P0Y", "P0D")]
    {
        let duration = YearsMonthsDuration::parse(text).unwrap();
        assert_eq!((duration.to_string(), duration.iso_text()), (feel.to_owned(), java.to_owned()));
    }
    for wrong in
        ["P", "PT", "P1W", "P1Y1D", "PT.5S", "PT1.1234567890S", "p1d", "+P1D", "P99999999999999999999D", ""]
    {
        assert!(
            DaysTimeDuration::parse(wrong).is_none() && YearsMonthsDuration::parse(wrong).is_none(),
            "{wrong}"
        );
    }
}

#[test]
fn orders_zoned_values_by_instant_and_equates_them_by_form() {
    let utc = date_time("2024-01-01T00:00:00Z");
    let berlin = date_time("2024-01-01T01:00:00+01:00");
    assert_ne!(utc, berlin);
    assert!(utc.compare(&berlin).is_lt(), "the same instant goes by local time");
    let (utc, berlin) = (Time::parse("10:00:00Z", 0).unwrap(), Time::parse("11:00:00+01:00", 0).unwrap());
    assert_ne!(utc, berlin);
    assert!(utc.compare(&berlin).is_eq());
    assert_eq!(berlin.offset_text(), "11:00+01:00");
}
