//! Expressions and answers as JSON lines, to compare this engine with another.
//!
//! In: `{"id", "expr", "context"[, "clock"]}`, one a line; the clock is an ISO date-time, with a zone in brackets if need be.
//! Out: `{"id", "ok": true, "type", "value", "warnings"}` or `{"id", "ok": false, "phase", "error", "warnings"}`.

use std::io::{self, BufRead, Write};

use feel_rs::{
    Engine, Expression, FixedClock, Value, Warning,
    temporal::{DateTime, Zone},
};
use serde_json::{Map, Value as Json, json};

use crate::{
    backoff::{self, Jitter},
    engine::body,
    functions,
};

/// Answers each line in turn, until the input ends. A line that is no request is answered with the phase `input`.
///
/// # Errors
/// When reading or writing fails.
pub fn run(reader: impl BufRead, mut writer: impl Write) -> io::Result<()> {
    let engine = Engine::new(functions::registry(
        Jitter::new(std::sync::Arc::new(backoff::random)),
        functions::nonce().into(),
    ));
    for line in reader.lines() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let answer = match serde_json::from_str::<Json>(&line) {
            Ok(request) => answer(&engine, &request),
            Err(error) => failure("input", &error.to_string(), &[]),
        };
        writeln!(writer, "{}", Json::Object(answer))?;
    }
    writer.flush()
}

/// Answers one request.
pub fn answer(engine: &Engine, request: &Json) -> Map<String, Json> {
    let mut answer = Map::new();
    answer.insert("id".into(), request.get("id").cloned().unwrap_or(Json::Null));
    answer.extend(evaluate(engine, request));
    answer
}

fn evaluate(engine: &Engine, request: &Json) -> Map<String, Json> {
    let Some(text) = request.get("expr").and_then(Json::as_str) else {
        return failure("input", "the field 'expr' is missing or no string", &[]);
    };
    let engine = match request.get("clock").and_then(Json::as_str) {
        None => engine.clone(),
        Some(text) => match clock(text) {
            Some(clock) => engine.clone().with_clock(clock),
            None => return failure("input", &format!("the field 'clock' is no date-time: {text}"), &[]),
        },
    };
    match engine.compile(body(text)) {
        Ok(expression) => result(&expression, request.get("context").unwrap_or(&Json::Null)),
        Err(error) => failure("parse", &error.to_string(), &[]),
    }
}

fn result(expression: &Expression, context: &Json) -> Map<String, Json> {
    let outcome = expression.evaluate(&[context]);
    match outcome.result {
        Ok(value) => success(&value, &outcome.warnings),
        Err(error) => failure("eval", &error.to_string(), &outcome.warnings),
    }
}

fn success(value: &Value<'_>, warnings: &[Warning]) -> Map<String, Json> {
    let mut fields = Map::new();
    fields.insert("ok".into(), Json::Bool(true));
    fields.insert("type".into(), value.exact_type_name().into());
    fields.insert("value".into(), value.to_json());
    fields.insert("warnings".into(), warnings_json(warnings));
    fields
}

fn failure(phase: &str, error: &str, warnings: &[Warning]) -> Map<String, Json> {
    let mut fields = Map::new();
    fields.insert("ok".into(), Json::Bool(false));
    fields.insert("phase".into(), phase.into());
    fields.insert("error".into(), error.into());
    fields.insert("warnings".into(), warnings_json(warnings));
    fields
}

fn warnings_json(warnings: &[Warning]) -> Json {
    warnings
        .iter()
        .map(|warning| json!({"type": warning.kind.as_str(), "message": warning.message}))
        .collect()
}

/// A clock that stands at a moment like `2026-03-15T14:30:45Z[Etc/UTC]`.
fn clock(text: &str) -> Option<FixedClock> {
    let (moment, zone) = match text.strip_suffix(']').and_then(|text| text.split_once('[')) {
        Some((moment, zone)) => (moment, Some(zone)),
        None => (text, None),
    };
    let moment = DateTime::parse(moment)?;
    let moment = match zone {
        Some(zone) => moment.with_zone(&Zone::parse(zone).ok()?).ok()?,
        None => moment,
    };
    Some(FixedClock::new(moment))
}
