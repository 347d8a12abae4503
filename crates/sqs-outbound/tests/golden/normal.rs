//! Brings recordings into a comparable form.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

const LONG: usize = 8_192;
const TAIL: &str = " | Error variables: ";
const VIOLATION: &str = " - Property: ";
const RULE: &str = ": Validation failed. Original message: ";

/// A text without what may differ between two runs: the order of violations and object hashes; a long one as its digest.
fn text(content: &str) -> String {
    shortened(&unhashed(&sorted_violations(content)))
}

fn sorted_violations(content: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut block: Vec<String> = Vec::new();
    for line in content.split('\n') {
        let Some((property, rule)) = line.split_once(RULE).filter(|_| line.starts_with(VIOLATION)) else {
            lines.append(&mut block);
            lines.push(line.to_owned());
            continue;
        };
        // What follows the last rule of a block stays where it is.
        let end = rule.find(|c: char| !c.is_ascii_alphabetic() && c != ' ').unwrap_or(rule.len());
        let end = rule.get(..end).unwrap().trim_end().len();
        let (words, behind) = rule.split_at(end);
        block.push(format!("{property}{RULE}{words}"));
        block.sort();
        if !behind.is_empty() {
            block.last_mut().unwrap().push_str(behind);
            lines.append(&mut block);
        }
    }
    lines.append(&mut block);
    lines.join("\n")
}

fn unhashed(content: &str) -> String {
    let mut parts = content.split('@');
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.chars().take_while(|c| matches!(c, '0'..='9' | 'a'..='f')).count();
        result.push('@');
        if (4..=8).contains(&digits)
            && result.trim_end_matches('@').ends_with(|c: char| c.is_ascii_alphabetic() || c == ';')
        {
            result.push_str("HASH");
            result.push_str(part.get(digits..).unwrap());
        } else {
            result.push_str(part);
        }
    }
    result
}

fn shortened(content: &str) -> String {
    let characters = content.chars().count();
    if characters <= LONG {
        return content.to_owned();
    }
    let digest: String =
        Sha256::digest(content.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let head: String = content.chars().take(60).collect();
    format!("$long chars={characters} sha256={digest} head={head}")
}

/// A document with comparable texts and numbers.
pub(crate) fn deep(value: &Value) -> Value {
    match value {
        Value::String(content) => Value::String(text(content)),
        Value::Number(number) => Value::String(format!("$number {}", canonical(&number.to_string()))),
        Value::Array(items) => Value::Array(items.iter().map(deep).collect()),
        Value::Object(fields) => {
            Value::Object(sorted(fields.iter().map(|(name, field)| (text(name), deep(field)))))
        }
        other => other.clone(),
    }
}

fn sorted(fields: impl Iterator<Item = (String, Value)>) -> Map<String, Value> {
    let mut fields: Vec<(String, Value)> = fields.collect();
    fields.sort_by(|(a, _), (b, _)| a.cmp(b));
    fields.into_iter().collect()
}

/// The value of a number: digits and exponent. Literals that are no integers are compared as doubles.
fn canonical(literal: &str) -> String {
    let integer = literal.strip_prefix('-').unwrap_or(literal).bytes().all(|byte| byte.is_ascii_digit());
    let decimal = if integer { literal.to_owned() } else { format!("{:e}", literal.parse::<f64>().unwrap()) };
    let (mantissa, exponent) = decimal.split_once('e').unwrap_or((&decimal, "0"));
    let negative = mantissa.starts_with('-');
    let mantissa = mantissa.trim_start_matches('-');
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return "0".to_owned();
    }
    let zeros = digits.len() - digits.trim_end_matches('0').len();
    let exponent = exponent.parse::<i64>().unwrap() - i64::try_from(fraction.len()).unwrap()
        + i64::try_from(zeros).unwrap();
    format!("{}{significant}e{exponent}", if negative { "-" } else { "" })
}

/// An error message whose tail has a fixed order of keys.
pub(crate) fn message(content: &str, variables: &Value) -> String {
    let Some((head, tail)) = content.split_once(TAIL) else { return text(content) };
    let complete = java_map(variables);
    if letters(tail) == letters(&complete) {
        return text(&format!("{head}{TAIL}{complete}"));
    }
    if content.chars().count() >= 5_990 {
        return text(&format!("{head}{TAIL}(cut)"));
    }
    text(content)
}

fn letters(content: &str) -> Vec<char> {
    let mut letters: Vec<char> = content.chars().collect();
    letters.sort_unstable();
    letters
}

fn java_map(value: &Value) -> String {
    match value {
        Value::String(content) => content.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(java_map).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| (*name).clone());
            let fields: Vec<_> =
                fields.iter().map(|(name, field)| format!("{name}={}", java_map(field))).collect();
            format!("{{{}}}", fields.join(", "))
        }
        other => other.to_string(),
    }
}

/// Error texts out, the structure stays.
pub(crate) fn masked(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, field)| {
                let hidden =
                    field.is_string() && matches!(name.as_str(), "message" | "errorMessage" | "error");
                let number = field.as_str().is_some_and(|content| content.starts_with("$number "));
                (name.clone(), if hidden && !number { Value::from("$text") } else { masked(field) })
            });
            Value::Object(fields.collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(masked).collect()),
        other => other.clone(),
    }
}

/// Our additions out of `got`: `code` beside `type` and `message`, more fields beside `messageId`.
pub(crate) fn tolerated(want: &Value, got: &Value) -> Value {
    match (want, got) {
        (Value::Object(wanted), Value::Object(fields)) => {
            let added = |name: &str| {
                !wanted.contains_key(name)
                    && ((name == "code" && wanted.contains_key("type") && wanted.contains_key("message"))
                        || (matches!(name, "sequenceNumber" | "md5OfMessageBody")
                            && wanted.contains_key("messageId")))
            };
            let fields = fields.iter().filter(|(name, _)| !added(name)).map(|(name, field)| {
                (name.clone(), wanted.get(name).map_or_else(|| field.clone(), |want| tolerated(want, field)))
            });
            Value::Object(fields.collect())
        }
        (Value::Array(wanted), Value::Array(items)) if wanted.len() == items.len() => {
            Value::Array(wanted.iter().zip(items).map(|(want, item)| tolerated(want, item)).collect())
        }
        _ => got.clone(),
    }
}

/// The message of a command whose variables have lost our additions.
pub(crate) fn tolerated_message(content: &str, variables: &Value, without: &Value) -> String {
    let tail = format!("{TAIL}{}", java_map(variables));
    match content.split_once(TAIL) {
        Some((head, own)) if letters(own) == letters(tail.trim_start_matches(TAIL)) => {
            format!("{head}{TAIL}{}", java_map(without))
        }
        _ => content.to_owned(),
    }
}
