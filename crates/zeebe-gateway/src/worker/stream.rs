//! Streaming: the engine pushes jobs as they are created.

use super::{
    flight::Origin,
    shared::{Shared, StreamState},
};
use crate::{
    call::{Raw, command_backoff},
    client::millis,
    clock::after,
    status::Refusal,
};
use connector_core::{Backoff, EngineErrorCode, Job};
use futures::{FutureExt, Stream, StreamExt, TryFutureExt, TryStreamExt};
use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};
use tokio::time::{Instant, sleep_until};
use zeebe_proto::{ActivatedJob, StreamActivatedJobsRequest};

/// A gateway that says nothing for so long has taken the stream: it answers only with the first job.
const TAKEN_AFTER: Duration = Duration::from_secs(1);
/// How long to leave a gateway alone that knows no streams.
const UNSUPPORTED_WAIT: Duration = Duration::from_secs(5 * 60);
/// Allows for the way of a job through the network when its activation is dated.
const TRANSIT: Duration = Duration::from_secs(1);

/// The waits while streams are pushed back. The engine pushes back polls and commands only: it is a rate that somebody
/// on the way limits, and the polls ask as well.
fn push_back_backoff() -> Backoff {
    Backoff::new(Duration::from_secs(1), Duration::from_secs(5), 1.6)
}

type Jobs = Pin<Box<dyn Stream<Item = Result<ActivatedJob, Refusal>> + Send>>;

/// Why a stream ended.
#[derive(Debug)]
enum End {
    /// The worker is stopped.
    Stopped,
    /// It was replaced because of its age.
    Recycled,
    /// It was replaced because it had been silent for long.
    Silent,
    /// It was replaced because a poll found what it should have brought.
    Suspect,
    /// The gateway ended it.
    Closed,
    /// It broke.
    Broken(Refusal),
}

/// Keeps a stream open until the worker is stopped.
pub(crate) async fn run(shared: Arc<Shared>) {
    let mut failures = 0_u32;
    // Whether silence means that there are no jobs; a stream that was caught has to bring one first.
    let mut trusted = true;
    loop {
        tokio::select! {
            biased;
            () = shared.stop.cancelled() => return,
            () = shared.client.caller.turn() => {}
        }
        shared.metrics.streams.increment();
        let opened = Instant::now();
        let end = one_stream(&shared, opened, &mut trusted).await;
        if opened.elapsed() > TAKEN_AFTER {
            failures = 0;
        }
        let (state, wait) = aftermath(&shared, &end, &mut failures);
        shared.stream.send_replace(state);
        shared.pause(wait).await;
    }
}

/// What the polls have to know now, and how long to wait before the next stream.
fn aftermath(shared: &Shared, end: &End, failures: &mut u32) -> (StreamState, Duration) {
    let job_type = &shared.options.job_type;
    match end {
        End::Stopped | End::Recycled => (StreamState::Opening, Duration::ZERO),
        End::Silent => {
            tracing::debug!(%job_type, "the job stream was silent for long and is replaced");
            shared.metrics.inactive_streams.increment();
            (StreamState::Opening, Duration::ZERO)
        }
        End::Suspect => {
            tracing::warn!(%job_type, "polls find jobs that the job stream should have brought: it is replaced");
            shared.metrics.inactive_streams.increment();
            (StreamState::Absent, Duration::ZERO)
        }
        End::Closed => {
            *failures = failures.saturating_add(1);
            (StreamState::Absent, shared.client.caller.delay(&command_backoff(), *failures))
        }
        End::Broken(refusal) => {
            *failures = failures.saturating_add(1);
            shared.metrics.stream_failures.increment();
            shared.fails("the job stream", &refusal.error, *failures);
            let wait = match refusal.error.code {
                EngineErrorCode::Unimplemented => UNSUPPORTED_WAIT,
                EngineErrorCode::ResourceExhausted => {
                    shared.client.caller.delay(&push_back_backoff(), *failures)
                }
                _ => shared.client.caller.delay(&command_backoff(), *failures),
            };
            (StreamState::Absent, wait)
        }
    }
}

/// What can happen on an open stream.
#[allow(clippy::large_enum_variant, reason = "there is one of it, on its way to the next statement")]
enum Event {
    /// A job, an error, or the end.
    Item(Option<Result<ActivatedJob, Refusal>>),
    /// The gateway has taken the stream without a word.
    Taken,
    /// It is time to end it.
    End(End),
}

/// One stream from its opening to its end.
async fn one_stream(shared: &Shared, opened: Instant, trusted: &mut bool) -> End {
    let mut jobs = open(shared);
    let mut ages = Ages { opened, alive: opened, drained: opened };
    // They outlive the single job: each one would otherwise have to be set up anew for every job.
    let mut told = pin!(told(shared));
    let mut timer = pin!(sleep_until(after(opened, TAKEN_AFTER)));
    loop {
        let event = tokio::select! {
            biased;
            item = ages.next(&mut jobs) => Event::Item(item),
            end = told.as_mut() => Event::End(end),
            () = timer.as_mut() => match due(shared, &ages, *trusted) {
                Ok(event) => event,
                Err(later) => {
                    timer.as_mut().reset(later);
                    continue;
                }
            },
        };
        let job = match event {
            Event::Item(Some(Ok(job))) => job,
            Event::Item(Some(Err(refusal))) => return End::Broken(refusal),
            Event::Item(None) => return End::Closed,
            Event::Taken => {
                shared.stream.send_replace(StreamState::Taken(opened));
                continue;
            }
            Event::End(End::Stopped) => {
                give_back(shared, None, jobs, ages.drained).await;
                return End::Stopped;
            }
            Event::End(end) => {
                *trusted &= !matches!(end, End::Suspect);
                return end;
            }
        };
        *trusted = true;
        ages.alive = Instant::now();
        shared.stream_alive(ages.alive);
        shared.works();
        shared.metrics.streamed.increment();
        let job = shared.activation(earliest(ages.drained)).job(job);
        if let Some(job) = take(shared, job).await {
            give_back(shared, Some(job), jobs, ages.drained).await;
            return End::Stopped;
        }
    }
}

/// Since when a stream is how it is.
struct Ages {
    opened: Instant,
    /// When it last brought a job.
    alive: Instant,
    /// Every job in the local buffer was activated after this.
    drained: Instant,
}

impl Ages {
    /// The stream's next item. Cancel-safe: an item is removed only when it is returned.
    async fn next(&mut self, jobs: &mut Jobs) -> Option<Result<ActivatedJob, Refusal>> {
        poll_fn(|context| {
            let item = jobs.as_mut().poll_next(context);
            if item.is_pending() {
                self.drained = Instant::now();
            }
            item
        })
        .await
    }
}

/// Waits until somebody says that the stream has to end.
async fn told(shared: &Shared) -> End {
    tokio::select! {
        biased;
        () = shared.stop.cancelled() => End::Stopped,
        () = shared.stream_suspect.notified() => End::Suspect,
    }
}

/// What the age of a stream calls for now, or when to look again; that never becomes earlier.
///
/// A stream that is not trusted never counts as taken: polls go on waiting inside the engine beside it.
fn due(shared: &Shared, ages: &Ages, trusted: bool) -> Result<Event, Instant> {
    let options = &shared.options;
    let now = Instant::now();
    let taken = (trusted && !shared.stream.borrow().is_alive()).then(|| after(ages.opened, TAKEN_AFTER));
    let silent = options.stream_inactivity_timeout.map(|silence| after(ages.alive, silence));
    let recycled = Some(after(ages.opened, options.stream_timeout));
    let is_due = |time: Option<Instant>| time.is_some_and(|time| time <= now);
    if is_due(taken) {
        return Ok(Event::Taken);
    }
    if is_due(silent) {
        return Ok(Event::End(End::Silent));
    }
    if is_due(recycled) {
        return Ok(Event::End(End::Recycled));
    }
    Err([taken, silent, recycled].into_iter().flatten().min().unwrap_or(now))
}

fn earliest(drained: Instant) -> Instant {
    drained.checked_sub(TRANSIT).unwrap_or(drained)
}

/// The stream, which makes its call when it is first asked for a job.
fn open(shared: &Shared) -> Jobs {
    let options = &shared.options;
    let request = StreamActivatedJobsRequest {
        r#type: options.job_type.clone(),
        worker: options.worker_name.clone(),
        timeout: millis(options.timeout),
        fetch_variable: options.fetch_variables.clone(),
        tenant_ids: options.tenant_ids(),
        tenant_filter: options.tenant_filter(),
    };
    let caller = Arc::clone(&shared.client.caller);
    let opened = async move {
        let call = |mut raw: Raw, request| async move { raw.stream_activated_jobs(request).await };
        caller.streaming(&request, None, call).await
    };
    Box::pin(opened.map_ok(|jobs| jobs.map_err(Refusal::from)).try_flatten_stream())
}

/// Delivers a pushed job as soon as a permit is free; gives it back when the worker was stopped instead.
///
/// Nobody reads the stream meanwhile, so that its flow control tells the gateway to push elsewhere.
async fn take(shared: &Shared, job: Job) -> Option<Job> {
    if shared.stop.is_cancelled() {
        return Some(job);
    }
    let permit = match shared.flights.spare_permit() {
        Some(permit) => Some(permit),
        None => tokio::select! {
            biased;
            () = shared.stop.cancelled() => return Some(job),
            permit = shared.flights.permit() => permit,
            () = sleep_until(job.lease.deadline) => None,
        },
    };
    match permit {
        Some(permit) if Instant::now() < job.lease.deadline => shared.deliver(job, Origin::Stream, permit),
        // The engine gives it to somebody else.
        _ => shared.metrics.expired.increment(),
    }
    None
}

/// Closes the stream and hands back what had arrived and found no permit; a bounded number, by the flow-control window.
async fn give_back(shared: &Shared, first: Option<Job>, mut jobs: Jobs, drained: Instant) {
    let mut waiting: Vec<Job> = first.into_iter().collect();
    while let Some(Some(Ok(job))) = jobs.next().now_or_never() {
        shared.metrics.streamed.increment();
        waiting.push(shared.activation(earliest(drained)).job(job));
    }
    // Closed first: otherwise the engine would push the same jobs to us again.
    drop(jobs);
    shared.hand_back_all(waiting).await;
}
