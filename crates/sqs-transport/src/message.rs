//! Messages on their way to a queue and from a queue.

use std::collections::BTreeMap;

/// A message to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingMessage {
    /// The queue's URL; sent as a field of the request, the connection decides the host.
    pub queue_url: String,
    /// The body, at most 1 MiB together with the attributes.
    pub body: String,
    /// User attributes by name, at most ten on AWS.
    pub attributes: Vec<(String, AttributeValue)>,
    /// The group whose order is kept (FIFO queue) or that gets its fair share (standard queue).
    pub message_group_id: Option<String>,
    /// Names the message for the five minutes in which SQS drops duplicates.
    pub message_deduplication_id: Option<String>,
    /// Seconds before the message can be received; `None` = the queue's own.
    pub delay_seconds: Option<i32>,
    /// The X-Ray header, sent as the system attribute `AWSTraceHeader`.
    pub trace_header: Option<String>,
}

impl OutgoingMessage {
    /// A message with nothing but a body.
    pub fn new(queue_url: impl Into<String>, body: impl Into<String>) -> Self {
        Self {
            queue_url: queue_url.into(),
            body: body.into(),
            attributes: Vec::new(),
            message_group_id: None,
            message_deduplication_id: None,
            delay_seconds: None,
            trace_header: None,
        }
    }

    /// The bytes that count towards the limit of a request: body, names, types and values of attributes.
    ///
    /// Source: SQS Developer Guide, "Amazon SQS message quotas".
    pub fn size(&self) -> usize {
        let attributes: usize = self
            .attributes
            .iter()
            .map(|(name, attribute)| name.len() + attribute.data_type.len() + attribute.value.len())
            .sum();
        self.body.len() + attributes
    }
}

/// The value of a user attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeValue {
    /// `String`, `Number`, `Binary`, or one of them with a custom label after a dot.
    pub data_type: String,
    /// The value.
    pub value: AttributePayload,
}

/// Text or bytes of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributePayload {
    /// Sent as `StringValue`.
    String(String),
    /// Sent as `BinaryValue`.
    Binary(Vec<u8>),
}

impl AttributePayload {
    /// The number of bytes.
    pub fn len(&self) -> usize {
        match self {
            Self::String(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    /// True without a single byte.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What SQS answered to a message that it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentMessage {
    /// The id that SQS gave the message.
    pub message_id: String,
    /// The message's place in its group; FIFO queues only.
    pub sequence_number: Option<String>,
    /// MD5 of the body as SQS received it, in hexadecimal; verified.
    pub md5_of_body: String,
}

/// A message as SQS handed it out; digests verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The id that SQS gave the message; the same at each delivery.
    pub message_id: String,
    /// The handle of this delivery.
    pub receipt_handle: String,
    /// The body.
    pub body: String,
    /// MD5 of the body in hexadecimal.
    pub md5_of_body: String,
    /// System attributes by name, for instance `SentTimestamp` and `ApproximateReceiveCount`.
    pub attributes: BTreeMap<String, String>,
    /// MD5 of the user attributes in hexadecimal; `None` without attributes.
    pub md5_of_message_attributes: Option<String>,
    /// User attributes by name.
    pub message_attributes: BTreeMap<String, MessageAttribute>,
}

impl Message {
    /// How often SQS has handed the message out, this delivery included; at least 1.
    pub fn receive_count(&self) -> u32 {
        self.attributes
            .get("ApproximateReceiveCount")
            .and_then(|count| count.parse().ok())
            .map_or(1, |count: u32| count.max(1))
    }

    /// The message's group, when it has one and system attributes were asked for.
    pub fn message_group_id(&self) -> Option<&str> {
        self.attributes.get("MessageGroupId").map(String::as_str)
    }
}

/// A user attribute of a received message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageAttribute {
    /// `String`, `Number`, `Binary`, or one of them with a custom label after a dot.
    pub data_type: String,
    /// The value of a text or number.
    pub string_value: Option<String>,
    /// The value of a binary attribute, decoded.
    pub binary_value: Option<Vec<u8>>,
    /// Reserved by SQS; empty.
    pub string_list_values: Vec<String>,
    /// Reserved by SQS; empty.
    pub binary_list_values: Vec<Vec<u8>>,
}
