//! Messages: as they are handed in, stored and handed out.

use std::sync::Arc;

use tokio::time::Instant;

use crate::sqs::attribute::{Attributes, MessageAttribute};

/// What never changes about a message.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    pub(crate) message_id: String,
    pub(crate) body: String,
    pub(crate) body_md5: String,
    pub(crate) attributes: Attributes,
    pub(crate) trace_header: Option<String>,
    pub(crate) sender_id: String,
    pub(crate) sent_millis: u64,
    pub(crate) group: Option<Arc<str>>,
    pub(crate) deduplication_id: Option<String>,
    pub(crate) sequence_number: Option<String>,
    /// The queue that gave the message up, in a dead-letter queue.
    pub(crate) source_arn: Option<String>,
}

/// A message on its way into a queue.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) content: Content,
    /// Seconds; none takes the queue's.
    pub(crate) delay_seconds: Option<u32>,
    /// Whether the answer names a sequence number although the queue is not FIFO.
    pub(crate) number_anyway: bool,
}

/// What a send did.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) message_id: String,
    pub(crate) sequence_number: Option<String>,
    pub(crate) duplicate: bool,
}

/// A message with what happened to it in this queue.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) content: Arc<Content>,
    /// The start of the retention period.
    pub(crate) retained_since: Instant,
    /// Over the life of the message, dead-letter moves included.
    pub(crate) receives: u32,
    /// In this queue; the ordinal of the newest receipt handle.
    pub(crate) receives_here: u32,
    pub(crate) first_received_millis: Option<u64>,
    pub(crate) phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Delayed { until: Instant },
    Visible,
    InFlight { since: Instant, until: Instant },
}

impl Phase {
    pub(crate) fn deadline(self) -> Option<Instant> {
        match self {
            Self::Visible => None,
            Self::Delayed { until } | Self::InFlight { until, .. } => Some(until),
        }
    }
}

/// A delivery.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) content: Arc<Content>,
    pub(crate) receipt_handle: String,
    pub(crate) receives: u32,
    pub(crate) first_received_millis: u64,
}

/// Where a stored message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MessagePhase {
    /// Hidden by a delay.
    Delayed,
    /// Ready to be received.
    Visible,
    /// Received, hidden by the visibility timeout.
    InFlight,
}

/// A message as a test sees it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StoredMessage {
    /// The id that the send answered.
    pub message_id: String,
    /// The text.
    pub body: String,
    /// The attributes, sorted by name.
    pub attributes: Vec<(String, MessageAttribute)>,
    /// `MessageGroupId`.
    pub message_group_id: Option<String>,
    /// `MessageDeduplicationId`, given or made from the body.
    pub message_deduplication_id: Option<String>,
    /// `SequenceNumber`.
    pub sequence_number: Option<String>,
    /// `AWSTraceHeader`.
    pub trace_header: Option<String>,
    /// `ApproximateReceiveCount`.
    pub receive_count: u32,
    /// Where it stands.
    pub phase: MessagePhase,
}

impl From<&Entry> for StoredMessage {
    fn from(entry: &Entry) -> Self {
        let content = &entry.content;
        Self {
            message_id: content.message_id.clone(),
            body: content.body.clone(),
            attributes: content
                .attributes
                .iter()
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            message_group_id: content.group.as_deref().map(str::to_owned),
            message_deduplication_id: content.deduplication_id.clone(),
            sequence_number: content.sequence_number.clone(),
            trace_header: content.trace_header.clone(),
            receive_count: entry.receives,
            phase: match entry.phase {
                Phase::Delayed { .. } => MessagePhase::Delayed,
                Phase::Visible => MessagePhase::Visible,
                Phase::InFlight { .. } => MessagePhase::InFlight,
            },
        }
    }
}
