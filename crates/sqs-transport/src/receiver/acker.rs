//! The task that deletes acked messages.

use super::{
    ack_queue::{AckOutcome, Deletion},
    counters::ReceiverTally,
    health::Part,
    request,
    shared::Shared,
};
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

const PARALLEL: usize = 4;
/// Acks of a FIFO queue do not wait for company; what comes while these requests are under way goes together.
const PARALLEL_FIFO: usize = 2;
/// Failed requests in a row after which the consumer is DOWN.
const PATIENCE: u32 = 3;

/// Runs until `stop`; then deletes what is still to be deleted and ends.
pub(crate) async fn run(shared: Arc<Shared>, stop: CancellationToken) {
    let mut requests = JoinSet::new();
    let parallel = if shared.options.is_fifo() { PARALLEL_FIFO } else { PARALLEL };
    let failures = Arc::new(AtomicU32::new(0));
    loop {
        let stopping = stop.is_cancelled();
        if stopping {
            shared.book().hurry(Instant::now());
        }
        while requests.len() < parallel {
            let deletions = shared.book().take_deletions(Instant::now());
            if deletions.is_empty() {
                break;
            }
            requests.spawn(delete(Arc::clone(&shared), deletions, Arc::clone(&failures)));
        }
        if stopping && shared.book().unflushed() == 0 {
            return;
        }
        let next = shared.book().next_flush();
        // Every arm is cancel-safe: each only wakes the loop, which looks again for what is due.
        tokio::select! {
            Some(_) = requests.join_next(), if !requests.is_empty() => {}
            () = shared.acker.notified() => {}
            () = stop.cancelled(), if !stopping => {}
            () = sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() && requests.len() < parallel => {}
        }
    }
}

async fn delete(shared: Arc<Shared>, deletions: Vec<Deletion>, failures: Arc<AtomicU32>) {
    let handles = deletions.iter().map(|deletion| deletion.handle.as_ref()).collect();
    let (answer, attempts) = request::delete(&shared, handles).await;
    ReceiverTally::add(&shared.tally.delete_requests, attempts);
    let now = Instant::now();
    let outcomes: Vec<AckOutcome> = match &answer {
        Ok(refusals) => {
            let mut book = shared.book();
            let settle = |(deletion, refusal): (&Deletion, &Option<request::Refusal>)| match refusal {
                None => book.deleted(deletion, now),
                Some(refusal) => book.deletion_failed(deletion, refusal.handle_is_gone, now),
            };
            deletions.iter().zip(refusals).map(settle).collect()
        }
        Err(_) => {
            let mut book = shared.book();
            deletions.iter().map(|deletion| book.deletion_failed(deletion, false, now)).collect()
        }
    };
    match answer {
        Ok(_) => {
            failures.store(0, Ordering::Relaxed);
            shared.health.up(Part::Deleting);
        }
        Err(error) => {
            tracing::warn!(queue_url = %shared.options.queue_url, code = error.code(), %error, "could not delete acked messages");
            if failures.fetch_add(1, Ordering::Relaxed) + 1 >= PATIENCE {
                shared.health.down(Part::Deleting, &shared.options.queue_url, &error);
            }
        }
    }
    count(&shared, &outcomes);
    shared.settled.notify_one();
}

fn count(shared: &Shared, outcomes: &[AckOutcome]) {
    let of = |wanted: &[AckOutcome]| outcomes.iter().filter(|outcome| wanted.contains(outcome)).count();
    ReceiverTally::add(&shared.tally.acked, of(&[AckOutcome::Done, AckOutcome::DoneLate]));
    let lost = of(&[AckOutcome::Lost]);
    if lost > 0 {
        ReceiverTally::add(&shared.tally.lost_acks, lost);
        tracing::warn!(queue_url = %shared.options.queue_url, count = lost, "acked messages could not be deleted and may come again");
    }
}
