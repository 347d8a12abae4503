//! The task that receives.

use super::{
    book::Arrival,
    counters::ReceiverTally,
    health::Part,
    poll_plan::{PollPlan, Trouble},
    request::{self, Received},
    shared::{Parcel, Shared},
};
use crate::{TransportError, digest};
use std::{iter, sync::Arc, time::Duration};
use tokio::{
    sync::OwnedSemaphorePermit,
    task::{JoinError, JoinSet},
    time::{Instant, sleep, sleep_until, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;

/// While the consumer is busy, a receive waits this long for enough free permits to be worth its price.
const PERMIT_LINGER: Duration = Duration::from_millis(100);
/// At shutdown a receive that is under way may still bring what SQS has already handed out.
const LAST_RECEIVES: Duration = Duration::from_millis(500);
/// More acked messages than this many times `max_in_flight` are not piled up.
const BACKLOG_FACTOR: usize = 20;
const BACKLOG_PAUSE: Duration = Duration::from_millis(50);

struct Poll {
    asked: usize,
    result: Result<usize, TransportError>,
}

/// Receives until `stop`.
pub(crate) async fn run(shared: Arc<Shared>, stop: CancellationToken) {
    // Also when this task panics: nobody shall wait for messages that never come.
    let _ended = shared.receiving_ended.clone().drop_guard();
    let mut paused = shared.paused.subscribe();
    let mut plan = PollPlan::new(shared.options.max_parallel_receives);
    let mut trouble = Trouble::new(shared.options.jitter_seed);
    let mut polls: JoinSet<Poll> = JoinSet::new();
    let mut not_before = Instant::now();
    let mut patient_until = None;
    loop {
        let may_start = !*paused.borrow_and_update() && polls.len() < plan.target();
        // Every arm is cancel-safe: a dropped wait for permits gives them back, join_next and changed lose nothing. In this
        // order, so that a permit that is given back after a pause starts no receive.
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            Some(poll) = polls.join_next(), if !polls.is_empty() => {
                if let Some(pause) = settle(&shared, &mut plan, &mut trouble, poll) {
                    not_before = Instant::now() + pause;
                }
            }
            // The sender lives in `shared`, so this cannot fail.
            _ = paused.changed() => {}
            permits = permits(&shared, not_before, &mut patient_until), if may_start => {
                patient_until = None;
                if let Some(permits) = permits {
                    polls.spawn(poll(Arc::clone(&shared), permits));
                }
            }
        }
    }
    let last = async { while polls.join_next().await.is_some() {} };
    if timeout(LAST_RECEIVES, last).await.is_err() {
        polls.shutdown().await;
    }
}

/// Permits for the next receive. Waits for enough of them, but not for ever; `None` when the semaphore was closed.
async fn permits(
    shared: &Arc<Shared>,
    not_before: Instant,
    patient_until: &mut Option<Instant>,
) -> Option<OwnedSemaphorePermit> {
    sleep_until(not_before).await;
    while shared.book().unflushed() > shared.options.max_in_flight.saturating_mul(BACKLOG_FACTOR) {
        sleep(BACKLOG_PAUSE).await;
    }
    let most = shared.receive_limit().min(shared.options.max_in_flight.max(1));
    let worthwhile = most.min(shared.options.max_in_flight.div_ceil(2).max(1));
    let patience = *patient_until.get_or_insert_with(|| Instant::now() + PERMIT_LINGER);
    let semaphore = Arc::clone(&shared.permits);
    let mut permits = match timeout_at(patience, semaphore.acquire_many_owned(count(worthwhile))).await {
        Ok(permits) => permits.ok()?,
        Err(_) => Arc::clone(&shared.permits).acquire_owned().await.ok()?,
    };
    while permits.num_permits() < most {
        match Arc::clone(&shared.permits).try_acquire_owned() {
            Ok(permit) => permits.merge(permit),
            Err(_) => break,
        }
    }
    Some(permits)
}

fn count(permits: usize) -> u32 {
    u32::try_from(permits).unwrap_or(u32::MAX)
}

/// One receive.
async fn poll(shared: Arc<Shared>, permits: OwnedSemaphorePermit) -> Poll {
    let asked = permits.num_permits();
    ReceiverTally::add(&shared.tally.receive_requests, 1u64);
    let result = request::receive(&shared, asked).await.map(|messages| {
        let received = messages.len();
        take_in(&shared, messages, permits);
        received
    });
    Poll { asked, result }
}

fn take_in(shared: &Shared, messages: Vec<Received>, mut permits: OwnedSemaphorePermit) {
    // SQS never hands out more than it was asked for; what came beyond would reappear later.
    let permits = iter::from_fn(|| permits.split(1));
    let mut whole: Vec<_> = messages.into_iter().zip(permits).collect();
    ReceiverTally::add(&shared.tally.received, whole.len());
    whole.retain(|(received, _)| is_whole(shared, received));
    let now = Instant::now();
    let (mut swapped, mut only_delete) = (0u64, 0u64);
    let (has_ready, extends, flushes) = {
        let mut book = shared.book();
        for (Received { message, receive_count, group }, permit) in whole {
            let id: Arc<str> = message.message_id.as_str().into();
            let handle: Arc<str> = message.receipt_handle.as_str().into();
            let parcel = Parcel { message, receive_count, permit };
            match book.receive(id, group.map(Into::into), handle, parcel, now) {
                Arrival::New => {}
                Arrival::Swapped => swapped += 1,
                Arrival::OnlyDelete => only_delete += 1,
            }
        }
        (book.has_ready(), book.wants_keeper(), book.wants_acker())
    };
    ReceiverTally::add(&shared.tally.swapped, swapped);
    ReceiverTally::add(&shared.tally.repeated_after_ack, only_delete);
    for (task, has_work) in [(&shared.ready, has_ready), (&shared.keeper, extends), (&shared.acker, flushes)]
    {
        if has_work {
            task.notify_one();
        }
    }
}

/// Whether a message is as it was sent; one that is not stays in the queue.
fn is_whole(shared: &Shared, received: &Received) -> bool {
    let Err(mismatch) = digest::verify_received(&received.message) else { return true };
    ReceiverTally::add(&shared.tally.corrupt, 1u64);
    tracing::error!(
        queue_url = %shared.options.queue_url, message_id = %received.message.message_id, %mismatch,
        "a message arrived damaged and stays in the queue"
    );
    false
}

/// Learns from a receive that has ended. The pause before the next one, after a failure.
fn settle(
    shared: &Shared,
    plan: &mut PollPlan,
    trouble: &mut Trouble,
    poll: Result<Poll, JoinError>,
) -> Option<Duration> {
    let (asked, result) = match poll {
        Ok(Poll { asked, result }) => (asked, result),
        // A panic below us is no reason to receive without a pause.
        Err(_) => (0, Err(TransportError::Request { text: "the receive ended unexpectedly".to_owned() })),
    };
    match result {
        Ok(received) => {
            if received == 0 {
                ReceiverTally::add(&shared.tally.empty_receives, 1u64);
            }
            plan.received(received, asked);
            if trouble.succeeded() {
                tracing::info!(queue_url = %shared.options.queue_url, "receiving works again");
                shared.health.up(Part::Receiving);
            }
            None
        }
        Err(error) => {
            ReceiverTally::add(&shared.tally.failed_receives, 1u64);
            plan.failed();
            let (pause, down) = trouble.failed();
            tracing::warn!(
                queue_url = %shared.options.queue_url, code = error.code(), %error,
                pause_seconds = pause.as_secs_f64(), "could not receive"
            );
            if down {
                shared.health.down(Part::Receiving, &shared.options.queue_url, &error);
            }
            Some(pause)
        }
    }
}
