//! What the next messages of a queue would do, without doing it.

use crate::{
    Command, ConsumerOptions, Correlation, Group, InboundError, Refusal, Services, connect::connect,
    correlate, normalise::normalise,
};
use connector_binding::inbound::message_context;
use serde_json::Value;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Longer than any evaluation takes; what is left hidden then comes back by itself.
const PUT_BACK: Duration = Duration::from_secs(10);

/// What an element's activation condition says of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConditionResult {
    /// There is no condition.
    NoCondition,
    /// It gives the boolean true.
    Met,
    /// It gives anything else.
    NotMet,
    /// It cannot be evaluated.
    Failed,
}

impl ConditionResult {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoCondition => "none",
            Self::Met => "met",
            Self::NotMet => "not met",
            Self::Failed => "cannot be evaluated",
        }
    }
}

/// What a message would do.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Peeked {
    /// The message's id.
    pub message_id: String,
    /// How often SQS has handed it out, this time included; 1 when the elements do not ask for
    /// `ApproximateReceiveCount`.
    pub receive_count: u32,
    /// The id of each element with what its activation condition says.
    pub conditions: Vec<(String, ConditionResult)>,
    /// What would be told to the engine, or why nothing would.
    pub correlation: Result<Correlation, Refusal>,
}

impl Peeked {
    /// What would become of the message, in words.
    pub fn outcome(&self) -> String {
        match &self.correlation {
            Ok(Correlation { command, element_id, .. }) => match command {
                Command::Create(_) => format!("starts an instance at '{element_id}'"),
                Command::CreateAndAwait(_) => {
                    format!("starts an instance at '{element_id}' and waits for its end")
                }
                Command::Publish(_) => format!("is published for '{element_id}'"),
            },
            Err(Refusal::NoMatch { consume: true }) => "no element wants it: it is deleted".to_owned(),
            Err(Refusal::NoMatch { consume: false }) => {
                "no element wants it: it stays in the queue".to_owned()
            }
            Err(Refusal::InvalidInput(reason)) => format!("can never be handled: {reason}"),
            Err(Refusal::Misconfigured(reason)) => {
                format!("stays in the queue until the model is mended: {reason}")
            }
        }
    }
}

/// Receives at most `count` messages of a group's queue, says what they would do, and puts them back at once.
///
/// Nothing is told to the engine and nothing is deleted, but each receive counts towards the queue's redrive policy. Of a
/// FIFO queue only the first message of each group is seen. It ends when `wait` has passed without a further message.
///
/// # Errors
/// What a consumer of the group could not be activated for.
pub async fn peek(
    group: &Group,
    services: &Services,
    options: &ConsumerOptions,
    count: usize,
    wait: Duration,
) -> Result<Vec<Peeked>, InboundError> {
    let mut receiver =
        connect(group, services, options, |receiver| receiver.max_in_flight = count.max(1)).await?.receiver;
    let (mut held, mut peeked) = (Vec::new(), Vec::new());
    while held.len() < count {
        let Ok(Some(delivery)) = timeout_at(Instant::now() + wait, receiver.next()).await else { break };
        let context = message_context(normalise(delivery.message.clone()));
        peeked.push(Peeked {
            message_id: delivery.message.message_id.clone(),
            receive_count: delivery.receive_count(),
            conditions: conditions(group, &context, services),
            correlation: correlate(group.members(), &context, options.default_time_to_live, &services.feel),
        });
        // Held until the end, so that none is received twice.
        held.push(delivery);
    }
    receiver.pause();
    for delivery in held.into_iter().rev() {
        delivery.nack(Some(Duration::ZERO));
    }
    receiver.shutdown(PUT_BACK).await;
    Ok(peeked)
}

fn conditions(group: &Group, message: &Value, services: &Services) -> Vec<(String, ConditionResult)> {
    let result = |condition: Option<&str>| match condition {
        None => ConditionResult::NoCondition,
        Some(condition) => match services.feel.evaluate_condition(condition, &[message]) {
            Ok(true) => ConditionResult::Met,
            Ok(false) => ConditionResult::NotMet,
            Err(_) => ConditionResult::Failed,
        },
    };
    group
        .members()
        .map(|member| {
            let condition = member.properties.activation_condition.as_deref();
            (member.element_id().to_owned(), result(condition))
        })
        .collect()
}
