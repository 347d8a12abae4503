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
