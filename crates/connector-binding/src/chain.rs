//! Who may use the credentials of the machine that the connector runs on.

use crate::{QueueUrl, Violation};

/// Whether a job or an element may use the default credentials chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ChainPolicy {
    /// For every queue.
    #[default]
    Allowed,
    /// For no queue, because an operator says so.
    Forbidden,
    /// For no queue, because this is Camunda's cloud. Source: the Java runtime, with the same path and text.
    ForbiddenInSaas,
    /// For queues whose ARN matches one of these; `*` stands for any text.
    Queues(Vec<String>),
}

impl ChainPolicy {
    /// Checks one queue in its region.
    ///
    /// # Errors
    /// The rule that is broken and the setting that would change it.
    pub fn check(&self, queue: &QueueUrl, region: &str) -> Result<(), Violation> {
        let refused = |rule: String| Err(Violation::new("authentication.type", rule));
        match self {
            Self::Allowed => Ok(()),
            Self::Forbidden => refused(
                "defaultCredentialsChain is switched off for this runtime (aws.allow-default-credentials); use access keys".to_owned(),
            ),
            Self::ForbiddenInSaas => Err(Violation::new("defaultCredentialsChainUsedInSaaS", "must be false")),
            Self::Queues(patterns) => {
                let arn = queue.arn(region);
                if patterns.iter().any(|pattern| matches(pattern, &arn)) {
                    return Ok(());
                }
                refused(format!(
                    "defaultCredentialsChain is not allowed for the queue {arn} (aws.default-credentials-queues); use access keys"
                ))
            }
        }
    }
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
        let url = |account: u8| QueueUrl::parse(&format!("http://localhost/{account}/orders-a")).unwrap();
        assert_eq!(policy.check(&url(1), "eu-west-1"), Ok(()));
        let refused = policy.check(&url(2), "eu-west-1").unwrap_err();
        assert_eq!(
            refused.rule,
            "defaultCredentialsChain is not allowed for the queue arn:aws:sqs:eu-west-1:2:orders-a (aws.default-credentials-queues); use access keys"
        );
        assert!(ChainPolicy::Queues(Vec::new()).check(&url(1), "eu-west-1").is_err());
    }

    #[test]
    fn the_cloud_refuses_the_chain_as_the_java_runtime_does() {
        let url = QueueUrl::parse("http://localhost/1/q").unwrap();
        let refused = ChainPolicy::ForbiddenInSaas.check(&url, "eu-west-1").unwrap_err();
        assert_eq!(refused, Violation::new("defaultCredentialsChainUsedInSaaS", "must be false"));
    }
}
