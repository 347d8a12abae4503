//! What a message means for the elements of a consumer: pure, without input or output.
//!
//! Source: connector-behaviour of the reference's correlation, line 8.10.

use crate::{Member, input::Input};
use connector_bpmn::CorrelationPoint;
use connector_core::{CreateInstance, PublishMessage, RawJson};
use connector_feel::FeelEngine;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The engine takes no larger variables, in bytes.
pub const MAX_VARIABLES_BYTES: usize = 1_572_864;

/// A text that the Java runtime refuses in results: outbound connectors would run it as a function.
const FORBIDDEN: &str = "camunda.function.type";

/// What is to be told to the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Create an instance.
    Create(CreateInstance),
    /// Create an instance and wait for its end.
    CreateAndAwait(CreateInstance),
    /// Publish a message.
    Publish(PublishMessage),
}

/// A command, and what an operator should know about how it came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correlation {
    /// The command.
    pub command: Command,
    /// The element that the message is for.
    pub element_id: String,
    /// Something odd that did not hinder.
    pub warning: Option<String>,
}

/// Why a message is not told to the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No activation condition is met.
    NoMatch {
        /// Whether the message is deleted all the same.
        consume: bool,
    },
    /// The message cannot be handled by these elements, now or later.
    InvalidInput(String),
    /// An element cannot handle any message; the model has to be changed.
    Misconfigured(String),
}

/// Decides what a message means for the elements of a consumer.
///
/// `message` is the context from [`connector_binding::inbound::message_context`]; `default_time_to_live` counts for
/// elements without one of their own.
///
/// # Errors
/// [`Refusal`] when nothing is to be told to the engine.
pub fn correlate<'a>(
    members: impl IntoIterator<Item = &'a Member>,
    message: &Value,
    default_time_to_live: Duration,
    feel: &FeelEngine,
) -> Result<Correlation, Refusal> {
    let message = &Input::new(message);
    let member = activated(members, message, feel)?;
    let element = &member.deployed.element;
    let (command, warning) = match &element.correlation_point {
        CorrelationPoint::StartEvent => (create(member, message, feel)?, None),
        CorrelationPoint::MessageStartEvent { .. } => {
            let key = correlation_key(member, message, feel).unwrap_or_default();
            publish(member, key, message, default_time_to_live, feel)?
        }
        CorrelationPoint::Message { .. } => {
            let key = correlation_key(member, message, feel).ok_or_else(|| missing_key(member))?;
            publish(member, key, message, default_time_to_live, feel)?
        }
    };
    Ok(Correlation { command, element_id: element.element_id.clone(), warning })
}

/// The one element that the message is for.
fn activated<'a>(
    members: impl IntoIterator<Item = &'a Member>,
    message: &Input<'_>,
    feel: &FeelEngine,
) -> Result<&'a Member, Refusal> {
    let (mut matches, mut consume) = (Vec::new(), false);
    for member in members {
        consume |= member.properties.consume_unmatched;
        let wanted = match &member.properties.activation_condition {
            None => true,
            Some(condition) => feel.evaluate_condition(condition, &[&message.context]).map_err(|error| {
                tracing::debug!(element_id = member.element_id(), %error, "activation condition failed");
                invalid("Failed to evaluate activation condition against the provided input")
            })?,
        };
        if wanted {
            matches.push(member);
        }
    }
    let Some((first, others)) = matches.split_first() else { return Err(Refusal::NoMatch { consume }) };
    match others.iter().find_map(|other| incompatibility(first, other)) {
        Some(reason) => {
            Err(invalid(format!("Multiple connectors are activated for the same input: {reason}")))
        }
        None => Ok(first),
    }
}

/// Why one command cannot serve two elements that both want a message.
fn incompatibility(first: &Member, other: &Member) -> Option<String> {
    let is_message = |member: &Member| {
        matches!(member.deployed.element.correlation_point, CorrelationPoint::Message { .. })
    };
    if !is_message(first) || !is_message(other) {
        return Some("Not all matching elements are message correlation points".to_owned());
    }
    let names = [first, other].map(|member| member.deployed.element.correlation_point.message_name());
    if names[0] != names[1] {
        let names = names.map(Option::unwrap_or_default).join(", ");
        return Some(format!("Multiple matching elements have different message names: [{names}]"));
    }
    let different = different_properties(first, other);
    (!different.is_empty()).then(|| {
        let (a, b) = (first.deployed.process.version, other.deployed.process.version);
        let (first, other, list) = (first.element_id(), other.element_id(), different.join(", "));
        if a == b {
            format!("Elements '{first}', '{other}' (version {a}) have incompatible properties: {list}")
        } else {
            format!("Elements '{first}' (version {a}), '{other}' (version {b}) have incompatible properties: {list}")
        }
    })
}

fn different_properties(first: &Member, other: &Member) -> Vec<String> {
    let (a, b) = (&first.properties, &other.properties);
    let time_to_live = |millis: Option<i64>| millis.map(|millis| format!("{millis} ms"));
    [
        ("resultExpression", a.result_expression.clone(), b.result_expression.clone()),
        ("resultVariable", a.result_variable.clone(), b.result_variable.clone()),
        (
            "correlationKeyExpression",
            a.correlation_key_expression.clone(),
            b.correlation_key_expression.clone(),
        ),
        ("messageIdExpression", a.message_id_expression.clone(), b.message_id_expression.clone()),
        ("messageTtl", time_to_live(a.time_to_live_millis), time_to_live(b.time_to_live_millis)),
    ]
    .into_iter()
    .filter(|(_, a, b)| a != b)
    .map(|(name, a, b)| format!("{name}: [{}, {}]", a.unwrap_or_default(), b.unwrap_or_default()))
    .collect()
}

fn create(member: &Member, message: &Input<'_>, feel: &FeelEngine) -> Result<Command, Refusal> {
    let process = &member.deployed.process;
    let instance = CreateInstance {
        bpmn_process_id: process.bpmn_process_id.clone(),
        version: process.version,
        variables: variables(member, message, feel)?,
        tenant_id: process.tenant_id.clone(),
    };
    Ok(if member.properties.synchronous_response {
        Command::CreateAndAwait(instance)
    } else {
        Command::Create(instance)
    })
}

fn publish(
    member: &Member,
    correlation_key: String,
    message: &Input<'_>,
    default_time_to_live: Duration,
    feel: &FeelEngine,
) -> Result<(Command, Option<String>), Refusal> {
    let Some(name) = member.deployed.element.correlation_point.message_name() else {
        let id = member.element_id();
        return Err(Refusal::Misconfigured(format!(
            "the message of element '{id}' has no name: name it in the model"
        )));
    };
    let (message_id, warning) = message_id(member, message, feel)?;
    let default_millis = i64::try_from(default_time_to_live.as_millis()).unwrap_or(i64::MAX);
    let command = Command::Publish(PublishMessage {
        name: name.to_owned(),
        correlation_key,
        message_id,
        time_to_live_millis: member.properties.time_to_live_millis.unwrap_or(default_millis),
        variables: variables(member, message, feel)?,
        tenant_id: member.deployed.process.tenant_id.clone(),
    });
    Ok((command, warning))
}

/// The correlation key; `None` when there is no expression, or it gives nothing usable.
fn correlation_key(member: &Member, message: &Input<'_>, feel: &FeelEngine) -> Option<String> {
    let expression = member.properties.correlation_key_expression.as_ref()?;
    feel.evaluate_to_string(expression, &[&message.context])
        .inspect_err(
            |error| tracing::debug!(element_id = member.element_id(), %error, "correlation key failed"),
        )
        .ok()
        .flatten()
}

fn missing_key(member: &Member) -> Refusal {
    let expression = member.properties.correlation_key_expression.as_deref().unwrap_or_default();
    invalid(format!("Wasn't able to obtain correlation key for expression {expression}"))
}

/// The id of the published message: of the element's expression, else that of SQS.
fn message_id(
    member: &Member,
    message: &Input<'_>,
    feel: &FeelEngine,
) -> Result<(String, Option<String>), Refusal> {
    let of_sqs = || message.message.get("messageId").and_then(Value::as_str).unwrap_or_default().to_owned();
    let Some(expression) = &member.properties.message_id_expression else { return Ok((of_sqs(), None)) };
    match feel.evaluate_to_string(expression, &[&message.context]) {
        Ok(Some(id)) => Ok((id, None)),
        Ok(None) => {
            let warning =
                format!("message id expression {expression} gives null: the SQS message id is used");
            Ok((of_sqs(), Some(warning)))
        }
        Err(_) => Err(invalid(format!("Message expression could not be evaluated: {expression}"))),
    }
}

/// The variables: the whole message under the result variable, then the fields of the result expression over it.
fn variables(member: &Member, message: &Input<'_>, feel: &FeelEngine) -> Result<RawJson, Refusal> {
    let properties = &member.properties;
    let result =
        properties.result_expression.as_deref().map(|text| result(text, message, feel)).transpose()?;
    let variables = match (&properties.result_variable, result) {
        (None, None) => RawJson::empty_object(),
        (None, Some(result)) => RawJson::written(result),
        (Some(name), result) => {
            let mut variables = Map::from_iter([(name.clone(), message.message.clone())]);
            if let Some(result) = result {
                variables.extend(fields(&result)?);
            }
            RawJson::from(variables)
        }
    };
    let size = variables.as_str().len();
    if size > MAX_VARIABLES_BYTES {
        return Err(invalid(format!(
            "the variables have {size} bytes, more than the {MAX_VARIABLES_BYTES} that the engine takes: \
             choose fewer fields in the result expression"
        )));
    }
    Ok(variables)
}

/// The JSON text of an object: what the result expression gives, or `{}` for null.
fn result(expression: &str, message: &Input<'_>, feel: &FeelEngine) -> Result<String, Refusal> {
    let context = message.context.as_ref();
    // An expression that does not name it has no need of the copy.
    let response = if expression.contains("response") { json!({ "response": context }) } else { Value::Null };
    let result = feel.evaluate_to_json(expression, &[context, &response]).map_err(|error| {
        tracing::debug!(%error, "result expression failed");
        invalid(format!("Failed to evaluate FEEL expression '{expression}': {}", error.reason()))
    })?;
    // JSON escapes none of its characters, so it is in the text when it is in a name or string.
    if result.contains(FORBIDDEN) {
        return Err(invalid(format!("The connector result contains a forbidden literal '{FORBIDDEN}'.")));
    }
    match kind(&result) {
        "object" => Ok(result),
        "null" => Ok("{}".to_owned()),
        kind => Err(invalid(format!(
            "Failed to evaluate expression '{expression}'. Reason: Result expression must return a JSON object, but got {kind}"
        ))),
    }
}

/// The fields of an object's text, however deep it is.
fn fields(object: &str) -> Result<Map<String, Value>, Refusal> {
    let mut document = serde_json::Deserializer::from_str(object);
    document.disable_recursion_limit();
    let fields = document.into_iter().next().transpose().map_err(|error| invalid(error.to_string()))?;
    Ok(fields.unwrap_or_default())
}

/// What a JSON document is.
fn kind(document: &str) -> &'static str {
    match document.bytes().next() {
        Some(b'{') => "object",
        Some(b'[') => "array",
        Some(b'"') => "string",
        Some(b't' | b'f') => "boolean",
        Some(b'n') => "null",
        _ => "number",
    }
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::InvalidInput(message.into())
}
