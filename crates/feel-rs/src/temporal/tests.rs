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
