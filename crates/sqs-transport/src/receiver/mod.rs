//! Receives messages, keeps them hidden while they are worked on, deletes what is acked.

mod accepted;
mod ack_queue;
mod acker;
mod alarm;
mod book;
#[cfg(test)]
mod book_model;
mod careful;
mod counters;
mod delivery;
mod facts;
mod group_order;
mod health;
mod inflight;
mod keeper;
mod options;
mod poll_plan;
mod poller;
mod request;
mod shared;

pub use counters::ReceiverCounters;
pub use delivery::Delivery;
pub use facts::QueueFacts;
pub use options::{NackPolicy, ReceiverOptions, VisibilityTimeout, WaitTime};

use crate::TransportError;
use connector_core::Health;
use counters::ReceiverTally;
use shared::Shared;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;

/// After the drain, acks and releases get at most this long.
const FLUSH_GRACE: Duration = Duration::from_secs(5);

/// A consumer of one queue.
///
/// Three tasks belong to it: one receives, one sets visibility timeouts, one deletes. They end with
/// [`Receiver::shutdown`]; dropping the receiver cuts them off.
#[derive(Debug)]
pub struct Receiver {
    shared: Arc<Shared>,
    facts: QueueFacts,
    paused: watch::Receiver<bool>,
    tasks: JoinSet<()>,
    stop_receiving: CancellationToken,
    stop_keeping: CancellationToken,
    stop_acking: CancellationToken,
}

impl Receiver {
    /// Asks the queue for its attributes and starts to receive.
    ///
    /// # Errors
    /// What SQS answered, for instance [`TransportError::Service`] with `QueueDoesNotExist` or `AccessDenied`.
    pub async fn open(client: aws_sdk_sqs::Client, options: ReceiverOptions) -> Result<Self, TransportError> {
        let (facts, requests) = QueueFacts::ask(&client, &options.queue_url, options.open_attempts).await;
        let facts = facts?;
        let shared = Arc::new(Shared::new(client, options, &facts));
        ReceiverTally::add(&shared.tally.attribute_requests, requests);
        let (stop_receiving, stop_keeping, stop_acking) =
            (CancellationToken::new(), CancellationToken::new(), CancellationToken::new());
        let mut tasks = JoinSet::new();
        tasks.spawn(poller::run(Arc::clone(&shared), stop_receiving.clone()));
        tasks.spawn(keeper::run(Arc::clone(&shared), stop_keeping.clone()));
        tasks.spawn(acker::run(Arc::clone(&shared), stop_acking.clone()));
        let paused = shared.paused.subscribe();
        Ok(Self { shared, facts, paused, tasks, stop_receiving, stop_keeping, stop_acking })
    }

    /// The next message to work on; `None` when no more will come. Cancel-safe.
    pub async fn next(&mut self) -> Option<Delivery> {
        loop {
            let paused = *self.paused.borrow_and_update();
            if !paused && let Some(delivery) = self.shared.start() {
                return Some(delivery);
            }
            if self.shared.receiving_ended.is_cancelled() && !paused {
                return None;
            }
            // Every arm is cancel-safe: each only wakes the loop, which looks again.
            tokio::select! {
                () = self.shared.ready.notified() => {}
                () = self.shared.receiving_ended.cancelled(), if !paused => {}
                _ = self.paused.changed() => {}
            }
        }
    }

    /// The next message to work on, if one is there already; `None` says nothing of later ones.
    pub fn try_next(&mut self) -> Option<Delivery> {
        if *self.paused.borrow() { None } else { self.shared.start() }
    }

    /// Whether receiving and deleting work; `Down` carries the AWS error code.
    pub fn health(&self) -> watch::Receiver<Health> {
        self.shared.health.subscribe()
    }

    /// What the queue said of itself when the receiver was opened.
    pub fn facts(&self) -> &QueueFacts {
        &self.facts
    }

    /// What was done so far.
    pub fn counters(&self) -> ReceiverCounters {
        self.shared.tally.snapshot()
    }

    /// Stops asking for messages and handing them out. What is held stays hidden by its heartbeats; a receive that is
    /// under way may add to it.
    pub fn pause(&self) {
        self.shared.paused.send_replace(true);
    }

    /// Goes on after [`Self::pause`].
    pub fn resume(&self) {
        self.shared.paused.send_replace(false);
    }

    /// A handle that pauses and resumes from another task.
    pub fn pause_handle(&self) -> PauseHandle {
        PauseHandle { shared: Arc::clone(&self.shared) }
    }

    /// Stops receiving, gives back what was not handed out, waits at most `drain` for the deliveries that are out,
    /// deletes what was acked and gives back the rest.
    pub async fn shutdown(mut self, drain: Duration) -> DrainReport {
        let deadline = Instant::now() + drain;
        let before = self.counters();
        self.stop_receiving.cancel();
        self.shared.receiving_ended.cancelled().await;
        let unstarted = self.shared.book().release_unstarted();
        ReceiverTally::add(&self.shared.tally.released, unstarted);
        self.shared.keeper.notify_one();
        let working = self.shared.book().working();
        // At the deadline the rest is given back; nothing else depends on how this ends.
        let _ = timeout_at(deadline, self.all_settled()).await;
        let unfinished = self.shared.book().release_working();
        self.stop_acking.cancel();
        self.stop_keeping.cancel();
        let flushed = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(FLUSH_GRACE, flushed).await.is_err() {
            let unflushed = self.shared.book().unflushed();
            ReceiverTally::add(&self.shared.tally.lost_acks, unflushed);
            self.tasks.shutdown().await;
        }
        let after = self.counters();
        DrainReport {
            released: after.released - before.released,
            finished: u64::try_from(working.saturating_sub(unfinished)).unwrap_or(0),
            unfinished: u64::try_from(unfinished).unwrap_or(0),
            lost_acks: after.lost_acks - before.lost_acks,
        }
    }

    async fn all_settled(&self) {
        while self.shared.book().working() > 0 {
            self.shared.settled.notified().await;
        }
    }
}

/// Pauses and resumes a [`Receiver`].
#[derive(Clone, Debug)]
pub struct PauseHandle {
    shared: Arc<Shared>,
}

impl PauseHandle {
    /// As [`Receiver::pause`].
    pub fn pause(&self) {
        self.shared.paused.send_replace(true);
    }

    /// As [`Receiver::resume`].
    pub fn resume(&self) {
        self.shared.paused.send_replace(false);
    }
}

/// What a shutdown did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DrainReport {
    /// Messages given back before the consumer saw them.
    pub released: u64,
    /// Deliveries that were acked or nacked during the drain.
    pub finished: u64,
    /// Deliveries that were still out at the end and were given back.
    pub unfinished: u64,
    /// Acks that could not be made good: the message may come again.
    pub lost_acks: u64,
}
