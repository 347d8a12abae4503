//! The job worker: a stream for latency, polls for the backlog, both kept alive until shutdown.

mod flight;
mod lease;
mod options;
mod poll;
mod queue;
mod shared;
mod shutdown;
mod stream;

pub use options::{JobWorkerOptions, Tenants};
pub use shutdown::{DrainReport, JobWorkerHandle};

use crate::{GatewayClient, GatewayError};
use async_trait::async_trait;
use connector_core::{ActivatedJob, JobSource};
use shared::Shared;
use std::{future::Future, sync::Arc, time::Duration};
use tokio::task::JoinSet;
use tokio_util::sync::DropGuard;

/// A source of jobs of one type. No error ends it: it reopens its stream and polls again until it is shut down.
///
/// Dropping it stops it at once and leaves what is under way to the engine's timeout; [`JobWorkerHandle::shutdown`] is kinder.
#[derive(Debug)]
pub struct JobWorker {
    shared: Arc<Shared>,
    _stopped_on_drop: DropGuard,
}

impl JobWorker {
    /// Opens a worker. It starts to ask for jobs at once, and goes on trying while no gateway answers.
    ///
    /// # Errors
    /// [`GatewayError::InvalidWorker`] when the options contradict themselves.
    pub fn open(client: GatewayClient, options: JobWorkerOptions) -> Result<Self, GatewayError> {
        options.check()?;
        let shared = Arc::new(Shared::new(client, options));
        let (poller, streamer) = (Arc::clone(&shared), Arc::clone(&shared));
        shared.tasks.spawn(supervise(Arc::clone(&shared), move || poll::run(Arc::clone(&poller))));
        if shared.options.stream_enabled {
            shared.tasks.spawn(supervise(Arc::clone(&shared), move || stream::run(Arc::clone(&streamer))));
        }
        shared.tasks.close();
        let guard = shared.stop.clone().drop_guard();
        Ok(Self { shared, _stopped_on_drop: guard })
    }

    /// What stops the worker, and tells how it does, while somebody else has the worker itself.
    pub fn handle(&self) -> JobWorkerHandle {
        JobWorkerHandle::new(Arc::clone(&self.shared))
    }

    /// Stops the worker; see [`JobWorkerHandle::shutdown`].
    pub async fn shutdown(self, drain: Duration) -> DrainReport {
        self.handle().shutdown(drain).await
    }
}

#[async_trait]
impl JobSource for JobWorker {
    /// Cancel-safe: a job that is not returned stays in the queue.
    async fn next(&mut self) -> Option<ActivatedJob> {
        if self.shared.stop.is_cancelled() {
            return None;
        }
        tokio::select! {
            biased;
            job = self.shared.queue.pop() => Some(job),
            () = self.shared.stop.cancelled() => None,
        }
    }
}

/// Runs a task again if it should ever panic: a worker without its stream or its polls would fall silent.
async fn supervise<F>(shared: Arc<Shared>, task: impl Fn() -> F + Send)
where
    F: Future<Output = ()> + Send + 'static,
{
    loop {
        let mut running = JoinSet::new();
        running.spawn(task());
        match running.join_next().await {
            Some(Err(error)) if error.is_panic() && !shared.stop.is_cancelled() => {
                // Not the error: it repeats what the panic said, which may be anything.
                tracing::error!(job_type = %shared.options.job_type, "a worker's task broke and is run again");
                shared.pause(Duration::from_secs(1)).await;
            }
            _ => return,
        }
    }
}
