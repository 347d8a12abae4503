//! The two streams from which workers get their jobs.

use super::engine::{Activation, Rejection, StreamItem};
use super::shared::Shared;
use futures::{Stream, StreamExt, stream};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tonic::{Code, Status};
use zeebe_proto::ActivateJobsResponse;

/// The stream of an ActivateJobs call: one answer with jobs, or none when its time is over.
pub(super) type PollStream = stream::Iter<std::option::IntoIter<Result<ActivateJobsResponse, Status>>>;

/// The stream of a StreamActivatedJobs call: what came first, then the rest.
pub(super) type JobStream = stream::Chain<stream::Iter<std::option::IntoIter<StreamItem>>, PushStream>;

/// Polls for jobs until there are some or the deadline has come; without a deadline it looks once.
///
/// A Java gateway sends its headers with its first message: nothing is answered before.
pub(super) async fn poll(
    shared: &Shared,
    activation: &Activation,
    max: i32,
    until: Option<Instant>,
) -> Result<PollStream, Rejection> {
    let signal = shared.run(|engine| engine.jobs.signal(&activation.job_type));
    loop {
        let mut created = std::pin::pin!(signal.notified());
        // Listening before looking: a job that comes in between is not missed.
        created.as_mut().enable();
        let jobs = shared.run(|engine| engine.activate_jobs(activation, max));
        if !jobs.is_empty() {
            return Ok(stream::iter(Some(Ok(ActivateJobsResponse { jobs }))));
        }
        let Some(until) = until else { return Ok(stream::iter(None)) };
        // All three only wait; no job is taken meanwhile.
        tokio::select! {
            () = created => {}
            () = tokio::time::sleep_until(until) => return Ok(stream::iter(None)),
            () = shared.stopping.cancelled() => {
                return Err(Rejection::new(Code::Unavailable, "The gateway is shutting down"));
            }
        }
    }
}

/// Opens a job stream; like a Java gateway, it answers with the first job or the stream's end.
pub(super) async fn push(shared: &Arc<Shared>, activation: Activation) -> JobStream {
    let mut jobs = PushStream::open(Arc::clone(shared), activation);
    // A client that leaves meanwhile drops the stream, which gives back what is in it.
    let first = jobs.next().await;
    stream::iter(first).chain(jobs)
}

/// The stream of a StreamActivatedJobs call: jobs as soon as they can be had.
pub(super) struct PushStream {
    shared: Arc<Shared>,
    job_type: Arc<str>,
    id: u64,
    jobs: mpsc::Receiver<StreamItem>,
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
    type Item = StreamItem;

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
