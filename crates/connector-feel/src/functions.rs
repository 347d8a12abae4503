//! The functions that the connectors add to FEEL.

use std::{
    hash::{BuildHasher, RandomState},
    sync::Arc,
};

use feel_rs::{CallContext, ContextMap, Failure, Registry, Value, temporal::DaysTimeDuration};

use serde_json::Value as Json;

use crate::backoff::{Jitter, backoff};

/// The function whose result is a document.
pub(crate) const CREATE_DOCUMENT: &str = "createDocument";

/// The key of a marker.
const MARKER: &str = "connectorResultFunction";

const PACKAGE: &str = "org.camunda.feel.syntaxtree";

/// The built-in functions and those of the connectors.
pub(crate) fn registry(jitter: Jitter, nonce: Arc<str>) -> Registry {
    let mut registry = Registry::builtin();
    let parameters = ["errorCode", "errorMessage", "variables"];
    for count in 1..=parameters.len() {
        registry.add("bpmnError", parameters.get(..count).unwrap_or(&[]), bpmn_error);
    }
    let parameters = ["errorMessage", "variables", "retries", "retryBackoff"];
    for count in 1..=parameters.len() {
        registry.add("jobError", parameters.get(..count).unwrap_or(&[]), job_error);
    }
    registry.add("ignoreError", &[], ignore_error);
    registry.add("ignoreError", &["variables"], ignore_error);
    let parameters = ["attempt", "minDelay", "factor", "maxDelay", "jitterFactor"];
    for count in 1..=parameters.len() {
        let jitter = jitter.clone();
        registry.add_shared("backoff", parameters.get(..count).unwrap_or(&[]), move |_, arguments| {
            backoff(arguments, &jitter)
        });
    }
    registry
        .add_shared(CREATE_DOCUMENT, &["value"], move |_, arguments| Ok(create_document(arguments, &nonce)));
    registry
}

fn bpmn_error<'a>(_: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Result<Value<'a>, Failure> {
    let mut error = ContextMap::new();
    error.put("errorType", "bpmnError".into());
    for (name, argument) in ["errorCode", "errorMessage"].into_iter().zip(arguments) {
        if !matches!(argument, Value::String(_)) {
            return Err(wrong_parameter("bpmnError", name, "a String"));
        }
        error.put(name, argument.clone());
    }
    if let Some(variables) = arguments.get(2) {
        if !matches!(variables, Value::Context(_)) {
            return Err(wrong_parameter("bpmnError", "variables", "a Context"));
        }
        error.put("variables", variables.clone());
    }
    Ok(Value::context(error))
}

fn job_error<'a>(_: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Result<Value<'a>, Failure> {
    let message = cast(arguments.first(), "ValString", |value| matches!(value, Value::String(_)))?;
    let variables = cast(arguments.get(1), "ValContext", |value| matches!(value, Value::Context(_)))?;
    let retries = cast(arguments.get(2), "ValNumber", |value| matches!(value, Value::Number(_)))?;
    let delay =
        cast(arguments.get(3), "ValDayTimeDuration", |value| matches!(value, Value::DaysTimeDuration(_)))?;
    let mut error = ContextMap::new();
    error.put("errorMessage", message.unwrap_or(Value::Null));
    error.put("retries", retries.unwrap_or_else(|| Value::integer(0)));
    error.put(
        "retryBackoff",
        delay.unwrap_or_else(|| Value::DaysTimeDuration(DaysTimeDuration::of_seconds(0))),
    );
    error.put("variables", variables.unwrap_or_else(|| Value::context(ContextMap::new())));
    error.put("errorType", "jobError".into());
    Ok(Value::context(error))
}

fn ignore_error<'a>(_: &mut CallContext<'_, 'a>, arguments: &[Value<'a>]) -> Result<Value<'a>, Failure> {
    let mut error = ContextMap::new();
    error.put("errorType", "ignoreError".into());
    match arguments.first() {
        None => {}
        Some(variables @ Value::Context(_)) => error.put("variables", variables.clone()),
        Some(_) => return Err(wrong_parameter("ignoreError", "variables", "a Context")),
    }
    Ok(Value::context(error))
}

/// A marker in place of the document that it asks for. Its nonce tells it from JSON that looks like one.
fn create_document<'a>(arguments: &[Value<'a>], nonce: &str) -> Value<'a> {
    let mut marker = ContextMap::new();
    marker.put(MARKER, format!("{CREATE_DOCUMENT}:{nonce}").into());
    marker.put("value", arguments.first().cloned().unwrap_or(Value::Null));
    Value::context(marker)
}

/// Whether a result holds a marker of [`create_document`] anywhere.
pub(crate) fn asks_for_document(result: &Json, nonce: &str) -> bool {
    match result {
        Json::Array(items) => items.iter().any(|item| asks_for_document(item, nonce)),
        Json::Object(fields) => {
            let marker = fields.get(MARKER).and_then(Json::as_str);
            let of_ours = marker.and_then(|marker| marker.strip_prefix(CREATE_DOCUMENT)?.strip_prefix(':'));
            of_ours == Some(nonce) || fields.values().any(|field| asks_for_document(field, nonce))
        }
        _ => false,
    }
}

/// A text that nobody outside this process can know.
pub(crate) fn nonce() -> String {
    format!("{:016x}{:016x}", RandomState::new().hash_one(0), RandomState::new().hash_one(1))
}

fn wrong_parameter(function: &str, parameter: &str, expected: &str) -> Failure {
    Failure::thrown(
        "java.lang.IllegalArgumentException",
        format!("Parameter '{parameter}' of function '{function}' must be {expected}"),
    )
}

/// The argument when it is of the type; the reference casts it and so fails with the names of its own classes.
fn cast<'a>(
    argument: Option<&Value<'a>>,
    class: &str,
    is_of_type: fn(&Value<'a>) -> bool,
) -> Result<Option<Value<'a>>, Failure> {
    match argument {
        Some(value) if !is_of_type(value) => {
            let found = class_name(value);
            Err(Failure::thrown(
                "java.lang.ClassCastException",
                format!(
                    "class {PACKAGE}.{found} cannot be cast to class {PACKAGE}.{class} ({PACKAGE}.{found} and \
                     {PACKAGE}.{class} are in unnamed module of loader 'app')"
                ),
            ))
        }
        argument => Ok(argument.cloned()),
    }
}

fn class_name(value: &Value<'_>) -> &'static str {
    match value {
        Value::Null => "ValNull$",
        Value::Boolean(_) => "ValBoolean",
        Value::Number(_) => "ValNumber",
        Value::String(_) => "ValString",
        Value::Date(_) => "ValDate",
        Value::LocalTime(_) => "ValLocalTime",
        Value::Time(_) => "ValTime",
        Value::LocalDateTime(_) => "ValLocalDateTime",
        Value::DateTime(_) => "ValDateTime",
        Value::YearsMonthsDuration(_) => "ValYearMonthDuration",
        Value::DaysTimeDuration(_) => "ValDayTimeDuration",
        Value::List(_) => "ValList",
        Value::Context(_) => "ValContext",
        Value::Range(_) => "ValRange",
        Value::Function(_) => "ValFunction",
        _ => "ValError",
    }
}
