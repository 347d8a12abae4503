//! How two answers differ.

use serde_json::Value;

/// The first thing in which two answers differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// What differs.
    pub(super) class: &'static str,
    /// The reference's answer.
    pub(super) reference: String,
    /// Our answer.
    pub(super) ours: String,
    /// What the reference warns of.
    pub(super) warnings: Vec<String>,
}

impl Difference {
    /// What must stay the same while an expression is made smaller.
    pub(super) fn shape(&self) -> String {
        format!("{} / {} / {}", self.class, stem(&self.reference), stem(&self.ours))
    }
}

/// The type of a value, or the start of an error without what it repeats of the expression.
fn stem(answer: &str) -> String {
    let error = answer.split_once("': ").or_else(|| answer.split_once("' : ")).map_or("", |(_, error)| error);
    let head = answer.split([':', '=']).next().unwrap_or(answer);
    let error: String =
        error.chars().take_while(|char| char.is_alphabetic() || " .".contains(*char)).collect();
    format!("{head} {error}")
}

/// Where the answers differ, if they do.
pub(super) fn difference(reference: &Value, ours: &Value) -> Option<Difference> {
    let class = class(reference, ours)?;
    let warned = warnings(reference);
    let (reference, ours) = match class {
        "warnings" => first_unequal(&warned, &warnings(ours)),
        _ => (summary(reference), summary(ours)),
    };
    Some(Difference { class, reference, ours, warnings: warned })
}

/// Whether an engine gave up waiting for itself.
pub(super) fn is_timeout(answer: &Value) -> bool {
    phase(answer) == "timeout"
}

fn class(reference: &Value, ours: &Value) -> Option<&'static str> {
    if is_timeout(reference) {
        return Some("the reference takes too long");
    }
    if ours.is_null() {
        return Some("our process ends");
    }
    if reference.is_null() {
        return Some("the reference's process ends");
    }
    match (phase(reference), phase(ours)) {
        ("ok", "ok") => value_class(reference, ours),
        ("parse", "parse") => {
            let (reference, ours) = (text(reference, "error"), text(ours, "error"));
            let is_alike = without_expected(reference) == without_expected(ours);
            (reference != ours).then_some(if is_alike {
                "what a parser expected"
            } else {
                "text of a failure"
            })
        }
        ("eval", "eval") => {
            let differs = text(reference, "error") != text(ours, "error");
            differs.then_some("text of a failure").or_else(|| warning_class(reference, ours))
        }
        ("parse", _) => Some("accepts what the reference rejects"),
        (_, "parse") => Some("rejects what the reference accepts"),
        ("ok", _) => Some("fails where the reference has a value"),
        (_, "ok") => Some("has a value where the reference fails"),
        _ => Some("another kind of failure"),
    }
}

/// The text of a parser's failure without the list of the rules that it tried.
fn without_expected(error: &str) -> Option<(&str, &str)> {
    let (head, rest) = error.rsplit_once("': Expected (")?;
    Some((head, rest.rsplit_once("):")?.1))
}

fn value_class(reference: &Value, ours: &Value) -> Option<&'static str> {
    if text(reference, "type") != text(ours, "type") {
        return Some("type");
    }
    let expected = serde_json::from_str(text(reference, "value")).unwrap_or(Value::Null);
    let found = ours.get("value").unwrap_or(&Value::Null);
    if !equal(&expected, found, |x, y| x.as_f64() == y.as_f64()) {
        let is_near = equal(&expected, found, are_near);
        return Some(if is_near { "last digit of a double" } else { "value" });
    }
    if !equal(&expected, found, |x, y| digits(x) == digits(y)) {
        return Some("text of a number");
    }
    warning_class(reference, ours)
}

fn warning_class(reference: &Value, ours: &Value) -> Option<&'static str> {
    (reference.get("warnings") != ours.get("warnings")).then_some("warnings")
}

/// Objects without order.
fn equal(x: &Value, y: &Value, same_number: fn(&Value, &Value) -> bool) -> bool {
    match (x, y) {
        (Value::Number(_), Value::Number(_)) => same_number(x, y),
        (Value::Array(x), Value::Array(y)) => {
            x.len() == y.len() && x.iter().zip(y).all(|(x, y)| equal(x, y, same_number))
        }
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len()
                && x.iter().all(|(key, x)| y.get(key).is_some_and(|y| equal(x, y, same_number)))
        }
        (x, y) => x == y,
    }
}

/// Equal but for about the last bit of a double.
fn are_near(x: &Value, y: &Value) -> bool {
    match (x.as_f64(), y.as_f64()) {
        (Some(x), Some(y)) => (x - y).abs() <= x.abs() * 2.0 * f64::EPSILON,
        _ => false,
    }
}

/// A number's text in one spelling of the exponent.
fn digits(number: &Value) -> String {
    number.to_string().to_lowercase().replace("e+", "e")
}

fn phase(answer: &Value) -> &str {
    if answer.get("ok") == Some(&Value::Bool(true)) { "ok" } else { text(answer, "phase") }
}

fn text<'a>(answer: &'a Value, field: &str) -> &'a str {
    answer.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn summary(answer: &Value) -> String {
    match phase(answer) {
        "ok" => {
            let value = answer.get("value").unwrap_or(&Value::Null);
            let value = value
                .as_str()
                .filter(|_| answer.get("id").is_some())
                .map_or_else(|| value.to_string(), str::to_owned);
            format!("{} = {value}", text(answer, "type"))
        }
        "" => "no answer".to_owned(),
        phase => format!("{phase}: {}", text(answer, "error")),
    }
}

fn warnings(answer: &Value) -> Vec<String> {
    let all = answer.get("warnings").and_then(Value::as_array).into_iter().flatten();
    all.map(|warning| format!("{}: {}", text(warning, "type"), text(warning, "message"))).collect()
}

/// The first place where the lists differ; an empty text where one has ended.
fn first_unequal(x: &[String], y: &[String]) -> (String, String) {
    let place = x.iter().zip(y).take_while(|(x, y)| x == y).count();
    let at = |list: &[String]| list.get(place).cloned().unwrap_or_default();
    (at(x), at(y))
}
