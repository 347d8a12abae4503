//! Queue attributes that a client may set.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::sqs::refusal::{Refusal, RefusalCode};

/// Where messages go that were received too often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Redrive {
    pub(crate) target_arn: String,
    pub(crate) max_receive_count: u32,
    text: String,
}

/// The settable attributes, with the defaults of AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) visibility_timeout: u32,
    pub(crate) delay: u32,
    pub(crate) retention: u32,
    pub(crate) maximum_message_size: u32,
    pub(crate) wait_time: u32,
    pub(crate) fifo: bool,
    pub(crate) content_based_deduplication: bool,
    pub(crate) redrive: Option<Redrive>,
    /// Kept and given back; they change nothing here, save `DeduplicationScope`.
    others: BTreeMap<String, String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            visibility_timeout: 30,
            delay: 0,
            retention: 345_600,
            maximum_message_size: 1_048_576,
            wait_time: 0,
            fifo: false,
            content_based_deduplication: false,
            redrive: None,
            others: BTreeMap::new(),
        }
    }
}

/// Attributes that are text to this server.
const OTHERS: [&str; 7] = [
    "DeduplicationScope",
    "FifoThroughputLimit",
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "Policy",
    "RedriveAllowPolicy",
    "SqsManagedSseEnabled",
];

impl Settings {
    /// The defaults, changed by the attributes of a CreateQueue.
    pub(crate) fn new<'a>(attributes: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Refusal> {
        let mut settings = Self::default();
        let attributes: BTreeMap<_, _> = attributes.into_iter().collect();
        if let Some(fifo) = attributes.get("FifoQueue") {
            settings.fifo = boolean("FifoQueue", fifo)?;
        }
        for (name, value) in attributes.into_iter().filter(|(name, _)| *name != "FifoQueue") {
            settings.set(name, value)?;
        }
        Ok(settings)
    }

    /// Sets one attribute.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<(), Refusal> {
        match name {
            "VisibilityTimeout" => self.visibility_timeout = number(name, value, 0, 43_200)?,
            "DelaySeconds" => self.delay = number(name, value, 0, 900)?,
            "MessageRetentionPeriod" => self.retention = number(name, value, 60, 1_209_600)?,
            "MaximumMessageSize" => self.maximum_message_size = number(name, value, 1024, 1_048_576)?,
            "ReceiveMessageWaitTimeSeconds" => self.wait_time = number(name, value, 0, 20)?,
            "RedrivePolicy" => self.redrive = redrive(value)?,
            "ContentBasedDeduplication" if self.fifo => {
                self.content_based_deduplication = boolean(name, value)?
            }
            "FifoQueue" if self.fifo && value == "true" => {}
            "ContentBasedDeduplication" | "DeduplicationScope" | "FifoThroughputLimit" | "FifoQueue"
                if !self.fifo =>
            {
                return Err(Refusal::new(
                    RefusalCode::InvalidAttributeName,
                    format!("You can specify the {name} only when FifoQueue is set to true."),
                ));
            }
            "FifoQueue" => return Err(invalid(name, value)),
            _ if OTHERS.contains(&name) => self.set_other(name, value)?,
            _ => return Err(unknown(name)),
        }
        Ok(())
    }

    fn set_other(&mut self, name: &str, value: &str) -> Result<(), Refusal> {
        let fits = match name {
            "DeduplicationScope" => matches!(value, "messageGroup" | "queue"),
            "FifoThroughputLimit" => matches!(value, "perQueue" | "perMessageGroupId"),
            "SqsManagedSseEnabled" => matches!(value, "true" | "false"),
            "Policy" | "RedriveAllowPolicy" => {
                value.is_empty() || serde_json::from_str::<Value>(value).is_ok()
            }
            _ => true,
        };
        if !fits {
            return Err(invalid(name, value));
        }
        if value.is_empty() {
            self.others.remove(name);
        } else {
            self.others.insert(name.into(), value.into());
        }
        Ok(())
    }

    /// Every attribute that is set or has a default, as GetQueueAttributes writes it.
    pub(crate) fn describe(&self) -> Vec<(&str, String)> {
        let mut all = vec![
            ("VisibilityTimeout", self.visibility_timeout.to_string()),
            ("DelaySeconds", self.delay.to_string()),
            ("MessageRetentionPeriod", self.retention.to_string()),
            ("MaximumMessageSize", self.maximum_message_size.to_string()),
            ("ReceiveMessageWaitTimeSeconds", self.wait_time.to_string()),
        ];
        if self.fifo {
            all.push(("FifoQueue", "true".into()));
            all.push(("ContentBasedDeduplication", self.content_based_deduplication.to_string()));
            for (name, default) in [("DeduplicationScope", "queue"), ("FifoThroughputLimit", "perQueue")] {
                if !self.others.contains_key(name) {
                    all.push((name, default.into()));
                }
            }
        }
        if !self.others.contains_key("SqsManagedSseEnabled") {
            all.push(("SqsManagedSseEnabled", (!self.others.contains_key("KmsMasterKeyId")).to_string()));
        }
        all.extend(self.redrive.as_ref().map(|redrive| ("RedrivePolicy", redrive.text.clone())));
        all.extend(self.others.iter().map(|(name, value)| (name.as_str(), value.clone())));
        all
    }

    /// Whether the deduplication window is kept per message group.
    pub(crate) fn deduplicates_per_group(&self) -> bool {
        self.others.get("DeduplicationScope").is_some_and(|scope| scope == "messageGroup")
    }

    pub(crate) fn retention(&self) -> Duration {
        Duration::from_secs(self.retention.into())
    }
}

/// The refusal of an attribute name that SQS does not know.
pub(crate) fn unknown(name: &str) -> Refusal {
    Refusal::new(RefusalCode::InvalidAttributeName, format!("Unknown Attribute {name}."))
}

fn invalid(name: &str, value: &str) -> Refusal {
    let reason = if name == "RedrivePolicy" {
        " Reason: it must be a JSON object with deadLetterTargetArn and maxReceiveCount (1 to 1000)."
    } else {
        ""
    };
    Refusal::new(
        RefusalCode::InvalidAttributeValue,
        format!("Invalid value for the parameter {name}. Value: {value}.{reason}"),
    )
}

fn number(name: &str, value: &str, least: u32, most: u32) -> Result<u32, Refusal> {
    value.parse().ok().filter(|number| (least..=most).contains(number)).ok_or_else(|| invalid(name, value))
}

fn boolean(name: &str, value: &str) -> Result<bool, Refusal> {
    value.to_ascii_lowercase().parse().map_err(|_| invalid(name, value))
}

/// An empty policy takes the old one away.
fn redrive(text: &str) -> Result<Option<Redrive>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let refuse = || invalid("RedrivePolicy", text);
    let policy: Value = serde_json::from_str(text).map_err(|_| refuse())?;
    let target = policy.get("deadLetterTargetArn").and_then(Value::as_str).ok_or_else(refuse)?;
    let count = match policy.get("maxReceiveCount") {
        Some(Value::String(count)) => count.parse().ok(),
        Some(count) => count.as_u64().and_then(|count| u32::try_from(count).ok()),
        None => None,
    };
    let max_receive_count = count.filter(|count| (1..=1000).contains(count)).ok_or_else(refuse)?;
    Ok(Some(Redrive { target_arn: target.into(), max_receive_count, text: text.into() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_redrive_policy_with_the_count_as_number_or_text() {
        for count in ["3", "\"3\""] {
            let policy =
                format!("{{\"deadLetterTargetArn\":\"arn:aws:sqs:r:1:d\",\"maxReceiveCount\":{count}}}");
            let settings = Settings::new([("RedrivePolicy", policy.as_str())]).unwrap();
            assert_eq!(settings.redrive.unwrap().max_receive_count, 3);
        }
    }

    #[test]
    fn refuses_values_out_of_range_and_unknown_names() {
        for (name, value) in [
            ("VisibilityTimeout", "43201"),
            ("VisibilityTimeout", "-1"),
            ("DelaySeconds", "901"),
            ("ReceiveMessageWaitTimeSeconds", "x"),
            ("MessageRetentionPeriod", "59"),
            ("RedrivePolicy", "{}"),
        ] {
            let refusal = Settings::new([(name, value)]).unwrap_err();
            assert_eq!(refusal.code, RefusalCode::InvalidAttributeValue, "{name}");
        }
        assert_eq!(Settings::new([("Nope", "1")]).unwrap_err().code, RefusalCode::InvalidAttributeName);
    }

    #[test]
    fn allows_fifo_attributes_on_fifo_queues_only() {
        assert!(Settings::new([("ContentBasedDeduplication", "true")]).is_err());
        let fifo = Settings::new([("ContentBasedDeduplication", "true"), ("FifoQueue", "true")]).unwrap();
        assert!(fifo.fifo && fifo.content_based_deduplication);
    }
}
