//! Receives messages, keeps them hidden while they are worked on, deletes what is acked.

mod counters;
mod facts;
mod options;

pub use counters::ReceiverCounters;
pub use facts::QueueFacts;
pub use options::{NackPolicy, ReceiverOptions, VisibilityTimeout, WaitTime};

use crate::{Message, TransportError};
use connector_core::Health;
use std::time::Duration;
use tokio::sync::watch;

/// A consumer of one queue.
#[derive(Debug)]
pub struct Receiver {
    facts: QueueFacts,
    health: watch::Receiver<Health>,
}

impl Receiver {
    /// Asks the queue for its attributes and starts to receive.
    ///
    /// # Errors
    /// What SQS answered, for instance [`TransportError::Service`] with `QueueDoesNotExist` or `AccessDenied`.
    pub async fn open(client: aws_sdk_sqs::Client, options: ReceiverOptions) -> Result<Self, TransportError> {
        let (facts, _) = QueueFacts::ask(&client, &options.queue_url).await;
        Ok(Self { facts: facts?, health: watch::channel(Health::Up).1 })
    }

    /// The next message to work on; `None` after the receiver was closed. Cancel-safe.
    pub async fn next(&mut self) -> Option<Delivery> {
        None
    }

    /// Whether receiving and deleting work; `Down` carries the AWS error code.
    pub fn health(&self) -> watch::Receiver<Health> {
        self.health.clone()
    }

    /// What the queue said of itself when the receiver was opened.
    pub fn facts(&self) -> &QueueFacts {
        &self.facts
    }

    /// What was done so far.
    pub fn counters(&self) -> ReceiverCounters {
        ReceiverCounters::default()
    }

    /// Stops asking for messages and handing them out; what is held stays hidden.
    pub fn pause(&self) {}

    /// Goes on after [`Self::pause`].
    pub fn resume(&self) {}

    /// Stops receiving, gives back what was not handed out, waits at most `drain` for the deliveries that are out,
    /// deletes what was acked and gives back the rest.
    pub async fn shutdown(self, drain: Duration) -> DrainReport {
        let _ = drain;
        DrainReport::default()
    }
}

/// What a shutdown did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DrainReport {
    /// Messages given back before the consumer saw them.
    pub released: u64,
    /// Deliveries that were acked or nacked during the drain.
    pub finished: u64,
    /// Deliveries that were still out at the end and were given back.
    pub unfinished: u64,
    /// Acks that could not be made good: the message may come again.
    pub lost_acks: u64,
}

/// A message with the right to work on it. Dropping it gives the message back and is counted.
#[derive(Debug)]
pub struct Delivery {
    /// The message.
    pub message: Message,
}

impl Delivery {
    /// The message was handled: it will be deleted, and never delivered again by this receiver.
    pub fn ack(self) {}

    /// The message was not handled: it is given back, after a delay or as [`NackPolicy`] says.
    pub fn nack(self, after: Option<Duration>) {
        let _ = after;
    }

    /// Whether SQS has given the message up meanwhile, so that somebody else may have it. An ack then deletes nothing.
    pub fn is_lost(&self) -> bool {
        false
    }

    /// How often SQS has handed the message out, this delivery included.
    pub fn receive_count(&self) -> u32 {
        self.message.receive_count()
    }
}
