//! Polling: gets the backlog, and whatever the stream does not bring.

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
use connector_core::Backoff;
use futures::TryStreamExt;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, timeout_at},
};
use zeebe_proto::{ActivateJobsRequest, ActivatedJob};

/// The longest wait between empty polls beside an open stream. Source: the Java client.
const LONGEST_IDLE_WAIT: Duration = Duration::from_secs(60);
/// For so long after it was opened a stream may not be known to every broker: after a broker's restart, jobs are not
/// pushed at first. One that has brought a job is known.
const SETTLING: Duration = Duration::from_secs(30);
const SETTLING_WAIT: Duration = Duration::from_secs(2);
/// A stream that has been silent for so long while a poll finds jobs is not trusted any more.
const SUSPICIOUS_SILENCE: Duration = Duration::from_secs(60);

/// What a poll brought.
enum Polled {
    /// As many jobs as were asked for: there are more.
    Full,
    /// Some jobs.
    Some,
    /// None.
    Empty,
    /// It failed; jobs that came before count.
    Failed(Refusal),
}

/// Polls until the worker is stopped.
pub(crate) async fn run(shared: Arc<Shared>) {
    let mut pace = Pace::new(&shared);
    let mut stream = shared.stream.subscribe();
    loop {
        let permits = tokio::select! {
            biased;
            () = shared.stop.cancelled() => return,
            permits = room_in_turn(&shared) => permits,
        };
        let Some(permits) = permits else { return };
        let started = Instant::now();
        let polled = poll(&shared, permits).await;
        let state = *stream.borrow_and_update();
        let streaming = state.is_alive();
        let wait = pace.wait(&shared, &polled, started, state);
        let lost = async {
            // A stream that breaks may leave jobs behind that nobody is told about.
            let _ = stream.wait_for(|stream| streaming && !stream.is_alive()).await;
        };
        let next = after(Instant::now(), wait);
        tokio::select! {
            biased;
            () = shared.stop.cancelled() => return,
            () = shared.client.caller.rest_until(next) => {}
            () = lost => pace.empty = 0,
        }
    }
}

/// What the waits between polls depend on.
struct Pace {
    idle: Backoff,
    /// Polls in a row that failed.
    failures: u32,
    /// Polls in a row that brought nothing.
    empty: u32,
    /// When a poll brought nothing for the last time.
    dry: Option<Instant>,
}

impl Pace {
    fn new(shared: &Shared) -> Self {
        let idle = Backoff::new(shared.options.poll_interval, LONGEST_IDLE_WAIT, 1.6);
        Self { idle, failures: 0, empty: 0, dry: None }
    }

    /// How long to wait after a poll that started then.
    fn wait(&mut self, shared: &Shared, polled: &Polled, started: Instant, stream: StreamState) -> Duration {
        let caller = &shared.client.caller;
        if let Polled::Failed(refusal) = polled {
            self.failures = self.failures.saturating_add(1);
            shared.metrics.poll_failures.increment();
            shared.fails("polling for jobs", &refusal.error, self.failures);
            shared.down(refusal, self.failures);
            return caller.delay(&command_backoff(), self.failures);
        }
        self.failures = 0;
        shared.works();
        if matches!(polled, Polled::Empty) {
            self.empty = self.empty.saturating_add(1);
            self.dry = Some(started);
        } else {
            self.empty = 0;
            suspect_silent_stream(shared, started, self.dry);
        }
        match polled {
            Polled::Full => Duration::ZERO,
            Polled::Empty if stream.is_alive() => {
                caller.delay(&self.idle, self.empty).min(longest_wait(stream))
            }
            _ => shared.options.poll_interval,
        }
    }
}

/// The longest wait between empty polls beside an open stream.
fn longest_wait(stream: StreamState) -> Duration {
    match stream {
        StreamState::Taken(opened) if opened.elapsed() < SETTLING => SETTLING_WAIT,
        _ => Duration::MAX,
    }
}

/// Whether a poll may wait inside the engine: only when no stream tells us earlier, for it holds permits meanwhile;
/// and not while others wait to hear whether there is a gateway at all.
fn waits_inside_engine(shared: &Shared) -> bool {
    *shared.stream.borrow() == StreamState::Absent && !shared.client.caller.is_cut_off()
}

/// Waits until the next poll is due and may go.
async fn room_in_turn(shared: &Shared) -> Option<OwnedSemaphorePermit> {
    let permits = room(shared).await;
    shared.client.caller.turn().await;
    permits
}

/// Waits until the next poll is due and takes the permits for what it asks for.
async fn room(shared: &Shared) -> Option<OwnedSemaphorePermit> {
    let most = shared.options.max_jobs_active;
    let polled = shared.flights.polled_at_most(shared.options.poll_threshold()).await;
    let mut wanted = most.saturating_sub(polled).max(1);
    if shared.options.stream_enabled && waits_inside_engine(shared) {
        // A stream that opens meanwhile must not find all permits waiting for the answer to a poll.
        wanted = wanted.min(most.div_ceil(2));
    }
    shared.flights.permits(wanted).await
}

/// Sends one poll and delivers its jobs; surplus permits go back.
async fn poll(shared: &Shared, permits: OwnedSemaphorePermit) -> Polled {
    let asked = permits.num_permits();
    let started = Instant::now();
    let waits = waits_inside_engine(shared);
    let (own, offset) = (&shared.options, shared.client.caller.options.request_timeout_offset);
    let (request_timeout, listening) = if waits {
        (millis(own.request_timeout), own.request_timeout.saturating_add(offset))
    } else {
        // Negative: the gateway answers at once.
        (-1, shared.client.caller.options.request_timeout)
    };
    let request = request(shared, asked, request_timeout);
    let deadline = after(started, listening);
    shared.metrics.polls.increment();
    let mut count = 0_usize;
    // A poll that does not wait is always heard out: its jobs would otherwise run into their timeout.
    let stopped = async {
        shared.stop.cancelled().await;
        if !waits {
            std::future::pending::<()>().await;
        }
    };
    let ended = tokio::select! {
        biased;
        ended = timeout_at(deadline, receive(shared, request, deadline, permits, &mut count)) => ended,
        () = stopped => return Polled::Empty,
    };
    shared.metrics.polled.add(u64::try_from(count).unwrap_or(u64::MAX));
    match ended {
        Ok(Err(refusal)) => Polled::Failed(refusal),
        Err(_) if !waits => Polled::Failed(Refusal::timed_out()),
        _ if count >= asked => Polled::Full,
        _ if count > 0 => Polled::Some,
        _ => Polled::Empty,
    }
}

/// Delivers the jobs of one poll as they come, and counts them.
async fn receive(
    shared: &Shared,
    request: ActivateJobsRequest,
    deadline: Instant,
    mut permits: OwnedSemaphorePermit,
    count: &mut usize,
) -> Result<(), Refusal> {
    let started = Instant::now();
    let call = |mut raw: Raw, request| async move { raw.activate_jobs(request).await };
    let mut answers = shared.client.caller.streaming(&request, Some(deadline), call).await?;
    while let Some(answer) = answers.try_next().await? {
        for job in answer.jobs {
            *count += 1;
            take(shared, job, started, &mut permits).await;
        }
    }
    Ok(())
}

fn request(shared: &Shared, asked: usize, request_timeout: i64) -> ActivateJobsRequest {
    ActivateJobsRequest {
        r#type: shared.options.job_type.clone(),
        worker: shared.options.worker_name.clone(),
        timeout: millis(shared.options.timeout),
        max_jobs_to_activate: i32::try_from(asked).unwrap_or(i32::MAX),
        fetch_variable: shared.options.fetch_variables.clone(),
        request_timeout,
        tenant_ids: shared.options.tenant_ids(),
        tenant_filter: shared.options.tenant_filter(),
    }
}

/// Delivers a polled job with one of the poll's permits; a job too many goes back to the engine.
async fn take(shared: &Shared, job: ActivatedJob, started: Instant, permits: &mut OwnedSemaphorePermit) {
    let job = shared.activation(started).job(job);
    match permits.split(1).or_else(|| shared.flights.spare_permit()) {
        Some(permit) => shared.deliver(job, Origin::Poll, permit),
        None => shared.hand_back(&job).await,
    }
}

/// Tells the stream to start over when it should have brought what a poll has just found.
///
/// Jobs that were there before the stream are no sign: a poll must have found nothing since it was last heard of.
fn suspect_silent_stream(shared: &Shared, started: Instant, dry: Option<Instant>) {
    let Some(alive) = shared.stream.borrow().heard() else { return };
    let silent = started.saturating_duration_since(alive) > SUSPICIOUS_SILENCE;
    if silent && dry.is_some_and(|dry| dry > alive) {
        shared.stream_suspect.notify_one();
    }
}
