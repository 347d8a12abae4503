//! The task that sets visibility timeouts: heartbeats of what is worked on, and what goes back.

use super::{
    ack_queue::BATCH_ENTRIES,
    book::Change,
    counters::ReceiverTally,
    inflight::Extension,
    request::{self, Refusal},
    shared::Shared,
};
use crate::TransportError;
use connector_core::ErrorKind;
use std::{sync::Arc, time::Duration};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// Requests beside each other: one that hangs must not let other messages lapse.
const PARALLEL: usize = 4;
const PAUSE_AFTER_REFUSAL: Duration = Duration::from_secs(10);
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Runs until `stop`; then sends what is still to go back and ends.
pub(crate) async fn run(shared: Arc<Shared>, stop: CancellationToken) {
    let mut requests = JoinSet::new();
    loop {
        let stopping = stop.is_cancelled();
        while requests.len() < PARALLEL {
            let changes = shared.book().take_changes(BATCH_ENTRIES);
            if !changes.is_empty() {
                requests.spawn(give_back(Arc::clone(&shared), changes));
                continue;
            }
            let extensions = shared.book().due_extensions(Instant::now(), BATCH_ENTRIES);
            if stopping || extensions.is_empty() {
                break;
            }
            requests.spawn(extend(Arc::clone(&shared), extensions));
        }
        if stopping && requests.is_empty() {
            return;
        }
        let next = shared.book().next_extension();
        // Every arm is cancel-safe: each only wakes the loop, which looks again for what is due.
        tokio::select! {
            Some(_) = requests.join_next(), if !requests.is_empty() => {}
            () = shared.keeper.notified() => {}
            () = stop.cancelled(), if !stopping => {}
            () = sleep_until(next.unwrap_or_else(Instant::now)), if !stopping && next.is_some() && requests.len() < PARALLEL => {}
        }
    }
}

async fn give_back(shared: Arc<Shared>, changes: Vec<Change>) {
    let entries = changes.iter().map(|change| (change.handle.as_ref(), change.delay)).collect();
    let (answer, attempts) = request::change_visibility(&shared, entries).await;
    ReceiverTally::add(&shared.tally.visibility_requests, attempts);
    match answer {
        // A message whose handle is gone is visible, or somebody else's, already.
        Ok(refusals) => {
            tracing::trace!(count = changes.len(), refused = refusals.len(), "gave messages back")
        }
        Err(error) => tracing::warn!(
            queue_url = %shared.options.queue_url, code = error.code(), %error,
            "could not give messages back: they reappear when their visibility timeout ends"
        ),
    }
}

async fn extend(shared: Arc<Shared>, extensions: Vec<Extension>) {
    let asked = Instant::now();
    let entries = extensions.iter().map(|extension| (extension.handle.as_ref(), extension.timeout)).collect();
    let (answer, attempts) = request::change_visibility(&shared, entries).await;
    ReceiverTally::add(&shared.tally.visibility_requests, attempts);
    match answer {
        Ok(refusals) => settle(&shared, &extensions, &refusals, asked),
        Err(error) => {
            tracing::warn!(queue_url = %shared.options.queue_url, code = error.code(), %error, "a heartbeat failed");
            let pause = pause_after(&error);
            let mut book = shared.book();
            for extension in &extensions {
                book.extension_failed(extension, Instant::now() + pause);
            }
        }
    }
}

fn settle(shared: &Shared, extensions: &[Extension], refusals: &[Option<Refusal>], asked: Instant) {
    let mut lost = 0u64;
    let mut extended = 0u64;
    {
        let mut book = shared.book();
        for (extension, refusal) in extensions.iter().zip(refusals) {
            match refusal {
                None => {
                    extended += 1;
                    book.extended(extension, asked);
                }
                Some(refusal) if refusal.handle_is_gone => {
                    lost += u64::from(book.lose(&extension.id, &extension.handle));
                }
                Some(_) => book.extension_failed(extension, Instant::now() + PAUSE_AFTER_FAILURE),
            }
        }
    }
    ReceiverTally::add(&shared.tally.extended, extended);
    if lost > 0 {
        ReceiverTally::add(&shared.tally.lost, lost);
        tracing::warn!(queue_url = %shared.options.queue_url, count = lost, "SQS gave up messages that are being worked on");
        // What went back with them must be released.
        shared.keeper.notify_one();
    }
}

fn pause_after(error: &TransportError) -> Duration {
    if error.kind() == ErrorKind::Terminal { PAUSE_AFTER_REFUSAL } else { PAUSE_AFTER_FAILURE }
}
