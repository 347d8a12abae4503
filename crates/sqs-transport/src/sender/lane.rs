//! The task of one lane: takes envelopes in, sends requests, hands answers out.

use super::{
    Inner, SenderOptions, SenderTally,
    plan::{Batch, Plan, PlanOptions},
    request,
};
use crate::{Connection, OutgoingMessage, SentMessage, TransportError};
use std::{
    pin::pin,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::{
    sync::{mpsc, oneshot},
    task::{JoinSet, yield_now},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// A message with what its caller waits for.
#[derive(Debug)]
pub(crate) struct Envelope {
    pub(crate) message: OutgoingMessage,
    pub(crate) deadline: Instant,
    pub(crate) reply: oneshot::Sender<Result<SentMessage, TransportError>>,
    /// Set when a request with the message may have reached SQS.
    pub(crate) sent: Arc<AtomicBool>,
}

/// One connection and queue.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) owner: Weak<Inner>,
    pub(crate) connection: Connection,
    pub(crate) queue_url: String,
    pub(crate) client: aws_sdk_sqs::Client,
    pub(crate) options: SenderOptions,
    pub(crate) tally: Arc<SenderTally>,
    pub(crate) shutdown: CancellationToken,
}

impl Lane {
    /// Runs until the lane has been idle for long, the sender is gone, or shutdown; then sends what waits and ends.
    pub(crate) async fn run(self, mut envelopes: mpsc::Receiver<Envelope>) {
        let mut plan = Plan::new(PlanOptions {
            linger: self.options.linger,
            stall: self.options.stall,
            requests_in_flight: self.options.requests_in_flight,
        });
        let mut requests: JoinSet<Vec<String>> = JoinSet::new();
        let mut open = true;
        // Kept from one message to the next: mostly neither changes.
        let mut shutdown = pin!(self.shutdown.cancelled());
        let mut sleep = pin!(sleep_until(Instant::now()));
        while open || !plan.is_idle() {
            self.drop_expired(&mut plan);
            while let Some(batch) = plan.take(Instant::now()) {
                // In a box, since spawning moves what is spawned several times, and a request of the SDK is large.
                requests.spawn(Box::pin(self.request(batch)));
            }
            let wakeup = plan.next_wakeup().unwrap_or_else(|| Instant::now() + self.options.idle);
            if sleep.deadline() != wakeup {
                sleep.as_mut().reset(wakeup);
            }
            // Every arm is cancel-safe: a channel's recv, join_next, a token and a sleep lose nothing when dropped.
            tokio::select! {
                envelope = envelopes.recv(), if open && plan.waiting() < self.options.waiting.max(1) => match envelope {
                    Some(envelope) => {
                        // Whoever is ready now comes along, and the lane is woken once for all of them.
                        yield_now().await;
                        self.take_in(&mut plan, envelope, &mut envelopes);
                    }
                    None => open = false,
                },
                Some(ended) = requests.join_next(), if !requests.is_empty() => {
                    // A request task that panicked has dropped its replies; its groups cannot be named any more.
                    plan.done(&ended.unwrap_or_default());
                }
                () = &mut shutdown, if open && !envelopes.is_closed() => envelopes.close(),
                () = &mut sleep => {
                    if plan.is_idle() && open && self.retire(&mut envelopes) {
                        tracing::debug!(queue_url = %self.queue_url, "an idle lane ends");
                    }
                }
            }
        }
    }

    /// Takes one envelope and all that came with it, so that they can share a request.
    fn take_in(&self, plan: &mut Plan<Envelope>, first: Envelope, envelopes: &mut mpsc::Receiver<Envelope>) {
        let now = Instant::now();
        let fifo = self.queue_url.ends_with(".fifo");
        let mut next = Some(first);
        while let Some(envelope) = next {
            let group = envelope.message.message_group_id.clone().filter(|_| fifo);
            let (size, deadline) = (envelope.message.size(), envelope.deadline);
            plan.push(envelope, group, size, now, deadline);
            next = if plan.waiting() < self.options.waiting { envelopes.try_recv().ok() } else { None };
        }
    }

    fn drop_expired(&self, plan: &mut Plan<Envelope>) {
        for envelope in plan.expire(Instant::now(), |envelope| envelope.reply.is_closed()) {
            SenderTally::add(&self.tally.messages_dropped, 1u64);
            // The caller may have gone; then nobody needs the answer.
            let _ = envelope.reply.send(Err(TransportError::DeadlineExceeded { sent: false }));
        }
    }

    fn request(&self, batch: Batch<Envelope>) -> impl Future<Output = Vec<String>> + Send + 'static {
        let (client, tally) = (self.client.clone(), Arc::clone(&self.tally));
        async move {
            for envelope in &batch.items {
                envelope.sent.store(true, Ordering::Release);
            }
            request::send(&client, &tally, batch.items).await;
            batch.groups
        }
    }

    fn retire(&self, envelopes: &mut mpsc::Receiver<Envelope>) -> bool {
        match self.owner.upgrade() {
            Some(owner) => owner.retire(&self.connection, &self.queue_url, envelopes),
            None => false,
        }
    }
}
