//! Stopping a worker in two phases: take nothing more, then wait for what is in flight.

use super::shared::Shared;
use crate::{WorkerMetrics, clock::after};
use connector_core::{Health, Job, JobKey, Permit};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};

/// Stops a worker and tells how it does, while somebody else has the worker itself.
#[derive(Clone, Debug)]
pub struct JobWorkerHandle {
    shared: Arc<Shared>,
}

/// How a worker ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DrainReport {
    /// Jobs that were handed out and not finished in time; the engine gives them out again after their timeout.
    pub unfinished: Vec<JobKey>,
    /// How many jobs went back to the engine untouched.
    pub handed_back: u64,
}

impl DrainReport {
    /// True when nothing was left behind.
    pub fn is_complete(&self) -> bool {
        self.unfinished.is_empty()
    }
}

impl JobWorkerHandle {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The worker's health: down while polls fail, up again by itself.
    pub fn health(&self) -> watch::Receiver<Health> {
        self.shared.health.subscribe()
    }

    /// What the worker has counted.
    pub fn metrics(&self) -> &Arc<WorkerMetrics> {
        &self.shared.metrics
    }

    /// The job type that the worker asks for.
    pub fn job_type(&self) -> &str {
        &self.shared.options.job_type
    }

    /// The jobs that were handed out or wait to be, oldest first.
    pub fn in_flight(&self) -> Vec<JobKey> {
        self.shared.flights.keys()
    }

    /// Ends the stream and the polls, hands back what nobody began with, and waits up to `drain` for the rest.
    ///
    /// From here on the worker's `next` answers `None`. A job is finished when its permit is dropped.
    pub async fn shutdown(&self, drain: Duration) -> DrainReport {
        let shared = &self.shared;
        let deadline = after(Instant::now(), drain);
        let handed_back = shared.metrics.handed_back.get();
        shared.stop.cancel();
        let stopped = async {
            shared.tasks.wait().await;
            let waiting = shared.queue.drain().into_iter().map(|waiting| (waiting.job, waiting.permit));
            let (jobs, permits): (Vec<Job>, Vec<Permit>) = waiting.unzip();
            shared.hand_back_all(jobs).await;
            drop(permits);
            shared.flights.empty().await;
        };
        let drained = timeout_at(deadline, stopped).await.is_ok();
        let unfinished = if drained { Vec::new() } else { shared.flights.keys() };
        if !unfinished.is_empty() {
            tracing::warn!(job_type = %shared.options.job_type, ?unfinished, "jobs were not finished before shutdown");
        }
        let handed_back = shared.metrics.handed_back.get().saturating_sub(handed_back);
        DrainReport { unfinished, handed_back }
    }
}
