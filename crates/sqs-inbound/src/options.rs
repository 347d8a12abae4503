//! How consumers work.

use crate::Clock;
use connector_core::Backoff;
use std::{fmt, time::Duration};

/// What is done with a message that can never be handled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PoisonPolicy {
    /// It stays in the queue, for the queue's redrive policy to decide.
    #[default]
    Leave,
    /// It is deleted.
    Delete,
    /// It is moved to another queue of the same account and region.
    Park {
        /// The URL of the other queue.
        queue_url: String,
    },
}

impl PoisonPolicy {
    /// Reads `leave`, `delete` or `park:<queue url>`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "leave" => Some(Self::Leave),
            "delete" => Some(Self::Delete),
            other => {
                let queue_url = other.strip_prefix("park:")?.trim().to_owned();
                (!queue_url.is_empty()).then_some(Self::Park { queue_url })
            }
        }
    }
}

/// How a [`crate::Consumer`] works.
#[derive(Clone)]
pub struct ConsumerOptions {
    /// The time to live of a published message whose element states none.
    pub default_time_to_live: Duration,
    /// How many messages are held at once, unless the elements say otherwise.
    pub max_in_flight: usize,
    /// How long an instance is awaited when an element asks for `synchronousResponse`.
    pub synchronous_wait: Duration,
    /// What is done with messages that can never be handled.
    pub poison: PoisonPolicy,
    /// How many activities are kept.
    pub activity_log_size: usize,
    /// The delays between attempts to activate.
    pub activation_backoff: Backoff,
    /// The delays between attempts while the engine is unavailable; the longest is how late its return may be noticed.
    pub engine_backoff: Backoff,
    /// Tells the time of day for the activity log.
    pub clock: Clock,
}

impl ConsumerOptions {
    /// One hour to live, 100 messages at once, poison stays, activation retried after 1 s to 5 min.
    pub fn new(clock: Clock) -> Self {
        Self {
            default_time_to_live: Duration::from_secs(3_600),
            max_in_flight: 100,
            synchronous_wait: Duration::from_secs(60),
            poison: PoisonPolicy::Leave,
            activity_log_size: 100,
            activation_backoff: Backoff::new(Duration::from_secs(1), Duration::from_secs(300), 2.0),
            engine_backoff: Backoff::new(Duration::from_secs(1), Duration::from_secs(8), 2.0),
            clock,
        }
    }
}

impl fmt::Debug for ConsumerOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsumerOptions")
            .field("default_time_to_live", &self.default_time_to_live)
            .field("max_in_flight", &self.max_in_flight)
            .field("poison", &self.poison)
            .finish_non_exhaustive()
    }
}
