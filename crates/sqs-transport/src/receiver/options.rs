//! What a receiver is told.

use crate::TransportError;
use connector_core::Backoff;
use std::time::Duration;

/// How long a receive waits for a message: 0 to 20 whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitTime(i32);

impl WaitTime {
    /// The longest wait that SQS knows.
    pub const LONGEST: Self = Self(20);

    /// Takes a number of seconds.
    ///
    /// # Errors
    /// [`TransportError::InvalidOption`] outside 0 to 20.
    pub fn from_seconds(seconds: i32) -> Result<Self, TransportError> {
        within("wait time", seconds, 20).map(Self)
    }

    /// The number of seconds.
    pub fn seconds(self) -> i32 {
        self.0
    }

    pub(crate) fn duration(self) -> Duration {
        Duration::from_secs(self.0.unsigned_abs().into())
    }
}

/// How long SQS hides a received message: 0 to 43 200 whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VisibilityTimeout(i32);

impl VisibilityTimeout {
    /// Takes a number of seconds.
    ///
    /// # Errors
    /// [`TransportError::InvalidOption`] outside 0 to 43 200.
    pub fn from_seconds(seconds: i32) -> Result<Self, TransportError> {
        within("visibility timeout", seconds, 43_200).map(Self)
    }

    /// The number of seconds.
    pub fn seconds(self) -> i32 {
        self.0
    }

    /// As a duration.
    pub fn duration(self) -> Duration {
        Duration::from_secs(self.0.unsigned_abs().into())
    }

    /// The whole seconds of a duration, rounded up, at most 43 200.
    pub(crate) fn rounded_up(duration: Duration) -> Self {
        let seconds = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
        Self(i32::try_from(seconds).unwrap_or(i32::MAX).min(43_200))
    }
}

fn within(option: &'static str, seconds: i32, longest: i32) -> Result<i32, TransportError> {
    if (0..=longest).contains(&seconds) {
        return Ok(seconds);
    }
    Err(TransportError::InvalidOption {
        option,
        problem: format!("must be between 0 and {longest} seconds, not {seconds}"),
    })
}

/// What happens to a message that is given back without a delay of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum NackPolicy {
    /// It reappears when its visibility timeout ends.
    #[default]
    Leave,
    /// It reappears after a jittered delay that grows with its receive count.
    Backoff(Backoff),
}

/// How a [`crate::Receiver`] works.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceiverOptions {
    /// The queue's URL; one that ends with `.fifo` is consumed in order inside each message group.
    pub queue_url: String,
    /// How long a receive waits for a message.
    pub wait_time: WaitTime,
    /// How long a message stays hidden between heartbeats; `None` = the queue's own.
    pub visibility_timeout: Option<VisibilityTimeout>,
    /// The user attributes to ask for; `All` = every one.
    pub message_attribute_names: Vec<String>,
    /// The system attributes to ask for; `All` = every one. For a FIFO queue `MessageGroupId` is asked for in any case,
    /// and `ApproximateReceiveCount` when [`NackPolicy::Backoff`] goes by it.
    pub message_system_attribute_names: Vec<String>,
    /// How often the queue is asked for its attributes before [`crate::Receiver::open`] fails, when the failure may pass.
    pub open_attempts: u32,
    /// How many messages are held at most, from before they are received until they are acked or nacked.
    pub max_in_flight: usize,
    /// How many receives wait side by side at most while messages keep coming.
    pub max_parallel_receives: usize,
    /// How long an acked message of a standard queue waits for others, to be deleted with them.
    pub ack_linger: Duration,
    /// What happens to a message that is given back.
    pub nack: NackPolicy,
    /// Fixes the sequence of jitter.
    pub jitter_seed: u64,
}

impl ReceiverOptions {
    /// Options for a queue: 20 s of waiting, 100 messages in flight, all attributes.
    pub fn new(queue_url: impl Into<String>) -> Self {
        Self {
            queue_url: queue_url.into(),
            wait_time: WaitTime::LONGEST,
            visibility_timeout: None,
            message_attribute_names: vec!["All".to_owned()],
            message_system_attribute_names: vec!["All".to_owned()],
            open_attempts: 4,
            max_in_flight: 100,
            max_parallel_receives: 4,
            ack_linger: Duration::from_millis(100),
            nack: NackPolicy::Leave,
            jitter_seed: 1,
        }
    }

    pub(crate) fn is_fifo(&self) -> bool {
        self.queue_url.ends_with(".fifo")
    }
}
