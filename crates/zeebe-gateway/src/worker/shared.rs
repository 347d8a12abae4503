//! What the tasks of one worker share.

use super::{
    JobWorkerOptions,
    flight::{Flights, Origin},
    lease::Activation,
    queue::Queue,
};
use crate::{GatewayClient, WorkerMetrics, clock::after, status::Refusal};
use connector_core::{
    ActivatedJob, Engine, EngineError, EngineErrorCode, Health, Job, JobFailure, JobLease, RawJson,
};
use futures::StreamExt;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, watch},
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How many calls in a row fail before the worker counts as down.
const FAILURES_BEFORE_DOWN: u32 = 3;
/// How many jobs are handed back at the same time.
const HAND_BACK_AT_ONCE: usize = 16;
/// What the engine's tools show of a job that was handed back.
const NO_CAPACITY: &str =
    "The worker stopped before it began with the job; the job was handed back untouched";

/// How the stream does, which decides how polls wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamState {
    /// It is being opened.
    Opening,
    /// It is open and has brought nothing yet; when it was opened.
    Taken(Instant),
    /// It is open; when it last brought a job.
    Alive(Instant),
    /// There is none, or the last one broke.
    Absent,
}

impl StreamState {
    pub(crate) fn is_alive(self) -> bool {
        self.heard().is_some()
    }

    /// When an open stream was opened or last brought a job.
    pub(crate) fn heard(self) -> Option<Instant> {
        match self {
            Self::Taken(at) | Self::Alive(at) => Some(at),
            Self::Opening | Self::Absent => None,
        }
    }
}

/// The state of one worker.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) client: GatewayClient,
    pub(crate) options: JobWorkerOptions,
    pub(crate) flights: Arc<Flights>,
    pub(crate) queue: Queue,
    pub(crate) metrics: Arc<WorkerMetrics>,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
    pub(crate) health: watch::Sender<Health>,
    pub(crate) stream: watch::Sender<StreamState>,
    /// Polls found what the stream should have brought.
    pub(crate) stream_suspect: Notify,
}

impl Shared {
    pub(crate) fn new(client: GatewayClient, options: JobWorkerOptions) -> Self {
        let metrics = Arc::new(WorkerMetrics::default());
        let stream = if options.stream_enabled { StreamState::Opening } else { StreamState::Absent };
        Self {
            flights: Arc::new(Flights::new(options.max_jobs_active, Arc::clone(&metrics))),
            client,
            options,
            queue: Queue::default(),
            metrics,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            health: watch::Sender::new(Health::Unknown),
            stream: watch::Sender::new(stream),
            stream_suspect: Notify::new(),
        }
    }

    /// What is known about the activation of a job that arrives now.
    pub(crate) fn activation(&self, earliest: Instant) -> Activation {
        Activation {
            earliest,
            received: Instant::now(),
            received_millis: self.client.caller.wall_clock().epoch_millis(),
            timeout: self.options.timeout,
        }
    }

    /// Puts a job that has its permit where [`super::JobWorker`] finds it.
    pub(crate) fn deliver(&self, job: Job, origin: Origin, permit: OwnedSemaphorePermit) {
        let permit = self.flights.start(job.lease.key, origin, permit);
        self.queue.push(ActivatedJob { job, permit });
    }

    /// Gives a job back to the engine as it came: same retries, at once available to others.
    pub(crate) async fn hand_back(&self, job: &Job) {
        let failure = JobFailure {
            retries: job.retries,
            error_message: NO_CAPACITY.to_owned(),
            retry_backoff_millis: 0,
            variables: RawJson::empty_object(),
        };
        let lease = JobLease { key: job.lease.key, deadline: job.lease.deadline };
        match self.client.fail(lease, failure).await {
            Ok(()) => self.metrics.handed_back.increment(),
            Err(error) => {
                tracing::warn!(job = %job.lease.key, %error, "a job could not be handed back; it runs into its timeout");
            }
        }
    }

    /// Gives jobs back, several at a time.
    pub(crate) async fn hand_back_all(&self, jobs: Vec<Job>) {
        let hand_back = |job: Job| async move { self.hand_back(&job).await };
        futures::stream::iter(jobs).for_each_concurrent(HAND_BACK_AT_ONCE, hand_back).await;
    }

    /// Waits, or less when the worker is stopped or a gateway answers after a long outage.
    pub(crate) async fn pause(&self, wait: Duration) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = self.client.caller.rest_until(after(Instant::now(), wait)) => {}
        }
    }

    /// Notes that the stream has brought a job. Who waits for its end need not wake up for that.
    pub(crate) fn stream_alive(&self, at: Instant) {
        self.stream.send_if_modified(|stream| {
            let opened = !stream.is_alive();
            *stream = StreamState::Alive(at);
            opened
        });
    }

    pub(crate) fn works(&self) {
        self.health.send_if_modified(|health| {
            let changed = !health.is_up();
            *health = Health::Up;
            changed
        });
    }

    /// Notes that polls or streams fail, and says so once they did several times in a row.
    pub(crate) fn fails(&self, what: &'static str, error: &EngineError, in_a_row: u32) {
        let job_type = &self.options.job_type;
        match error.code {
            EngineErrorCode::ResourceExhausted => {
                tracing::trace!(%job_type, %error, "{what} failed: the engine pushes back");
            }
            _ if in_a_row == FAILURES_BEFORE_DOWN => {
                tracing::warn!(%job_type, %error, "{what} failed {in_a_row} times in a row and is tried again");
            }
            _ => tracing::debug!(%job_type, %error, in_a_row, "{what} failed and is tried again"),
        }
    }

    /// Marks the worker as down. Polls decide: while they work, jobs arrive. An engine that pushes back is not down.
    pub(crate) fn down(&self, refusal: &Refusal, in_a_row: u32) {
        let pushed_back = refusal.error.code == EngineErrorCode::ResourceExhausted;
        if in_a_row >= FAILURES_BEFORE_DOWN && !pushed_back {
            let EngineError { code, message } = &refusal.error;
            self.health.send_replace(Health::down(code.as_str(), message.clone()));
        }
    }
}
