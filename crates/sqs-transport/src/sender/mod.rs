//! Sends messages; what arrives while a request is in flight travels together in the next one.

mod counters;
mod lane;
mod plan;
#[cfg(test)]
mod plan_model;
mod request;

pub use counters::SenderCounters;
pub(crate) use counters::SenderTally;

use crate::{ClientPool, Connection, OutgoingMessage, SendError, SentMessage, TransportError};
use lane::{Envelope, Lane};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{
        mpsc::{self, error::TrySendError},
        oneshot,
    },
    time::{Instant, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How a [`Sender`] batches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SenderOptions {
    /// How long an idle lane waits for company before it sends; zero = not at all.
    pub linger: Duration,
    /// How long a message waits for the request before it; then it goes in a request beside it.
    pub stall: Duration,
    /// How many requests a queue has in flight at most.
    pub requests_in_flight: usize,
    /// How many messages of a queue wait at most; more make their callers wait.
    pub waiting: usize,
    /// A lane without work ends after this time.
    pub idle: Duration,
}

impl Default for SenderOptions {
    fn default() -> Self {
        Self {
            linger: Duration::ZERO,
            stall: Duration::from_millis(100),
            requests_in_flight: 8,
            waiting: 1_024,
            idle: Duration::from_secs(60),
        }
    }
}

/// Sends messages to SQS, one lane for each connection and queue.
///
/// An idle lane sends at once. What arrives meanwhile goes in the next `SendMessageBatch` (at most ten messages and
/// 1 MiB). A message that fails inside a batch fails alone, with the answer that it gets when sent alone. Messages of
/// one group of a FIFO queue are accepted in the order in which they were handed in.
///
/// Cloning is cheap and shares the lanes.
#[derive(Clone, Debug)]
pub struct Sender {
    inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pool: ClientPool,
    options: SenderOptions,
    lanes: Mutex<Lanes>,
    closed: AtomicBool,
    shutdown: CancellationToken,
    tasks: TaskTracker,
    tally: Arc<SenderTally>,
}

type Lanes = HashMap<Connection, HashMap<String, mpsc::Sender<Envelope>>>;

impl Sender {
    pub(crate) fn new(pool: ClientPool, options: SenderOptions) -> Self {
        Self {
            inner: Arc::new(Inner {
                pool,
                options,
                lanes: Mutex::default(),
                closed: AtomicBool::new(false),
                shutdown: CancellationToken::new(),
                tasks: TaskTracker::new(),
                tally: Arc::default(),
            }),
        }
    }

    /// Sends a message and waits for SQS's answer, at most until the deadline.
    ///
    /// A message that is still waiting at its deadline is never sent. Dropping the future drops a waiting message.
    ///
    /// # Errors
    /// What SQS answered to this message, or why it was not asked; see [`TransportError`].
    pub async fn send(
        &self,
        connection: &Connection,
        message: OutgoingMessage,
        deadline: Instant,
    ) -> Result<SentMessage, SendError> {
        self.queue(connection, message, deadline).await?.sent().await
    }

    /// Puts a message in line. Messages of one group that are put in line one after another are sent in that order.
    ///
    /// # Errors
    /// Why it is not in line; see [`TransportError`].
    pub async fn queue(
        &self,
        connection: &Connection,
        message: OutgoingMessage,
        deadline: Instant,
    ) -> Result<Queued, SendError> {
        if Instant::now() >= deadline {
            return Err(TransportError::DeadlineExceeded { sent: false });
        }
        let sent = Arc::new(AtomicBool::new(false));
        let (reply, answer) = oneshot::channel();
        let mut envelope = Envelope { message, deadline, reply, sent: Arc::clone(&sent) };
        let queue_url = envelope.message.queue_url.clone();
        loop {
            let lane = self.lane(connection, &queue_url).await?;
            // Mostly there is room; only a wait needs a timer.
            envelope = match lane.try_send(envelope) {
                Ok(()) => return Ok(Queued { answer, sent, deadline }),
                // The lane ended for want of work at this very moment: ask for a new one.
                Err(TrySendError::Closed(envelope)) => envelope,
                Err(TrySendError::Full(envelope)) => match timeout_at(deadline, lane.send(envelope)).await {
                    Ok(Ok(())) => return Ok(Queued { answer, sent, deadline }),
                    Ok(Err(refused)) => refused.0,
                    Err(_) => return Err(TransportError::DeadlineExceeded { sent: false }),
                },
            };
        }
    }

    /// How much was sent in how many requests since the start.
    pub fn counters(&self) -> SenderCounters {
        self.inner.tally.snapshot(self.lane_count())
    }

    /// Refuses new messages, sends those that wait, and returns when every lane has ended.
    ///
    /// Each message's own deadline bounds the wait.
    pub async fn shutdown(&self) {
        self.inner.closed.store(true, Ordering::Release);
        self.inner.shutdown.cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
    }

    fn lane_count(&self) -> usize {
        self.inner.lanes().values().map(HashMap::len).sum()
    }

    async fn lane(
        &self,
        connection: &Connection,
        queue_url: &str,
    ) -> Result<mpsc::Sender<Envelope>, SendError> {
        if let Some(lane) = self.inner.find(connection, queue_url) {
            return Ok(lane);
        }
        let client = self.inner.pool.client(connection).await?;
        // Shutdown sets the flag before it waits for the lanes, so a lane that starts here is waited for.
        let mut lanes = self.inner.lanes();
        if self.inner.closed.load(Ordering::Acquire) {
            return Err(TransportError::Closed);
        }
        let queues = lanes.entry(connection.clone()).or_default();
        if let Some(lane) = queues.get(queue_url).filter(|lane| !lane.is_closed()) {
            return Ok(lane.clone());
        }
        let (handle, envelopes) = mpsc::channel(self.inner.options.waiting.max(1));
        queues.insert(queue_url.to_owned(), handle.clone());
        let lane = Lane {
            owner: Arc::downgrade(&self.inner),
            connection: connection.clone(),
            queue_url: queue_url.to_owned(),
            client,
            options: self.inner.options.clone(),
            tally: Arc::clone(&self.inner.tally),
            shutdown: self.inner.shutdown.child_token(),
        };
        self.inner.tasks.spawn(lane.run(envelopes));
        Ok(handle)
    }
}

/// A message in line. Dropping it drops a message that still waits.
#[derive(Debug)]
pub struct Queued {
    answer: oneshot::Receiver<Result<SentMessage, TransportError>>,
    sent: Arc<AtomicBool>,
    deadline: Instant,
}

impl Queued {
    /// Waits for SQS's answer, at most until the message's deadline.
    ///
    /// # Errors
    /// What SQS answered to this message, or why it was not asked; see [`TransportError`].
    pub async fn sent(self) -> Result<SentMessage, SendError> {
        match timeout_at(self.deadline, self.answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(TransportError::Closed),
            Err(_) => Err(TransportError::DeadlineExceeded { sent: self.sent.load(Ordering::Acquire) }),
        }
    }
}

impl Inner {
    fn lanes(&self) -> std::sync::MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, connection: &Connection, queue_url: &str) -> Option<mpsc::Sender<Envelope>> {
        let lanes = self.lanes();
        lanes.get(connection)?.get(queue_url).filter(|lane| !lane.is_closed()).cloned()
    }

    /// Takes an idle lane off the map, unless something arrived for it meanwhile.
    fn retire(
        &self,
        connection: &Connection,
        queue_url: &str,
        envelopes: &mut mpsc::Receiver<Envelope>,
    ) -> bool {
        let mut lanes = self.lanes();
        if !envelopes.is_empty() {
            return false;
        }
        envelopes.close();
        if let Some(queues) = lanes.get_mut(connection) {
            queues.remove(queue_url);
            if queues.is_empty() {
                lanes.remove(connection);
            }
        }
        true
    }
}
