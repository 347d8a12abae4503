//! Decimals against the answers that Java's `BigDecimal` gave.

use super::*;

/// 20,975 rows `operation, a, b, result`; `ERR` where Java throws.
const CASES: &str = include_str!("../../tests/corpus/decimal-cases.tsv");

fn compute(operation: &str, a: &str, b: &str) -> Result<Decimal, DecimalError> {
    let left = Decimal::parse(a).unwrap();
    if let Some(mode) = operation.strip_prefix("scale:") {
        return left.set_scale(b.parse().unwrap(), Rounding::from_name(mode).unwrap());
    }
    match operation {
        "double" => return Decimal::from_f64(left.to_f64()),
        "pow" => return left.pow(b.parse().unwrap()),
        _ => {}
    }
    let right = Decimal::parse(b).unwrap();
    match operation {
        "add" => left.add(&right),
        "sub" => left.sub(&right),
        "mul" => left.mul(&right),
        "div" => left.div(&right),
        "rem" => left.rem(&right),
        other => panic!("unknown operation {other}"),
    }
}

/// Both ways: with the fast path, and with operands forced into the big form.
#[test]
fn equals_java_in_value_and_text() {
    let mut rows = 0;
    let mut wrong = Vec::new();
    for line in CASES.lines() {
        let [operation, a, b, want] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("row {line}") };
        let got = compute(operation, a, b);
        rows += 1;
        match got {
            Ok(number) => {
                let by_value = want != "ERR" && number == Decimal::parse(want).unwrap();
                if number.to_string() != want || !by_value {
                    wrong.push(format!("{operation} {a} {b}: want {want}, got {number}"));
                }
            }
            Err(_) if want == "ERR" => {}
            Err(error) => wrong.push(format!("{operation} {a} {b}: want {want}, got {error}")),
        }
    }
    assert_eq!(rows, 20_975);
    assert!(wrong.is_empty(), "{} rows differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn reads_fractions_of_json_as_through_a_double() {
    let number = |text: &str| text.parse::<serde_json::Number>().unwrap();
    for whole in [0, 1, 7, 10, 99, 1234, 9_999_999] {
        for fraction in ["0", "00", "1", "10", "5", "25", "001", "0001", "00100", "12345678", "99999999", "3"]
        {
            for sign in ["", "-"] {
                let text = format!("{sign}{whole}.{fraction}");
                let through = Decimal::from_f64(text.parse().unwrap()).unwrap();
                let read = Decimal::from_json(&number(&text)).unwrap();
                assert_eq!(read.to_string(), through.to_string(), "{text}");
            }
        }
    }
    assert_eq!(Decimal::from_json(&number("1.10")).unwrap().to_string(), "1.1");
    assert_eq!(Decimal::from_json(&number("1e22")).unwrap().to_string(), "1.0E+22");
    assert_eq!(
        Decimal::from_json(&number("12345678901234567890")).unwrap().to_string(),
        "12345678901234567890"
    );
}

#[test]
fn becomes_a_long_or_a_double_in_json() {
    let json = |text: &str| Decimal::parse(text).unwrap().to_json().to_string();
    assert_eq!(json("3.00"), "3");
    assert_eq!(json("1.50"), "1.5");
    assert_eq!(json("0.0001"), "1.0e-4");
    assert_eq!(json("1E+40"), "1.0e+40");
    assert_eq!(json("9223372036854775807"), "9223372036854775807");
    assert_eq!(json("9223372036854775808"), "9.223372036854776e+18");
    assert_eq!(json("1E+400"), "\"Infinity\"");
    assert_eq!(json("-1E+400"), "\"-Infinity\"");
}

#[test]
fn keeps_the_precision_of_the_left_operand() {
    let long = Decimal::parse("12345678901234567890123456789012345678901234567890").unwrap();
    assert_eq!(
        long.add(&Decimal::ONE).unwrap().to_string(),
        "12345678901234567890123456789012345678901234567891"
    );
    assert_eq!(Decimal::ONE.add(&long).unwrap().to_string(), "1.234567890123456789012345678901235E+49");
}

#[test]
fn answers_huge_exponents_at_once() {
    let huge = Decimal::parse("1E+1000000000").unwrap();
    assert_eq!(
        huge.add(&Decimal::ONE).unwrap().to_string(),
        "1.000000000000000000000000000000000E+1000000000"
    );
    assert_eq!(
        Decimal::TEN.pow(999_999_999).unwrap().to_string(),
        "1.000000000000000000000000000000000E+999999999"
    );
    assert_eq!(Decimal::ONE.set_scale(i32::MAX, Rounding::Up), Err(DecimalError::Unrepresentable));
    assert_eq!(Decimal::ONE.set_scale(1_000_000, Rounding::Up), Err(DecimalError::TooManyDigits));
    assert_eq!(Decimal::ONE.set_scale(-1_000_000, Rounding::Up).unwrap().to_string(), "1E+1000000");
    assert!(huge > Decimal::ONE && huge.neg() < Decimal::ONE);
}

#[test]
fn equal_numbers_hash_alike() {
    use std::hash::{BuildHasher, RandomState};
    let state = RandomState::new();
    let hash = |text: &str| state.hash_one(Decimal::parse(text).unwrap());
    assert_eq!(hash("1"), hash("1.000"));
    assert_eq!(hash("1E+3"), hash("1000"));
    assert_eq!(hash("0"), hash("0.00"));
    let (long, longer) = ("9".repeat(40), format!("{}.0", "9".repeat(40)));
    assert_eq!(hash(&long), hash(&longer));
}

#[test]
fn writes_doubles_as_java_does() {
    let rows = [
        (-900_719_925_474_099.3, "-9.007199254740992E14"),
        (2e-3, "0.002"),
        (1e-3, "0.001"),
        (9.999e-4, "9.999E-4"),
        (1e7, "1.0E7"),
        (9_999_999.0, "9999999.0"),
        (2e23, "2.0E23"),
        (f64::MIN_POSITIVE, "2.2250738585072014E-308"),
        (5e-324, "4.9E-324"),
        (-1e-323, "-9.9E-324"),
        (f64::MAX, "1.7976931348623157E308"),
        (9_007_199_254_740_992.0, "9.007199254740992E15"),
        (2_f64.powi(-44), "5.684341886080802E-14"),
        (-0.0, "-0.0"),
    ];
    for (value, text) in rows {
        assert_eq!(super::double_text(value), text);
    }
}

/// Of the digits that read back as a double none are fewer, none of as many nearer, and none equally near but even.
mod the_text_of_a_double {
    use num_bigint::BigInt;
    use proptest::prelude::*;

    use super::*;

    /// A finite double exactly, in units of 2^-1074.
    fn exact(value: f64) -> BigInt {
        let bits = value.to_bits();
        let (exponent, fraction) = ((bits >> 52) & 0x7FF, bits & ((1 << 52) - 1));
        match exponent {
            0 => BigInt::from(fraction),
            _ => BigInt::from(fraction | (1 << 52)) << (exponent - 1),
        }
    }

    /// How far digits are from the double, in units of 2^-1074 * 10^-400.
    fn distance(digits: u64, exponent: i32, value: f64) -> BigInt {
        let power = u32::try_from(exponent + 400).unwrap();
        let decimal: BigInt = (BigInt::from(digits) * BigInt::from(10).pow(power)) << 1074;
        let double = exact(value) * BigInt::from(10).pow(400);
        let difference: BigInt = decimal - double;
        BigInt::from(difference.magnitude().clone())
    }

    fn reads_back(digits: u64, exponent: i32, value: f64) -> bool {
        format!("{digits}e{exponent}").parse() == Ok(value)
    }

    fn doubles() -> impl Strategy<Value = f64> {
        prop_oneof![
            any::<u64>().prop_map(|bits| f64::from_bits(bits & !(1 << 63))),
            // Ties need doubles of few digits behind the point that are large.
            (1_u32 << 30.., 0_u32..1 << 20, 1..4_i32).prop_map(|(high, low, halvings)| {
                (f64::from(high) * 1_048_576.0 + f64::from(low)) / 2_f64.powi(halvings)
            }),
            (0_u64..5_000).prop_map(f64::from_bits),
            (1_u64..2_046).prop_map(|exponent| f64::from_bits(exponent << 52)),
        ]
    }

    proptest! {
        #[test]
        fn is_the_shortest_nearest_and_even(value in doubles()) {
            prop_assume!(value.is_finite() && value != 0.0);
            let text = double_text(value);
            prop_assert_eq!(text.parse(), Ok(value));
            let (head, exponent) = text.split_once('E').unwrap_or((&text, "0"));
            let (whole, fraction) = head.split_once('.').unwrap();
            let fraction = if fraction == "0" && whole.len() > 1 { "" } else { fraction };
            let digits: u64 = format!("{whole}{fraction}").parse().unwrap();
            let exponent = exponent.parse::<i32>().unwrap() - i32::try_from(fraction.len()).unwrap();
            let mine = distance(digits, exponent, value);
            for other in [digits - 1, digits + 1] {
                let theirs = distance(other, exponent, value);
                let is_better = theirs < mine || (theirs == mine && digits % 2 == 1);
                prop_assert!(!(is_better && reads_back(other, exponent, value)), "{} but {}", text, other);
            }
            if digits >= 100 && !digits.is_multiple_of(10) {
                for shorter in [digits / 10, digits / 10 + 1] {
                    prop_assert!(!reads_back(shorter, exponent + 1, value), "{} but {}", text, shorter);
                }
            }
        }
    }
}

mod the_fast_path_equals_the_exact_one {
    use proptest::prelude::*;

    use super::*;
    use crate::decimal::quotient::divide_exactly;

    /// Numbers of up to 34 digits with scales that need aligning.
    fn numbers() -> impl Strategy<Value = Decimal> {
        let coefficients = prop_oneof![
            -1000_i128..1000,
            any::<i64>().prop_map(i128::from),
            -(TEN_TO_34 - 1)..TEN_TO_34,
            (-99_i128..99).prop_map(|leading| leading * 10_i128.pow(20)),
        ];
        (coefficients, -40..60_i32).prop_map(|(coefficient, scale)| Decimal::exact(coefficient, scale))
    }

    fn text(result: Result<Decimal, DecimalError>) -> Result<String, DecimalError> {
        result.map(|number| number.to_string())
    }

    proptest! {
        #[test]
        fn in_sums(left in numbers(), right in numbers()) {
            prop_assert_eq!(text(left.add(&right)), text(left.add_big(&right)));
        }

        #[test]
        fn in_products(left in numbers(), right in numbers()) {
            prop_assert_eq!(text(left.mul(&right)), text(left.mul_to(&right, PRECISION)));
        }

        #[test]
        fn in_quotients(left in numbers(), right in numbers()) {
            prop_assume!(!left.is_zero() && !right.is_zero());
            prop_assert_eq!(text(left.div(&right)), text(divide_exactly(&left, &right)));
        }

        #[test]
        fn in_remainders(left in numbers(), right in numbers()) {
            prop_assert_eq!(text(left.rem(&right)), text(left.rem_big(&right)));
        }

        #[test]
        fn in_comparisons(left in numbers(), right in numbers()) {
            prop_assert_eq!(left.cmp(&right), left.compare_big(&right));
        }

        #[test]
        fn in_texts(number in numbers()) {
            let read = Decimal::parse(&number.to_string()).unwrap();
            prop_assert_eq!((read.to_string(), read.scale()), (number.to_string(), number.scale()));
        }
    }
}

#[test]
fn negating_rounds_to_the_own_precision() {
    let padded = Decimal::parse("1.5").unwrap().set_scale(52, Rounding::HalfEven).unwrap();
    assert_eq!(padded.negated().to_string(), "-1.500000000000000000000000000000000");
    let long = "12345678901234567890123456789012345678901234567890";
    assert_eq!(Decimal::parse(long).unwrap().negated().to_string(), format!("-{long}"));
}
