//! Compares two recordings at two levels, as the corpus's own comparison does.
//!
//! *Outcome*: consuming elements, what became of the messages, commands' target, correlation key and message id.
//! *Full*: also every field of the commands (variables by value), parameters of the receives except the number of
//! messages and the visibility timeout, credentials, region, states of elements, number of consumers.

use serde_json::{Map, Value, json};
use std::fmt::Write as _;

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Level {
    Outcome,
    Full,
}

/// One line for each part that differs.
pub(crate) fn differences(want: &Value, got: &Value, level: Level) -> Vec<String> {
    let (want_view, mut got_view) = (view(want, level), view(got, level));
    if level == Level::Full {
        for (queue, consumers) in want_view["consumers"].as_object().into_iter().flatten() {
            if consumers.is_null() {
                got_view["consumers"][queue] = Value::Null;
            }
        }
    }
    let parts = want_view.as_object().unwrap();
    let differing = parts.iter().filter(|(name, part)| got_view[name.as_str()] != **part);
    differing
        .map(|(name, part)| format!("    {name}: want {part}\n    {name}:  got {}", got_view[name.as_str()]))
        .collect()
}

fn view(recorded: &Value, level: Level) -> Value {
    let activation = recorded["activation"].as_object().unwrap();
    let consuming: Vec<_> =
        activation.iter().filter(|(_, state)| *state == "activated").map(|(id, _)| id).collect();
    let mut view = json!({
        "deleted": sorted(&recorded["deleted"]),
        "kept": sorted(&recorded["kept"]),
        "notReceived": sorted(&recorded["notReceived"]),
        "commands": commands(recorded, level),
        "consuming": sorted(&json!(consuming)),
    });
    if level == Level::Full {
        view["activation"] = canonical(&recorded["activation"]);
        view["receive"] = receives(recorded);
        let queues = recorded["queues"].as_object().unwrap().iter();
        view["consumers"] = canonical(
            &queues
                .map(|(name, queue)| (name.clone(), queue["consumers"].clone()))
                .collect::<Map<_, _>>()
                .into(),
        );
    }
    view
}

fn sorted(list: &Value) -> Value {
    let mut list = list.as_array().unwrap().clone();
    list.sort_by_key(Value::to_string);
    list.dedup();
    list.into()
}

fn commands(recorded: &Value, level: Level) -> Value {
    let reduced = recorded["commands"].as_array().unwrap().iter().map(|command| {
        let target = if command["op"] == "publish" { "name" } else { "bpmnProcessId" };
        let mut reduced = json!({
            "op": command["op"], "target": command[target], "correlationKey": command["correlationKey"],
            "messageId": command["messageId"], "answer": command["answer"],
        });
        if level == Level::Full {
            for field in [
                "timeToLive",
                "version",
                "processDefinitionKey",
                "startInstructions",
                "tags",
                "businessId",
                "tenantId",
            ] {
                reduced[field] = command[field].clone();
            }
            reduced["variables"] = variables(command["variables"].as_str().unwrap());
        }
        reduced
    });
    let mut reduced: Vec<_> = reduced.collect();
    reduced.sort_by_key(Value::to_string);
    reduced.into()
}

fn receives(recorded: &Value) -> Value {
    let mut all = Vec::new();
    for (name, queue) in recorded["queues"].as_object().unwrap() {
        for receive in queue["receive"].as_array().unwrap() {
            let parameters = &receive["params"];
            let mut system: Vec<Value> = ["MessageSystemAttributeNames", "AttributeNames"]
                .iter()
                .flat_map(|field| parameters[*field].as_array().cloned().unwrap_or_default())
                .collect();
            system.sort_by_key(Value::to_string);
            system.dedup();
            let user = parameters["MessageAttributeNames"].as_array().cloned().unwrap_or_default();
            all.push(json!([
                name,
                parameters["WaitTimeSeconds"],
                system,
                sorted(&user.into()),
                receive["accessKey"],
                receive["region"],
                receive["sessionToken"]
            ]));
        }
    }
    sorted(&all.into())
}

/// Variables by value; of very long ones the corpus has only length and digest, and here the length counts.
fn variables(text: &str) -> Value {
    if let Some(long) = text.strip_prefix("@LONG:") {
        return json!(format!("long {}", long.split(':').next().unwrap()));
    }
    let value: Value = serde_json::from_str(text).unwrap();
    let canonical = canonical(&value);
    if text.len() > 20_000 { json!(format!("long {}", ascii_length(&canonical))) } else { canonical }
}

/// Members sorted, numbers by value.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(format!("n:{}", decimal(&number.to_string()))),
        Value::Array(items) => items.iter().map(canonical).collect(),
        Value::Object(fields) => {
            let mut fields: Vec<_> =
                fields.iter().map(|(name, field)| (name.clone(), canonical(field))).collect();
            fields.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(fields.into_iter().collect())
        }
        other => other.clone(),
    }
}

/// Digits without zeros around them, and the exponent that belongs to them.
fn decimal(text: &str) -> String {
    let (sign, text) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let exponent = exponent.parse::<i64>().unwrap() - fraction.len() as i64;
    let significant = digits.trim_end_matches('0');
    let exponent = exponent + (digits.len() - significant.len()) as i64;
    let significant = significant.trim_start_matches('0');
    if significant.is_empty() { "0".to_owned() } else { format!("{sign}{significant}e{exponent}") }
}

/// The length of the compact text with everything outside ASCII escaped.
fn ascii_length(value: &Value) -> usize {
    let mut text = String::new();
    write!(text, "{value}").unwrap();
    text.chars().map(|c| if c.is_ascii() { 1 } else { 6 * c.len_utf16() }).sum()
}
