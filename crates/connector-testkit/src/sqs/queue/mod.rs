//! A queue: its settings, its messages, and the wake-up of those who wait for them.

mod deduplication;
mod message;
mod order;
mod receipt;
mod settings;
mod state;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

pub(crate) use message::{Content, Draft, Received, Sent};
pub use message::{MessagePhase, StoredMessage};
pub(crate) use settings::{Redrive, Settings, unknown as unknown_attribute};
pub(crate) use state::{Ask, QueueState, Taken};

/// How many messages a queue holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueDepth {
    /// Messages that a receive may return (in a FIFO queue also those behind a blocked group).
    pub visible: usize,
    /// Messages received and neither deleted nor visible again.
    pub in_flight: usize,
    /// Messages that a delay still hides.
    pub delayed: usize,
}

impl QueueDepth {
    /// All messages together.
    pub fn total(&self) -> usize {
        self.visible + self.in_flight + self.delayed
    }
}

/// What a queue has seen since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueCounters {
    /// Messages stored by sends.
    pub sent: u64,
    /// Sends answered from the deduplication window, which stored nothing.
    pub deduplicated: u64,
    /// Deliveries, repeated ones included.
    pub received: u64,
    /// Messages removed by deletes.
    pub deleted: u64,
    /// Messages moved to the dead-letter queue.
    pub dead_lettered: u64,
}

#[derive(Debug, Default)]
struct Totals {
    sent: AtomicU64,
    deduplicated: AtomicU64,
    received: AtomicU64,
    deleted: AtomicU64,
    dead_lettered: AtomicU64,
}

/// A queue that many requests share.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) fifo: bool,
    /// Woken when messages may have become available, or when the next event came closer.
    pub(crate) arrivals: Notify,
    pub(crate) tags: Mutex<BTreeMap<String, String>>,
    state: Mutex<QueueState>,
    totals: Totals,
}

impl Queue {
    pub(crate) fn new(
        name: String,
        arn: String,
        settings: Settings,
        in_flight_limit: usize,
        now: Instant,
    ) -> Self {
        let fifo = settings.fifo;
        Self {
            name,
            arn,
            fifo,
            arrivals: Notify::new(),
            tags: Mutex::default(),
            state: Mutex::new(QueueState::new(settings, in_flight_limit, now)),
            totals: Totals::default(),
        }
    }

    /// Looks at the state as it is now.
    pub(crate) fn read<T>(&self, now: Instant, look: impl FnOnce(&QueueState) -> T) -> T {
        let mut state = self.lock();
        state.settle(now);
        look(&state)
    }

    /// Changes the state, then wakes whom the change concerns: one receiver when there is something to take,
    /// all of them when they would sleep too long.
    pub(crate) fn change<T>(&self, now: Instant, change: impl FnOnce(&mut QueueState) -> T) -> T {
        let (result, available, sooner) = {
            let mut state = self.lock();
            state.settle(now);
            let before = state.next_event();
            let result = change(&mut state);
            let after = state.next_event();
            let sooner = after.is_some_and(|after| before.is_none_or(|before| after < before));
            (result, state.has_available(), sooner)
        };
        if sooner {
            self.arrivals.notify_waiters();
        }
        if available {
            self.arrivals.notify_one();
        }
        result
    }

    pub(crate) fn send(&self, now: Instant, draft: Draft) -> Sent {
        let sent = self.change(now, |state| state.send(now, draft));
        let total = if sent.duplicate { &self.totals.deduplicated } else { &self.totals.sent };
        total.fetch_add(1, Ordering::Relaxed);
        sent
    }

    pub(crate) fn count_received(&self, taken: &Taken) {
        self.totals.received.fetch_add(u64::try_from(taken.messages.len()).unwrap_or(0), Ordering::Relaxed);
        self.totals.dead_lettered.fetch_add(u64::try_from(taken.dead.len()).unwrap_or(0), Ordering::Relaxed);
    }

    pub(crate) fn count_deleted(&self) {
        self.totals.deleted.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn counters(&self) -> QueueCounters {
        let get = |total: &AtomicU64| total.load(Ordering::Relaxed);
        QueueCounters {
            sent: get(&self.totals.sent),
            deduplicated: get(&self.totals.deduplicated),
            received: get(&self.totals.received),
            deleted: get(&self.totals.deleted),
            dead_lettered: get(&self.totals.dead_lettered),
        }
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
