//! The two streams from which workers get their jobs.

use super::engine::Activation;
use super::shared::Shared;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tonic::Status;
use zeebe_proto::{ActivateJobsResponse, ActivatedJob};

/// The stream of an ActivateJobs call: one answer with jobs, or none when its time is over.
pub(super) type PollStream = Pin<Box<dyn Stream<Item = Result<ActivateJobsResponse, Status>> + Send>>;

/// Polls for jobs until there are some or the deadline has come; without a deadline it looks once.
pub(super) fn poll(
    shared: Arc<Shared>,
    activation: Activation,
    max: i32,
    until: Option<Instant>,
) -> PollStream {
    let answer = async move {
        let signal = shared.run(|engine| engine.jobs.signal(&activation.job_type));
        loop {
            let mut created = std::pin::pin!(signal.notified());
            // Listening before looking: a job that comes in between is not missed.
            created.as_mut().enable();
            let jobs = shared.run(|engine| engine.activate_jobs(&activation, max));
            if !jobs.is_empty() {
                return Ok(ActivateJobsResponse { jobs });
            }
            let Some(until) = until else { return Ok(ActivateJobsResponse::default()) };
            // Both only wait.
            tokio::select! {
                () = created => {}
                () = tokio::time::sleep_until(until) => return Ok(ActivateJobsResponse::default()),
                () = shared.stopping.cancelled() => return Err(Status::unavailable("The gateway is shutting down")),
            }
        }
    };
    stream::once(answer).try_filter(|answer| std::future::ready(!answer.jobs.is_empty())).boxed()
}

/// The stream of a StreamActivatedJobs call: jobs as soon as they can be had.
pub(super) struct PushStream {
    shared: Arc<Shared>,
    job_type: Arc<str>,
    id: u64,
    jobs: mpsc::Receiver<Result<ActivatedJob, Status>>,
}

impl PushStream {
    /// Opens the stream.
    pub(super) fn open(shared: Arc<Shared>, activation: Activation) -> Self {
        let (sender, jobs) = mpsc::channel(shared.options.stream_capacity.max(1));
        let job_type = Arc::clone(&activation.job_type);
        let id = shared.run(|engine| engine.streams.open(activation, sender));
        Self { shared, job_type, id, jobs }
    }
}

impl Stream for PushStream {
    type Item = Result<ActivatedJob, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.jobs.poll_recv(context)
    }
}

impl Drop for PushStream {
    /// Gives back the jobs that have not left the gateway.
    fn drop(&mut self) {
        self.jobs.close();
        let mut left = Vec::new();
        while let Ok(item) = self.jobs.try_recv() {
            left.extend(item.map(|job| job.key));
        }
        self.shared.run(|engine| {
            engine.streams.close(&self.job_type, self.id);
            for key in left {
                engine.yield_job(key);
            }
        });
    }
}
