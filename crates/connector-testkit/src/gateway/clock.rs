//! The engine's clock: tokio's, so that tests can pause it, tied once to the wall clock.

use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// Longer than any test waits; keeps additions in range.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 86_400);

/// Tokio's clock with the wall clock's time at its start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
    epoch_millis_at_start: i64,
}

impl Clock {
    /// A clock that shows the given wall time now; without one, the machine's.
    pub(crate) fn new(wall: Option<SystemTime>) -> Self {
        let wall = wall.unwrap_or_else(machine_time);
        let since_epoch = wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { start: Instant::now(), epoch_millis_at_start: millis(since_epoch) }
    }

    /// The time now.
    pub(crate) fn now(&self) -> Instant {
        Instant::now()
    }

    /// A time as milliseconds since 1970.
    pub(crate) fn epoch_millis(&self, at: Instant) -> i64 {
        self.epoch_millis_at_start.saturating_add(millis(at.saturating_duration_since(self.start)))
    }

    /// The time that many milliseconds after 1970; what is past is the start.
    pub(crate) fn at_epoch_millis(&self, epoch_millis: i64) -> Instant {
        self.after(self.start, epoch_millis.saturating_sub(self.epoch_millis_at_start))
    }

    /// A time plus milliseconds; negative ones count as none.
    pub(crate) fn after(&self, from: Instant, millis: i64) -> Instant {
        self.later(from, Duration::from_millis(u64::try_from(millis).unwrap_or(0)))
    }

    /// A time plus a duration, a hundred years at most.
    pub(crate) fn later(&self, from: Instant, duration: Duration) -> Instant {
        let duration = duration.min(FOREVER);
        from.checked_add(duration).unwrap_or(from)
    }
}

/// The machine's wall clock.
#[allow(clippy::disallowed_methods, reason = "read once; every later time is tokio's")]
fn machine_time() -> SystemTime {
    SystemTime::now()
}

/// A duration in milliseconds.
fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
