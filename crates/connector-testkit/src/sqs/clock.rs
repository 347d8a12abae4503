//! Tokio's clock with a wall-clock origin.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// Instants of tokio's clock, and what the wall clock showed when it was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    origin: Instant,
    epoch: Duration,
}

impl Clock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one origin of SentTimestamp; everything later is tokio's clock"
    )]
    pub(crate) fn start() -> Self {
        Self {
            origin: Instant::now(),
            epoch: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
        }
    }

    pub(crate) fn now(&self) -> Instant {
        Instant::now()
    }

    /// Milliseconds since 1970, as SQS writes its timestamps of messages.
    pub(crate) fn epoch_millis(&self, at: Instant) -> u64 {
        let since = self.epoch + at.saturating_duration_since(self.origin);
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    /// Seconds since 1970, as SQS writes its timestamps of queues.
    pub(crate) fn epoch_seconds(&self, at: Instant) -> u64 {
        self.epoch_millis(at) / 1000
    }
}
