//! What one element does with a message: its runtime-level properties.
//!
//! Secrets are not resolved in these, as in the reference: a placeholder is text.

use super::{InboundBindingError, paths::Paths};
use crate::JavaDuration;
use connector_feel::FeelEngine;
use serde_json::Value;

/// How an element shares its consumer with others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deduplication {
    /// Old templates without `deduplicationMode`: one consumer for this element alone.
    Element,
    /// One consumer for all elements of the process with equal connection properties.
    Auto,
    /// One consumer for all elements of the process with this id.
    Manual(String),
}

/// The runtime-level properties of an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElementProperties {
    /// FEEL; a message counts only when it gives `true`. `None` = every message.
    pub activation_condition: Option<String>,
    /// Whether a message that no element wants is deleted.
    pub consume_unmatched: bool,
    /// FEEL for the correlation key.
    pub correlation_key_expression: Option<String>,
    /// FEEL for the id of the published message; `None` = the SQS message id.
    pub message_id_expression: Option<String>,
    /// The time to live of the published message in milliseconds; `None` = the runtime's default.
    pub time_to_live_millis: Option<i64>,
    /// The variable that gets the whole message.
    pub result_variable: Option<String>,
    /// FEEL for the variables.
    pub result_expression: Option<String>,
    /// Whether a created instance is awaited before the message is deleted.
    pub synchronous_response: bool,
    /// How the element shares its consumer.
    pub deduplication: Deduplication,
}

/// Properties that the runtime reads, not the connector: elements that differ only in these share a consumer.
const RUNTIME_PROPERTIES: [&str; 14] = [
    "inbound.type",
    "deduplicationMode",
    "deduplicationId",
    "deduplicationModeManualFlag",
    "messageIdExpression",
    "correlationKeyExpression",
    "inbound.activationCondition",
    "activationCondition",
    "messageTtl",
    "correlationRequired",
    "resultExpression",
    "resultVariable",
    "consumeUnmatchedEvents",
    "synchronousResponse",
];

/// Whether the runtime reads a property, not the connector.
pub fn is_runtime_property(name: &str) -> bool {
    RUNTIME_PROPERTIES.contains(&name)
}

impl ElementProperties {
    /// Reads an element's properties; a property with an empty value is absent, white space counts as blank in expressions.
    ///
    /// `publishes` says whether the element publishes a message: a plain start event ignores `messageTtl`.
    ///
    /// # Errors
    /// [`InboundBindingError`] when the element cannot work: conflicting names, `messageTtl` that is no duration,
    /// an unknown `deduplicationMode` or a missing `deduplicationId`.
    pub fn parse(
        properties: &[(String, String)],
        publishes: bool,
        feel: &FeelEngine,
    ) -> Result<Self, InboundBindingError> {
        Paths::new(properties)?;
        let get = |name: &str| {
            let value = properties.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
            value.filter(|value| !value.is_empty())
        };
        let expression = |name| get(name).filter(|text| !text.trim().is_empty()).map(str::to_owned);
        let is_true = |name| get(name).is_some_and(|text| text.eq_ignore_ascii_case("true"));
        let time_to_live_text = get("messageTtl").filter(|_| publishes);
        let condition = get("activationCondition").or_else(|| get("inbound.activationCondition"));
        Ok(Self {
            activation_condition: condition.filter(|text| !text.trim().is_empty()).map(str::to_owned),
            consume_unmatched: is_true("consumeUnmatchedEvents"),
            correlation_key_expression: expression("correlationKeyExpression"),
            message_id_expression: expression("messageIdExpression"),
            time_to_live_millis: time_to_live_text.map(|text| time_to_live(text, feel)).transpose()?,
            result_variable: expression("resultVariable"),
            result_expression: expression("resultExpression"),
            synchronous_response: is_true("synchronousResponse"),
            deduplication: deduplication(get("deduplicationMode"), get("deduplicationId"))?,
        })
    }
}

fn time_to_live(text: &str, feel: &FeelEngine) -> Result<i64, InboundBindingError> {
    let invalid = |reason: String| InboundBindingError::invalid("messageTtl", &reason);
    let duration = if text.starts_with('=') {
        match feel.evaluate(text, &[]).map_err(|error| invalid(error.to_string()))? {
            Value::String(duration) => duration,
            other => {
                return Err(invalid(format!("'{text}' gives {other}: it must give a duration such as PT1H")));
            }
        }
    } else {
        text.to_owned()
    };
    JavaDuration::parse(&duration).and_then(JavaDuration::as_millis).ok_or_else(|| {
        invalid(format!("'{duration}' is not an ISO-8601 duration of days and less such as PT1H"))
    })
}

fn deduplication(mode: Option<&str>, id: Option<&str>) -> Result<Deduplication, InboundBindingError> {
    match (mode, id) {
        (None, _) => Ok(Deduplication::Element),
        (Some("AUTO"), _) => Ok(Deduplication::Auto),
        (Some("MANUAL"), Some(id)) => Ok(Deduplication::Manual(id.to_owned())),
        (Some("MANUAL"), None) => Err(InboundBindingError::Deduplication(
            "Missing deduplicationId property, expected a value due to deduplicationMode=MANUAL".to_owned(),
        )),
        (Some(other), _) => Err(InboundBindingError::Deduplication(format!(
            "Invalid deduplicationMode property, expected AUTO or MANUAL, but was {other}"
        ))),
    }
}
