//! What is known of a consumer's queue.

use sqs_transport::QueueFacts;
use std::time::Duration;

/// What a queue said of itself when its consumer was activated, and what is risky about consuming it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueDetails {
    /// The queue's URL, without secrets.
    pub url: String,
    /// How long a received message is hidden: as an element says, else as the queue says.
    pub visibility: Duration,
    /// Its attributes.
    pub facts: QueueFacts,
    /// What an operator should mend or know.
    pub warnings: Vec<String>,
}
