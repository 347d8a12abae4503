//! Temporal values against the answers that `java.time` gave.

use super::*;

/// 13,410 rows `zone, local time, resolved local time, offset in seconds`.
const ZONES: &str = include_str!("../../tests/corpus/zone-cases.tsv");

/// Zones whose rules changed between the editions of the zone database behind the recording and jiff's.
const OTHER_EDITION: [&str; 7] = [
    "Africa/Casablanca",
    "Africa/El_Aaiun",
    "America/Rainy_River",
    "America/Yellowknife",
    "CST6CDT",
    "EST5EDT",
    "PST8PDT",
];

#[test]
fn resolves_local_times_as_java_does() {
    let (mut equal, mut unknown, mut other_edition) = (0, 0, 0);
    for line in ZONES.lines() {
        let [id, local, want_local, want_offset] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("row {line}")
        };
        let Ok(zone) = Zone::parse(id) else {
            assert!(id.starts_with("SystemV/"), "{id} is unknown");
            unknown += 1;
            continue;
        };
        let resolved = DateTime::of_local(LocalDateTime::parse(local).unwrap(), zone).unwrap();
        let want = (LocalDateTime::parse(want_local).unwrap(), want_offset.parse::<i32>().unwrap());
        if (resolved.local(), resolved.offset_seconds()) == want {
            equal += 1;
        } else {
            assert!(OTHER_EDITION.contains(&id), "{line} got {resolved}");
            other_edition += 1;
        }
    }
    assert!(equal >= 13_095, "only {equal} equal, {other_edition} of another edition");
    assert_eq!((equal + other_edition, unknown), (13_107, 303));
}
