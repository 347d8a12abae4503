//! What a queue says of itself.

use crate::{
    TransportError,
    call::{Attempts, transport_error},
    pool,
};
use aws_sdk_sqs::{Client, Config, types::QueueAttributeName};
use std::{collections::HashMap, time::Duration};

/// The attributes of a queue that matter to its consumer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueFacts {
    /// The queue's ARN.
    pub arn: Option<String>,
    /// How long a received message is hidden.
    pub visibility_timeout: Duration,
    /// How long a message is kept.
    pub retention: Duration,
    /// Whether it is a FIFO queue.
    pub fifo: bool,
    /// The queue that dead letters go to, as `RedrivePolicy` names it.
    pub dead_letter_target_arn: Option<String>,
    /// After how many receives a message becomes a dead letter.
    pub max_receive_count: Option<u32>,
    /// About how many messages wait.
    pub approximate_number_of_messages: u64,
}

impl QueueFacts {
    /// Asks the queue, at most `most` times; the count of requests is the second part.
    pub(crate) async fn ask(
        client: &Client,
        queue_url: &str,
        most: u32,
    ) -> (Result<Self, TransportError>, u32) {
        let attempts = Attempts::default();
        let answer = client
            .get_queue_attributes()
            .queue_url(queue_url)
            .attribute_names(QueueAttributeName::All)
            .customize()
            .config_override(Config::builder().retry_config(pool::retries(most)))
            .interceptor(attempts.clone())
            .send()
            .await;
        let facts = answer
            .map(|output| Self::from_attributes(queue_url, &output.attributes.unwrap_or_default()))
            .map_err(|error| transport_error(error, &attempts));
        (facts, attempts.count())
    }

    fn from_attributes(queue_url: &str, attributes: &HashMap<QueueAttributeName, String>) -> Self {
        let text = |name| attributes.get(&name).map(String::as_str);
        let number = |name| text(name).and_then(|text| text.parse::<u64>().ok());
        let redrive: Option<serde_json::Value> =
            text(QueueAttributeName::RedrivePolicy).and_then(|policy| serde_json::from_str(policy).ok());
        let redrive = |field: &str| redrive.as_ref().and_then(|policy| policy.get(field));
        Self {
            arn: text(QueueAttributeName::QueueArn).map(str::to_owned),
            // The defaults are those of SQS for a queue that does not say.
            visibility_timeout: Duration::from_secs(
                number(QueueAttributeName::VisibilityTimeout).unwrap_or(30),
            ),
            retention: Duration::from_secs(
                number(QueueAttributeName::MessageRetentionPeriod).unwrap_or(345_600),
            ),
            fifo: text(QueueAttributeName::FifoQueue) == Some("true") || queue_url.ends_with(".fifo"),
            dead_letter_target_arn: redrive("deadLetterTargetArn")
                .and_then(serde_json::Value::as_str)
                .map(str::to_owned),
            // AWS writes a number, other servers a text.
            max_receive_count: redrive("maxReceiveCount").and_then(|count| {
                count.as_str().map_or_else(|| count.to_string(), str::to_owned).parse().ok()
            }),
            approximate_number_of_messages: number(QueueAttributeName::ApproximateNumberOfMessages)
                .unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_redrive_policy_with_a_number_and_with_a_text() {
        for count in ["5", "\"5\""] {
            let policy = format!(r#"{{"deadLetterTargetArn":"arn:dlq","maxReceiveCount":{count}}}"#);
            let attributes = HashMap::from([(QueueAttributeName::RedrivePolicy, policy)]);
            let facts = QueueFacts::from_attributes("http://x/q", &attributes);
            assert_eq!(facts.max_receive_count, Some(5));
            assert_eq!(facts.dead_letter_target_arn.as_deref(), Some("arn:dlq"));
            assert_eq!((facts.visibility_timeout, facts.fifo), (Duration::from_secs(30), false));
        }
    }
}
