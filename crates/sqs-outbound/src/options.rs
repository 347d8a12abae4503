//! What an operator decides about the outbound connector.

use crate::InputMappings;
use connector_binding::EndpointPolicy;
use connector_binding::Violation;
use connector_secrets::FilterMode;
use std::{fmt, sync::Arc};

/// The settings of the outbound connector.
#[derive(Clone, Default)]
pub struct OutboundOptions {
    /// Which endpoints a job may name (`aws.allowed-endpoints`).
    pub endpoints: EndpointPolicy,
    /// Whether a job may use the machine's own credentials.
    pub default_chain: ChainPolicy,
    /// What becomes the deduplication id of a FIFO message that has none (`outbound.fifo-deduplication`).
    pub fifo_deduplication: FifoDeduplication,
    /// How strictly secret names are held to those that a task's input mappings mention.
    pub secret_filter: FilterMode,
    /// Where those names come from; `None` = no definition can be read.
    pub input_mappings: Option<Arc<dyn InputMappings>>,
    /// Whether SQS's limits are checked before a message is sent. Without it SQS itself refuses what breaks them, as with the Java
    /// connector, and the job's retries are counted down.
    pub check_limits: bool,
}

impl fmt::Debug for OutboundOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboundOptions")
            .field("endpoints", &self.endpoints)
            .field("default_chain", &self.default_chain)
            .field("fifo_deduplication", &self.fifo_deduplication)
            .field("secret_filter", &self.secret_filter)
            .field("input_mappings", &self.input_mappings.is_some())
            .field("check_limits", &self.check_limits)
            .finish()
    }
}

/// Whether a job may use the default credentials chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ChainPolicy {
    /// For every queue.
    #[default]
    Allowed,
    /// For no queue.
    Forbidden,
    /// For queues whose ARN matches one of these; `*` stands for any text.
    Queues(Vec<String>),
}

impl ChainPolicy {
    /// Checks one queue.
    ///
    /// # Errors
    /// The rule that is broken and the setting that would change it.
    pub fn check(&self, queue_arn: &str) -> Result<(), Violation> {
        let refused = |rule: String| Err(Violation::new("authentication.type", rule));
        match self {
            Self::Allowed => Ok(()),
            Self::Forbidden => refused(
                "defaultCredentialsChain is switched off for this runtime (aws.default-credentials); use access keys".to_owned(),
            ),
            Self::Queues(patterns) if patterns.iter().any(|pattern| matches(pattern, queue_arn)) => Ok(()),
            Self::Queues(_) => refused(format!(
                "defaultCredentialsChain is not allowed for the queue {queue_arn} (aws.default-credentials); use access keys"
            )),
        }
    }
}

/// What becomes the deduplication id of a FIFO message that has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FifoDeduplication {
    /// Nothing: the queue must deduplicate by content.
    #[default]
    None,
    /// The job's key: a job that is tried again within five minutes does not send a second message.
    JobKey,
}

/// Whether a text matches a pattern in which `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some((_, behind)) = rest.split_once(part) else { return false };
        rest = behind;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, expected) in [
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a*c", "abcd", false),
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("*", "", true),
            ("a*b*c", "a-c-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("ab*ba", "aba", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn the_default_chain_can_be_limited_to_queues() {
        let policy = ChainPolicy::Queues(vec!["arn:aws:sqs:*:1:orders-*".to_owned()]);
        assert!(policy.check("arn:aws:sqs:eu-west-1:1:orders-a").is_ok());
        assert!(policy.check("arn:aws:sqs:eu-west-1:2:orders-a").is_err());
        assert!(ChainPolicy::Forbidden.check("arn:aws:sqs:eu-west-1:1:orders-a").is_err());
    }
}
