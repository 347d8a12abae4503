//! Result and error expressions.
//!
//! Both are compiled before anything is sent, so that a typing error never costs a message.

use crate::{ErrorAction, Failure, Headers, JavaDuration, java};
use connector_feel::{Expression, FeelEngine};
use serde_json::{Map, Value, json};
use std::fmt;

/// A literal that would make the engine's next connector run a function. Source: the Java runtime refuses it in results.
const FORBIDDEN: &str = "camunda.function.type";

/// What expressions call the whole content.
const RESPONSE: &str = "response";

/// What expressions look at: its fields are variables, and all of it is `response`.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// With the content as its only field, so that nobody needs a second copy.
    response: Value,
}

impl Content {
    /// From a connector's response, or what else is judged.
    pub fn new(content: Value) -> Self {
        Self { response: Value::Object(Map::from_iter([(RESPONSE.to_owned(), content)])) }
    }

    /// The content itself.
    pub fn value(&self) -> &Value {
        self.response.get(RESPONSE).unwrap_or(&Value::Null)
    }
}

/// The `resultVariable` and `resultExpression` of a job.
pub struct ResultMapping {
    variable: Option<String>,
    expression: Option<(String, Expression)>,
}

/// The `errorExpression` of a job.
pub struct ErrorMapping {
    expression: Option<(String, Expression)>,
}

impl ResultMapping {
    /// Compiles the headers' mapping.
    ///
    /// # Errors
    /// [`Failure`] without retries for a syntax error.
    pub fn compile(headers: &Headers, feel: &FeelEngine) -> Result<Self, Failure> {
        let expression = compile("resultExpression", headers.result_expression(), feel)?;
        Ok(Self { variable: headers.result_variable().map(str::to_owned), expression })
    }

    /// The variables to complete the job with: the whole response under the result variable, then the result expression's fields.
    /// `done` is what a person must know about what gave the response when the expression fails.
    ///
    /// # Errors
    /// [`Failure`] without retries, since what gave the response is done already: the expression failed, or gave no object.
    pub fn variables(
        &self,
        response: &Content,
        done: impl fmt::Display,
    ) -> Result<Map<String, Value>, Failure> {
        let mut variables = Map::new();
        if let Some(name) = &self.variable {
            variables.insert(name.clone(), response.value().clone());
        }
        let Some((text, expression)) = &self.expression else { return Ok(variables) };
        let value = expression.evaluate(&[response.value(), &response.response]).map_err(|error| {
            let reason = format!("{}. {done}", error.reason());
            engine_failure(text, &shown_json(response.value()), reason).exhausted()
        })?;
        if let Some(fields) = object(text, value, "Result")? {
            refuse_forbidden(&fields)?;
            if variables.is_empty() {
                return Ok(fields);
            }
            variables.extend(fields);
        }
        Ok(variables)
    }
}

impl ErrorMapping {
    /// Compiles the header's expression.
    ///
    /// # Errors
    /// [`Failure`] without retries for a syntax error.
    pub fn compile(headers: &Headers, feel: &FeelEngine) -> Result<Self, Failure> {
        let expression =
            compile("errorExpression", headers.error_expression(), feel).map_err(Failure::without_backoff)?;
        Ok(Self { expression })
    }

    /// Whether there is an expression; without one nobody looks at the content.
    pub fn is_given(&self) -> bool {
        self.expression.is_some()
    }

    /// What the expression makes of a response, or of `{"error": …}`; `None` when it has nothing to say.
    ///
    /// # Errors
    /// [`Failure`] without retries and backoff: the expression failed, gave no object, or an object that is none of the three errors.
    pub fn action(&self, content: &Content, job_retries: i32) -> Result<Option<ErrorAction>, Failure> {
        let Some((text, expression)) = &self.expression else { return Ok(None) };
        let job = json!({"job": {"retries": job_retries}});
        let value = expression
            .evaluate(&[content.value(), &content.response, &job])
            .map_err(|error| engine_failure(text, &shown_json(content.value()), error.reason()));
        let action = value.and_then(|value| object(text, value, "Error")).and_then(|fields| match fields {
            Some(fields) if !fields.is_empty() => error_action(text, fields),
            _ => Ok(None),
        });
        action.map_err(|failure| failure.exhausted().without_backoff())
    }
}

fn compile(
    header: &str,
    text: Option<&str>,
    feel: &FeelEngine,
) -> Result<Option<(String, Expression)>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let expression = feel.compile(text).map_err(|error| {
        let reason = error.reason();
        Failure::expression(format!(
            "Failed to evaluate expression '{text}'. Reason: {reason}. Nothing was sent: correct the header {header}"
        ))
        .exhausted()
    })?;
    Ok(Some((text.to_owned(), expression)))
}

fn engine_failure(text: &str, context: &str, reason: impl fmt::Display) -> Failure {
    Failure::expression(failed(text, context, reason))
}

fn failed(text: &str, context: &str, reason: impl fmt::Display) -> String {
    format!("Failed to evaluate expression '{text}' in context '{context}'. Reason: {reason}")
}

/// An evaluation that gave something that cannot be used; the context that is shown is the value itself.
fn unusable(text: &str, value: &Value, reason: &str) -> Failure {
    let message = failed(text, &shown_json(value), reason);
    Failure::input(format!("io.camunda.connector.feel.FeelEngineWrapperException: {message}"))
}

fn shown_json(value: &Value) -> String {
    java::shown_context(&value.to_string())
}

fn object(text: &str, value: Value, which: &str) -> Result<Option<Map<String, Value>>, Failure> {
    let kind = match &value {
        Value::Null => return Ok(None),
        Value::Object(_) => "object",
        Value::Array(_) => "array",
        Value::String(_) => "string",
        Value::Number(_) => "number",
        Value::Bool(_) => "boolean",
    };
    match value {
        Value::Object(fields) => Ok(Some(fields)),
        other => {
            let reason = format!(
                "{which} expression must return a JSON object, but got {kind}. Evaluated value: {other}"
            );
            Err(unusable(text, &other, &reason))
        }
    }
}

fn refuse_forbidden(fields: &Map<String, Value>) -> Result<(), Failure> {
    if !fields.iter().any(|(name, value)| name.contains(FORBIDDEN) || has_forbidden(value)) {
        return Ok(());
    }
    let result = Value::Object(fields.clone());
    let reason = format!("The connector result contains a forbidden literal '{FORBIDDEN}'.");
    Err(unusable(FORBIDDEN, &result, &reason))
}

fn has_forbidden(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(FORBIDDEN),
        Value::Array(items) => items.iter().any(has_forbidden),
        Value::Object(fields) => {
            fields.iter().any(|(name, value)| name.contains(FORBIDDEN) || has_forbidden(value))
        }
        _ => false,
    }
}

fn error_action(text: &str, fields: Map<String, Value>) -> Result<Option<ErrorAction>, Failure> {
    let action = match fields.get("errorType").and_then(Value::as_str) {
        Some("bpmnError") => bpmn_error(&fields),
        Some("jobError") => job_error(&fields).map(Some),
        Some("ignoreError") => variables(&fields).map(|variables| Some(ErrorAction::Ignore { variables })),
        _ => None,
    };
    action.ok_or_else(|| {
        let value = Value::Object(fields);
        let reason =
            format!("Cannot parse '{value}' as 'io.camunda.connector.runtime.core.error.ConnectorError'.");
        unusable(text, &value, &reason)
    })
}

/// A BPMN error without a code says nothing; `None` when a field has a type that cannot be converted.
fn bpmn_error(fields: &Map<String, Value>) -> Option<Option<ErrorAction>> {
    let (code, message, variables) =
        (scalar(fields, "errorCode")?, scalar(fields, "errorMessage")?, variables(fields)?);
    Some(code.map(|code| ErrorAction::Bpmn { code, message: message.unwrap_or_default(), variables }))
}

fn job_error(fields: &Map<String, Value>) -> Option<ErrorAction> {
    let message = scalar(fields, "errorMessage")?;
    let retries = scalar(fields, "retries")?.map_or(Some(0), |text| whole(&text))?;
    let backoff = match fields.get("retryBackoff") {
        // Java's mapper reads a number as seconds.
        Some(Value::Number(seconds)) => format!("PT{seconds}S"),
        _ => scalar(fields, "retryBackoff")?.unwrap_or_else(|| "PT0S".to_owned()),
    };
    let backoff = JavaDuration::parse(&backoff)?;
    Some(ErrorAction::Job { message, retries, backoff, variables: variables(fields)? })
}

/// A whole number of 32 bits, a fraction cut off.
fn whole(text: &str) -> Option<i32> {
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    whole.parse().ok()
}

fn scalar(fields: &Map<String, Value>, name: &str) -> Option<Option<String>> {
    match fields.get(name) {
        None | Some(Value::Null) => Some(None),
        Some(Value::String(text)) => Some(Some(text.clone())),
        Some(value @ (Value::Number(_) | Value::Bool(_))) => Some(Some(value.to_string())),
        Some(Value::Array(_) | Value::Object(_)) => None,
    }
}

fn variables(fields: &Map<String, Value>) -> Option<Map<String, Value>> {
    match fields.get("variables") {
        None | Some(Value::Null) => Some(Map::new()),
        Some(Value::Object(variables)) => Some(variables.clone()),
        Some(_) => None,
    }
}
