//! What the engine does at a later time, ordered by when.

use std::collections::BTreeMap;
use tokio::time::Instant;

/// A timer that can be cancelled.
pub(crate) type TimerId = (Instant, u64);

/// What is due.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Due {
    /// A timer event: the element instance and the place of the event's node.
    Event { element: i64, node: usize },
    /// The worker has had the job for too long.
    JobTimeout(i64),
    /// The job may be handed out again.
    JobBackoff(i64),
    /// The message is no longer kept.
    MessageExpiry(i64),
}

/// The pending timers.
#[derive(Default)]
pub(crate) struct Timers {
    pending: BTreeMap<TimerId, Due>,
    last: u64,
}

impl Timers {
    /// Adds a timer; equal times fire in the order in which they were added.
    pub(crate) fn add(&mut self, at: Instant, due: Due) -> TimerId {
        self.last += 1;
        self.pending.insert((at, self.last), due);
        (at, self.last)
    }

    /// Removes a timer that may have fired.
    pub(crate) fn cancel(&mut self, id: TimerId) {
        self.pending.remove(&id);
    }

    /// When the next timer is due.
    pub(crate) fn next_at(&self) -> Option<Instant> {
        self.pending.keys().next().map(|(at, _)| *at)
    }

    /// Takes the next timer that is due.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<Due> {
        let first = self.pending.first_entry()?;
        if first.key().0 > now {
            return None;
        }
        Some(first.remove())
    }
}
