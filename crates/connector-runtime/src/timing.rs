//! How long jobs are worked on, measured around whatever works on them.

use async_trait::async_trait;
use connector_core::{ActivatedJob, JobSource, Permit};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// How long the jobs took so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WorkTimes {
    /// Jobs that were ended.
    pub(crate) count: u64,
    /// All of them together.
    pub(crate) sum: Duration,
    /// The longest.
    pub(crate) max: Duration,
}

/// Collects the times; clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stopwatch(Arc<Mutex<WorkTimes>>);

impl Stopwatch {
    pub(crate) fn times(&self) -> WorkTimes {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, time: Duration) {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        times.count += 1;
        times.sum += time;
        times.max = times.max.max(time);
    }
}

/// A source whose jobs are timed from when they are handed out until their permit is dropped.
pub(crate) struct Timed<S> {
    pub(crate) source: S,
    pub(crate) stopwatch: Stopwatch,
}

/// Lives as long as the work on a job.
struct Running {
    since: Instant,
    stopwatch: Stopwatch,
    _permit: Permit,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stopwatch.add(self.since.elapsed());
    }
}

#[async_trait]
impl<S: JobSource> JobSource for Timed<S> {
    async fn next(&mut self) -> Option<ActivatedJob> {
        let ActivatedJob { job, permit } = self.source.next().await?;
        let running = Running { since: Instant::now(), stopwatch: self.stopwatch.clone(), _permit: permit };
        Some(ActivatedJob { job, permit: Permit::from_guard(running) })
    }
}
