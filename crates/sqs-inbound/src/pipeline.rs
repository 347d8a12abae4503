//! The straight line of a message: received, understood, told to the engine, deleted or kept.

use crate::{
    ActivityLog, Command, ConsumerOptions, Correlation, Disposition, Member, Outcome, PoisonPolicy, Refusal,
    Severity, Tag, correlate, counters::LiveCounters, gate::Gate, normalise::normalise,
};
use connector_binding::inbound::message_context;
use connector_core::{Engine, EngineError, EngineErrorCode, Published};
use connector_feel::FeelEngine;
use futures::{FutureExt, StreamExt, stream::FuturesUnordered};
use sqs_transport::{
    AttributePayload, AttributeValue, Connection, Delivery, Message, OutgoingMessage, Sender,
};
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;

/// How long parking a message may take.
const PARK_TIME: Duration = Duration::from_secs(20);

/// What all messages of a consumer share.
pub(crate) struct Pipeline {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) feel: FeelEngine,
    pub(crate) sender: Sender,
    pub(crate) connection: Connection,
    pub(crate) options: ConsumerOptions,
    pub(crate) members: watch::Receiver<Arc<[Member]>>,
    pub(crate) log: ActivityLog,
    pub(crate) counters: Arc<LiveCounters>,
    pub(crate) gate: Gate,
    pub(crate) stopping: CancellationToken,
}

impl Pipeline {
    /// Handles messages side by side; a panic over one of them gives that one back and hinders no other.
    pub(crate) async fn handle_all(&self, deliveries: Vec<Delivery>) {
        let handled = deliveries.into_iter().map(|delivery| AssertUnwindSafe(self.handle(delivery)));
        let mut handled: FuturesUnordered<_> = handled.map(FutureExt::catch_unwind).collect();
        while let Some(handled) = handled.next().await {
            if handled.is_err() {
                tracing::error!("the handling of a message broke: the message stays in the queue");
            }
        }
    }

    /// Handles one message from its receipt to its end in the queue.
    pub(crate) async fn handle(&self, mut delivery: Delivery) {
        LiveCounters::add(&self.counters.triggered);
        self.log.add(Severity::Info, Tag::Message, received(&delivery.message));
        let message = std::mem::take(&mut delivery.message);
        let parked = match &self.options.poison {
            PoisonPolicy::Park { queue_url } => Some(parked(&message, queue_url)),
            PoisonPolicy::Leave | PoisonPolicy::Delete => None,
        };
        let outcome = match self.understand(message) {
            Ok(correlation) => {
                self.warn(&correlation.element_id, correlation.warning);
                self.submit(correlation.command, &delivery).await
            }
            Err(refusal) => Outcome::Refused(refusal),
        };
        self.record(&outcome);
        self.settle(delivery, &outcome, parked).await;
    }

    /// What the message means; nothing of it is kept.
    fn understand(&self, message: Message) -> Result<Correlation, Refusal> {
        let context = message_context(normalise(message));
        let members = Arc::clone(&self.members.borrow());
        correlate(members.iter(), &context, self.options.default_time_to_live, &self.feel)
    }

    /// Tells the engine; waits while it is unavailable, until the consumer stops or loses the message.
    async fn submit(&self, command: Command, delivery: &Delivery) -> Outcome {
        loop {
            // Cancel-safe: waiting for a turn changes nothing. In this order, since a turn seldom has to be waited for.
            let turn = tokio::select! {
                biased;
                turn = self.gate.turn() => turn,
                () = self.stopping.cancelled() => return Outcome::Released,
            };
            if delivery.is_lost() {
                return Outcome::Released;
            }
            let error = match self.tell(command.clone()).await {
                Ok(outcome) => {
                    turn.answered();
                    return outcome;
                }
                Err(error) => error,
            };
            match Unavailability::of(&error, &command) {
                Unavailability::None => turn.answered(),
                Unavailability::Wait => {
                    turn.unavailable();
                    self.log.add(
                        Severity::Warning,
                        Tag::Correlation,
                        format!("waiting for the engine: {error}"),
                    );
                    continue;
                }
                Unavailability::GiveBack => turn.unavailable(),
            }
            return Outcome::EngineRefused(error);
        }
    }

    async fn tell(&self, command: Command) -> Result<Outcome, EngineError> {
        match command {
            Command::Create(instance) => self.engine.create(instance).await.map(Outcome::InstanceCreated),
            Command::CreateAndAwait(instance) => {
                let wait = self.options.synchronous_wait;
                self.engine.create_with_result(instance, wait).await.map(Outcome::InstanceEnded)
            }
            Command::Publish(message) => Ok(match self.engine.publish(message).await? {
                Published::New(key) => Outcome::Published(key),
                Published::Duplicate => Outcome::AlreadyPublished,
            }),
        }
    }

    async fn settle(&self, delivery: Delivery, outcome: &Outcome, parked: Option<OutgoingMessage>) {
        match (outcome.disposition(), parked) {
            (Disposition::Delete, _) => delivery.ack(),
            // Seldom needed, and large: it must not make every message's future as large.
            (Disposition::Poison, Some(parked)) => Box::pin(self.park(delivery, parked)).await,
            (Disposition::Poison, None) if self.options.poison == PoisonPolicy::Delete => delivery.ack(),
            (Disposition::Poison, None) | (Disposition::Keep, _) => {
                let now = matches!(outcome, Outcome::Released).then_some(Duration::ZERO);
                delivery.nack(now);
            }
        }
    }

    /// Moves a message to another queue; it is deleted here only after the other one has it.
    async fn park(&self, delivery: Delivery, message: OutgoingMessage) {
        let queue_url = message.queue_url.clone();
        match self.sender.send(&self.connection, message, Instant::now() + PARK_TIME).await {
            Ok(sent) => {
                let text = format!("parked as {} in {queue_url}", sent.message_id);
                self.log.add(Severity::Warning, Tag::Message, text);
                delivery.ack();
            }
            Err(error) => {
                let text = format!("could not park in {queue_url}, stays in its queue: {error}");
                self.log.add(Severity::Error, Tag::Message, text);
                delivery.nack(None);
            }
        }
    }

    fn record(&self, outcome: &Outcome) {
        self.counters.outcome(outcome);
        if let Some((severity, message)) = outcome.activity() {
            self.log.add_with(severity, Tag::Correlation, message, outcome.keys());
        }
    }

    fn warn(&self, element_id: &str, warning: Option<String>) {
        if let Some(warning) = warning {
            self.log.add(Severity::Warning, Tag::Correlation, format!("{element_id}: {warning}"));
        }
    }
}

/// What an error says about the engine as a whole.
enum Unavailability {
    /// Nothing: it is about this command.
    None,
    /// It takes no commands now; this one did not reach it and waits.
    Wait,
    /// It is in trouble; this command may have reached it, so the message goes back to its queue.
    GiveBack,
}

impl Unavailability {
    fn of(error: &EngineError, command: &Command) -> Self {
        match (error.code, command) {
            // The instance runs longer than we wait; the engine is well.
            (EngineErrorCode::DeadlineExceeded, Command::CreateAndAwait(_)) => Self::None,
            (
                EngineErrorCode::Unavailable
                | EngineErrorCode::ResourceExhausted
                | EngineErrorCode::Unauthenticated
                | EngineErrorCode::PermissionDenied,
                _,
            ) => Self::Wait,
            (
                EngineErrorCode::DeadlineExceeded
                | EngineErrorCode::Cancelled
                | EngineErrorCode::Aborted
                | EngineErrorCode::DataLoss,
                _,
            ) => Self::GiveBack,
            _ => Self::None,
        }
    }
}

fn received(message: &Message) -> String {
    ["Received SQS Message with ID ", &message.message_id].concat()
}

fn parked(message: &Message, queue_url: &str) -> OutgoingMessage {
    let attributes = message.message_attributes.iter().filter_map(|(name, attribute)| {
        let value = match (&attribute.string_value, &attribute.binary_value) {
            (Some(text), _) => AttributePayload::String(text.clone()),
            (None, Some(bytes)) => AttributePayload::Binary(bytes.clone()),
            (None, None) => return None,
        };
        Some((name.clone(), AttributeValue { data_type: attribute.data_type.clone(), value }))
    });
    let is_fifo = queue_url.ends_with(".fifo");
    let group = message.message_group_id().unwrap_or(&message.message_id).to_owned();
    OutgoingMessage {
        attributes: attributes.collect(),
        message_group_id: is_fifo.then_some(group),
        message_deduplication_id: is_fifo.then(|| message.message_id.clone()),
        ..OutgoingMessage::new(queue_url, message.body.clone())
    }
}
