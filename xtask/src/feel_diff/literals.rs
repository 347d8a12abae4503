//! Literals of each kind, with the odd ones over-represented.

use super::random::Random;

#[rustfmt::skip]
const NUMBERS: &[&str] = &[
    "0", "1", "2", "3", "-1", "5", "7", "10", "100", "0.5", ".5", "1.0", "1.10", "2.50", "-2.5", "1.005",
    "0.1", "0.001", "1000000", "123456789", "2147483647", "2147483648", "9007199254740993",
    "9223372036854775807", "9223372036854775808", "12345678901234567890123456789012345678901234567890",
    "0.00000001", "0.000", "00012", "007.50", "3.14159265358979323846264338327950288419716939937510",
    "1.7976931348623157", "-0", "-0.0", "99.995", "1e3", "5.", "24", "60", "-13", "12", "31", "366",
    "0.3333333333333333", "10000000000000000000000", "1234.5678",
];
#[rustfmt::skip]
const TEXTS: &[&str] = &[
    "", "a", "b", "abc", "foobar", "order.created", " a b ", "äöü", "ß", "日本", "😀", "a😀b", "ǅ", "İ", "ﬃ",
    "e\u{301}", "1", "1.5", "1,000.50", "1 000,5", "-0", "1e3", ",", ".", " ", "'", ";", "\\n", "\\t",
    "\\\"", "\\\\", "\\u0041", "a,b;c", "true", "null", "a-1-b-2", "A", "Z", "aAbB", "2024-02-29",
    "10:30:00", "2024-02-29T10:30:00Z", "P1D", "PT1H", "P1Y2M", "$1", "\\r\\n", "x\u{a0}y", "\u{2003}",
    "HALF_UP", "up", "DOWN", "half_even", "ceiling", "FLOOR", "unknown", "k", "0x10", "１２", "NaN",
    "Infinity", "+5", "5.", ".5", "1_000", "a\nb", "//", "/*", "{", "[1]",
];
#[rustfmt::skip]
const PATTERNS: &[&str] = &[
    "a", "b+", "[a-c]+", "(a)(b)?", "\\\\d+", "\\\\s", "^a", "b$", ".", ".*", "", "a|b", "(?i)A", "[^a]",
    "\\\\w+", "\\\\.", "(?<n>o)", "o{2}", "x?", "\\\\p{L}", "\\\\p{Lu}", "(a", "[", "*", "\\\\", "(?=b)",
    "(?<!a)b", "\\\\Qa.b\\\\E", "a++", "[\\\\w&&[^a]]", "\\\\b", "(.)\\\\1", "-", ",", ";", "\\\\R",
    "\\\\h", "[-.]", "\\\\D", "(\\\\d+)-", "$", "^", "\\\\W", "[[:alpha:]]", "a{,2}", "😀",
];
#[rustfmt::skip]
const FLAGS: &[&str] = &[
    "i", "s", "m", "x", "im", "", "q", "smix", "ii", "z",
];
#[rustfmt::skip]
const DATES: &[&str] = &[
    "2024-02-29", "2024-01-01", "2023-12-31", "2024-12-30", "2021-01-03", "1970-01-01", "0001-01-01",
    "-0044-03-15", "9999-12-31", "999999999-12-31", "2024-02-30", "2024-13-01", "24-01-01", "2024-1-1",
    "+2024-01-01", "12024-01-01", "2026-03-15", "2024-03-31", "2024-10-27", "1900-02-29", "2000-02-29",
    "2024-02-29 ", "", "0000-01-01", "-999999999-01-01", "2024-12-31",
];
#[rustfmt::skip]
const TIMES: &[&str] = &[
    "10:30:00", "10:30", "00:00:00", "23:59:59", "23:59:59.999999999", "24:00:00", "10:30:00.5",
    "10:30:00Z", "10:30:00+01:00", "10:30:00-03:30", "10:30:00@Europe/Berlin", "10:30@America/New_York",
    "10:30:00@Etc/UTC", "10:30:00@europe/berlin", "1:30:00", "10:30:00+18:00", "10:30:00+19:00",
    "10:30:00+01:00:30", "10:30:00.1234567890", "10:60:00", "T10:30:00", "10:30:00z", "10", "10:30:00@EST",
    "10:30:00+0100", "10:30:00+01", "10:30:00@", "10:30:00@GMT+2", "10:30:00@UTC", "10:30:00@Z",
];
#[rustfmt::skip]
const ZONES: &[&str] = &[
    "", "", "", "Z", "+00:00", "+01:00", "-03:30", "@Europe/Berlin", "@America/New_York", "@Etc/UTC",
    "@Asia/Tokyo", "@Asia/Kolkata", "@Australia/Lord_Howe", "@europe/berlin", "@Nowhere", "+14:00", "@UTC",
    "@GMT", "@America/Sao_Paulo", "@Pacific/Apia", "z", "@EST",
];
#[rustfmt::skip]
const DAYS: &[&str] = &[
    "P1D", "PT1H", "PT36H", "-P1D", "P1DT2H3M4S", "PT0S", "PT0.5S", "PT-1H", "P1W", "PT1H1.123456789S",
    "PT90M", "-PT0.001S", "P0D", "PT25H", "P1Y1D", "P", "PT", "P1D ", "P366D", "PT1S", "P1.5D", "pt1h",
    "P-1DT-1H", "+P1D", "P106751991167301D", "PT86400S", "-PT1H30M",
];
#[rustfmt::skip]
const MONTHS: &[&str] = &[
    "P1Y", "P2M", "P1Y2M", "P14M", "-P1Y", "P0Y", "-P13M", "P1Y-2M", "P999999999Y", "P0M", "p1y", "P1Y2",
    "P12M", "+P1M",
];
#[rustfmt::skip]
const DOCUMENTS: &[&str] = &[
    "1", "1.10", "1e22", "-0", "\\\"a\\\"", "null", "true", "[1,2.0,\\\"x\\\"]",
    "{\\\"a\\\":1,\\\"b\\\":{\\\"c\\\":[null]}}", "{", "", "[1,]", "{\\\"a b\\\":1.0}",
    "12345678901234567890", "1 2", "nul", "{\\\"a\\\":1,\\\"a\\\":2}", "\\\"2024-01-01\\\"", "[]", "{}",
    " 1 ", "01", "{\\\"x\\\":1,\\\"y\\\":2,\\\"z\\\":3,\\\"p\\\":4,\\\"q\\\":5}", "\\\"\\\\u00e4\\\"",
    "NaN", "'a'", "0.1", "100",
];

/// A number's text.
pub(super) fn number(random: &mut Random) -> String {
    if random.percent(55) {
        return random.pick(NUMBERS).to_owned();
    }
    let digits = 1 + random.below(7);
    let mut text: String = (0..digits).map(|_| random.pick(&["0", "1", "2", "3", "5", "9"])).collect();
    if random.percent(40) {
        text.push('.');
        for _ in 0..=random.below(4) {
            text.push_str(random.pick(&["0", "1", "5", "9", "4"]));
        }
    }
    text
}

/// A small whole number, as positions and counts are.
pub(super) fn position(random: &mut Random) -> String {
    random.pick(&["1", "2", "3", "0", "-1", "-2", "4", "10", "1.5", "-10"]).to_owned()
}

/// How many places a number shall have; as many as millions take minutes.
pub(super) fn scale(random: &mut Random) -> String {
    if random.percent(80) {
        return position(random);
    }
    random.pick(&["34", "35", "100", "-40", "0.9", "2147483648", "null", "\"1\"", "b", "l[1]"]).to_owned()
}

/// What stands between the quotes of a text.
pub(super) fn text(random: &mut Random) -> String {
    let mut text = random.pick(TEXTS).to_owned();
    if random.percent(25) {
        text.push_str(random.pick(TEXTS));
    }
    text
}

/// What stands between the quotes of a regular expression.
pub(super) fn pattern(random: &mut Random) -> String {
    let mut pattern = random.pick(PATTERNS).to_owned();
    if random.percent(25) {
        pattern.push_str(random.pick(PATTERNS));
    }
    pattern
}

/// The flags of a regular expression.
pub(super) fn flags(random: &mut Random) -> &'static str {
    random.pick(FLAGS)
}

/// A date's text.
pub(super) fn date(random: &mut Random) -> String {
    if random.percent(60) {
        return random.pick(DATES).to_owned();
    }
    let (year, month, day) = (1890 + random.below(200), 1 + random.below(12), 1 + random.below(31));
    format!("{year}-{month:02}-{day:02}")
}

/// A time's text.
pub(super) fn time(random: &mut Random) -> String {
    if random.percent(60) {
        return random.pick(TIMES).to_owned();
    }
    format!("{:02}:{:02}:{:02}{}", random.below(24), random.below(60), random.below(60), random.pick(ZONES))
}

/// A date-time's text.
pub(super) fn date_time(random: &mut Random) -> String {
    let date = date(random);
    if random.percent(10) {
        return date;
    }
    let time = if random.percent(30) {
        time(random)
    } else {
        let clock = random.pick(&[
            "10:30:00",
            "02:30:00",
            "00:00:00",
            "23:59:59.5",
            "12:00",
            "01:59:59",
            "03:00:00.000000001",
        ]);
        format!("{clock}{}", random.pick(ZONES))
    };
    format!("{date}T{time}")
}

/// The text of a duration of days.
pub(super) fn days(random: &mut Random) -> &'static str {
    random.pick(DAYS)
}

/// The text of a duration of months.
pub(super) fn months(random: &mut Random) -> &'static str {
    random.pick(MONTHS)
}

/// A JSON document, escaped to stand between quotes.
pub(super) fn document(random: &mut Random) -> &'static str {
    random.pick(DOCUMENTS)
}
