//! What a sender has done so far.

use std::sync::atomic::{AtomicU64, Ordering};

/// A snapshot of a [`crate::Sender`]'s counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SenderCounters {
    /// Messages that SQS took.
    pub messages_sent: u64,
    /// Messages whose caller got an error of SQS or of the network.
    pub messages_failed: u64,
    /// Messages that were dropped before they were sent: deadline passed, or nobody waited any more.
    pub messages_dropped: u64,
    /// SendMessage requests, each attempt counted.
    pub single_requests: u64,
    /// SendMessageBatch requests, each attempt counted.
    pub batch_requests: u64,
    /// Messages that were refused inside a batch and sent again alone.
    pub resent_alone: u64,
    /// Lanes at this moment.
    pub lanes: usize,
}

/// The counters themselves.
#[derive(Debug, Default)]
pub(crate) struct SenderTally {
    pub(crate) messages_sent: AtomicU64,
    pub(crate) messages_failed: AtomicU64,
    pub(crate) messages_dropped: AtomicU64,
    pub(crate) single_requests: AtomicU64,
    pub(crate) batch_requests: AtomicU64,
    pub(crate) resent_alone: AtomicU64,
}

impl SenderTally {
    pub(crate) fn add(counter: &AtomicU64, count: impl Into<u64>) {
        counter.fetch_add(count.into(), Ordering::Relaxed);
    }

    pub(crate) fn snapshot(&self, lanes: usize) -> SenderCounters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        SenderCounters {
            messages_sent: read(&self.messages_sent),
            messages_failed: read(&self.messages_failed),
            messages_dropped: read(&self.messages_dropped),
            single_requests: read(&self.single_requests),
            batch_requests: read(&self.batch_requests),
            resent_alone: read(&self.resent_alone),
            lanes,
        }
    }
}
