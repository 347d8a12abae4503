//! Jobs between the tasks that get them and the one that asks for them. Bounded: each entry holds a permit.

use connector_core::ActivatedJob;
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};
use tokio::sync::Notify;

/// A queue with one reader that can be emptied by somebody else at shutdown.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    jobs: Mutex<VecDeque<ActivatedJob>>,
    filled: Notify,
}

impl Queue {
    pub(crate) fn push(&self, job: ActivatedJob) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).push_back(job);
        self.filled.notify_one();
    }

    /// Waits for the next job. Cancel-safe: a job is only removed when it is returned.
    pub(crate) async fn pop(&self) -> ActivatedJob {
        loop {
            let next = self.jobs.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            match next {
                Some(job) => return job,
                None => self.filled.notified().await,
            }
        }
    }

    /// Takes out what nobody asked for.
    pub(crate) fn drain(&self) -> Vec<ActivatedJob> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect()
    }
}
