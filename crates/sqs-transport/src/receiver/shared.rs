//! What the tasks of a receiver and its deliveries share.

use super::{
    Delivery, NackPolicy, ReceiverOptions,
    book::{Acked, Book},
    counters::ReceiverTally,
    health::HealthBoard,
    options::VisibilityTimeout,
};
use crate::Message;
use connector_core::Jitter;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// A received message with its permit.
#[derive(Debug)]
pub(crate) struct Parcel {
    pub(crate) message: Message,
    pub(crate) receive_count: u32,
    pub(crate) permit: OwnedSemaphorePermit,
}

/// The state of a receiver and the signals of its tasks.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) client: aws_sdk_sqs::Client,
    pub(crate) options: ReceiverOptions,
    pub(crate) tally: ReceiverTally,
    pub(crate) health: HealthBoard,
    pub(crate) paused: watch::Sender<bool>,
    pub(crate) permits: Arc<Semaphore>,
    /// A message became ready.
    pub(crate) ready: Notify,
    /// A visibility timeout has to be set.
    pub(crate) keeper: Notify,
    /// A message has to be deleted.
    pub(crate) acker: Notify,
    /// A delivery was acked or nacked, or an ack has ended.
    pub(crate) settled: Notify,
    /// Set when no more messages will be received.
    pub(crate) receiving_ended: CancellationToken,
    book: Mutex<Book<Parcel>>,
    jitter: Mutex<Jitter>,
}

impl Shared {
    pub(crate) fn new(
        client: aws_sdk_sqs::Client,
        options: ReceiverOptions,
        visibility: Duration,
        retention: Duration,
    ) -> Self {
        // FIFO flushes at once: the group's next message is hidden until this one is deleted.
        let linger = if options.is_fifo() { Duration::ZERO } else { options.ack_linger };
        Self {
            client,
            tally: ReceiverTally::default(),
            health: HealthBoard::new(),
            paused: watch::channel(false).0,
            permits: Arc::new(Semaphore::new(options.max_in_flight.clamp(1, Semaphore::MAX_PERMITS))),
            ready: Notify::new(),
            keeper: Notify::new(),
            acker: Notify::new(),
            settled: Notify::new(),
            receiving_ended: CancellationToken::new(),
            book: Mutex::new(Book::new(visibility, linger, retention)),
            jitter: Mutex::new(Jitter::new(options.jitter_seed, 0.2)),
            options,
        }
    }

    pub(crate) fn book(&self) -> MutexGuard<'_, Book<Parcel>> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next message to hand out.
    pub(crate) fn start(self: &Arc<Self>) -> Option<Delivery> {
        let (id, parcel) = self.book().start()?;
        ReceiverTally::add(&self.tally.delivered, 1u64);
        Some(Delivery::new(id, parcel, Arc::clone(self)))
    }

    pub(crate) fn ack(&self, id: &Arc<str>) {
        let outcome = self.book().ack(id, Instant::now());
        match outcome {
            Acked::Queued => self.acker.notify_one(),
            Acked::Lost | Acked::Unknown => {
                ReceiverTally::add(&self.tally.lost_acks, 1u64);
                tracing::warn!(queue_url = %self.options.queue_url, message_id = %id, "acked too late: the message may come again");
            }
        }
        // The group's next message may have become ready.
        self.ready.notify_one();
        self.settled.notify_one();
    }

    pub(crate) fn nack(&self, id: &Arc<str>, after: Option<Duration>, receive_count: u32) {
        let delay = after.or_else(|| self.policy_delay(receive_count));
        let delay = delay.map(|delay| VisibilityTimeout::rounded_up(delay).duration());
        let released = self.book().nack(id, delay);
        ReceiverTally::add(&self.tally.nacked, 1u64);
        ReceiverTally::add(&self.tally.released, released);
        self.keeper.notify_one();
        self.settled.notify_one();
    }

    fn policy_delay(&self, receive_count: u32) -> Option<Duration> {
        match self.options.nack {
            NackPolicy::Leave => None,
            NackPolicy::Backoff(backoff) => {
                let mut jitter = self.jitter.lock().unwrap_or_else(PoisonError::into_inner);
                Some(backoff.delay_with(receive_count, &mut jitter))
            }
        }
    }
}
