//! Counters of a client and of a worker, for whoever exposes them.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds one.
    pub(crate) fn increment(&self) {
        self.add(1);
    }

    /// Adds some.
    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// The count so far.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a client counts.
#[derive(Debug, Default)]
pub struct ClientMetrics {
    /// Unary calls sent, repeated ones included.
    pub calls: Counter,
    /// Calls that were repeated because of their answer.
    pub retries: Counter,
    /// Job commands that came too late: the job is no longer ours.
    pub stale_jobs: Counter,
    /// Job commands not sent because the job's deadline had passed.
    pub expired_jobs: Counter,
    /// Messages that the engine had already.
    pub duplicate_messages: Counter,
    /// Publish and create commands that the engine pushed back.
    pub pushed_back: Counter,
    /// Tokens got from the provider.
    pub tokens: Counter,
    /// Requests for a token that failed.
    pub token_failures: Counter,
}

/// What a worker counts.
#[derive(Debug, Default)]
pub struct WorkerMetrics {
    /// Jobs that came over the stream.
    pub streamed: Counter,
    /// Jobs that came from polls.
    pub polled: Counter,
    /// Jobs whose permit came back.
    pub handled: Counter,
    /// Polls sent.
    pub polls: Counter,
    /// Polls that failed.
    pub poll_failures: Counter,
    /// Streams opened.
    pub streams: Counter,
    /// Streams that ended with an error.
    pub stream_failures: Counter,
    /// Streams replaced because they had gone silent.
    pub inactive_streams: Counter,
    /// Jobs handed back to the engine untouched.
    pub handed_back: Counter,
    /// Jobs whose deadline passed before a permit was free.
    pub expired: Counter,
}

impl WorkerMetrics {
    /// Jobs that came, either way.
    pub fn activated(&self) -> u64 {
        self.streamed.get().saturating_add(self.polled.get())
    }
}
