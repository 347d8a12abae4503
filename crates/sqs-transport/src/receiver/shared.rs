//! What the tasks of a receiver and its deliveries share.

use super::{
    Delivery, NackPolicy, QueueFacts, ReceiverOptions,
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

/// The most messages that SQS hands out at once.
const RECEIVE_LIMIT: usize = 10;
/// A message may be received unseen twice: with the one that failed, and by a receive that was under way then.
const SAFE_RECEIVE_COUNT: u32 = 3;

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
    /// A FIFO queue whose redrive policy buries a message so soon that it must never be received unseen.
    one_at_a_time: bool,
    book: Mutex<Book<Parcel>>,
    jitter: Mutex<Jitter>,
}

impl Shared {
    pub(crate) fn new(client: aws_sdk_sqs::Client, options: ReceiverOptions, facts: &QueueFacts) -> Self {
        let visibility =
            options.visibility_timeout.map_or(facts.visibility_timeout, VisibilityTimeout::duration);
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
            book: Mutex::new(Book::new(visibility, linger, facts.retention)),
            one_at_a_time: options.is_fifo()
                && facts.max_receive_count.is_some_and(|most| most < SAFE_RECEIVE_COUNT),
            jitter: Mutex::new(Jitter::new(options.jitter_seed, 0.2)),
            options,
        }
    }

    pub(crate) fn book(&self) -> MutexGuard<'_, Book<Parcel>> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many messages a receive should ask for at most.
    pub(crate) fn receive_limit(&self) -> usize {
        if self.one_at_a_time || self.book().wants_care(Instant::now()) { 1 } else { RECEIVE_LIMIT }
    }

    /// The next message to hand out.
    pub(crate) fn start(self: &Arc<Self>) -> Option<Delivery> {
        let (id, parcel) = self.book().start()?;
        ReceiverTally::add(&self.tally.delivered, 1u64);
        Some(Delivery::new(id, parcel, Arc::clone(self)))
    }

    pub(crate) fn ack(&self, id: &Arc<str>) {
        let (outcome, flushes, has_ready) = {
            let mut book = self.book();
            (book.ack(id, Instant::now()), book.wants_acker(), book.has_ready())
        };
        match outcome {
            Acked::Queued => {}
            Acked::Lost | Acked::Unknown => {
                ReceiverTally::add(&self.tally.lost_acks, 1u64);
                tracing::warn!(queue_url = %self.options.queue_url, message_id = %id, "acked too late: the message may come again");
            }
        }
        if flushes {
            self.acker.notify_one();
        }
        // The group's next message may have become ready.
        if has_ready {
            self.ready.notify_one();
        }
        self.settled.notify_one();
    }

    pub(crate) fn nack(&self, id: &Arc<str>, after: Option<Duration>, receive_count: u32) {
        let delay = after.or_else(|| self.policy_delay(receive_count));
        let delay = delay.map(|delay| VisibilityTimeout::rounded_up(delay).duration());
        let released = self.book().nack(id, delay, Instant::now());
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
