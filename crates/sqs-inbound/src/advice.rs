//! What an operator should know of a queue before messages are lost or doubled on it.

use crate::{ConsumerOptions, Group};
use connector_bpmn::CorrelationPoint;
use sqs_transport::QueueFacts;
use std::time::Duration;

/// What is risky about consuming a queue for a group; `visibility` is how long its messages are hidden.
pub(crate) fn advice(
    group: &Group,
    facts: &QueueFacts,
    visibility: Duration,
    options: &ConsumerOptions,
) -> Vec<String> {
    let publishing = || {
        let publishes = |point: &CorrelationPoint| *point != CorrelationPoint::StartEvent;
        group.members().filter(move |member| publishes(&member.deployed.element.correlation_point))
    };
    let mut warnings = Vec::new();
    match (&facts.dead_letter_target_arn, facts.max_receive_count) {
        (None, _) => warnings.push(format!(
            "the queue has no dead-letter queue: a message that cannot be handled comes again until its retention of \
             {} s ends; give the queue a redrive policy",
            facts.retention.as_secs()
        )),
        (Some(_), None) => {}
        (Some(_), Some(receives)) => {
            let tries = visibility.saturating_mul(receives);
            let short = publishing().filter_map(|member| {
                let millis = member.properties.time_to_live_millis.map(|millis| u64::try_from(millis).unwrap_or(0));
                let lives = millis.map_or(options.default_time_to_live, Duration::from_millis);
                (lives < tries).then(|| (member.element_id(), lives))
            });
            for (element, lives) in short {
                warnings.push(format!(
                    "element '{element}': a published message lives {} s, shorter than the {} s in which SQS may hand \
                     the message out ({receives} times every {} s): what comes again later is not seen as a duplicate; \
                     raise messageTtl",
                    lives.as_secs(),
                    tries.as_secs(),
                    visibility.as_secs()
                ));
            }
        }
    }
    if facts.fifo {
        for member in publishing().filter(|member| member.properties.message_id_expression.is_some()) {
            warnings.push(format!(
                "element '{}': the queue is FIFO, which removes duplicates by itself, and messageIdExpression is set: two \
                 messages for which it gives the same id count as one; remove it unless that is meant",
                member.element_id()
            ));
        }
    }
    warnings
}
