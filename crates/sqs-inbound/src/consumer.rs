//! A consumer: connects, receives, keeps itself alive.

use crate::{
    Activity, ActivityLog, ConsumerCounters, ConsumerOptions, ConsumerState, Group, InboundError, Member,
    Severity, Tag,
    counters::LiveCounters,
    gate::{Gate, GateState},
    pipeline::Pipeline,
};
use connector_binding::{
    RequestCredentials,
    inbound::{InboundBinder, InboundProperties},
};
use connector_core::{Engine, Health};
use connector_feel::FeelEngine;
use connector_secrets::SecretScope;
use sqs_transport::{
    ClientPool, Connection, Credentials, Receiver, ReceiverOptions, TransportError, VisibilityTimeout,
    WaitTime,
};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

/// What consumers work with; clones share everything.
#[derive(Clone)]
pub struct Services {
    /// Takes the commands.
    pub engine: Arc<dyn Engine>,
    /// Evaluates expressions.
    pub feel: FeelEngine,
    /// Binds connector properties, with secrets and the operator's rules.
    pub binder: InboundBinder,
    /// SQS clients.
    pub clients: ClientPool,
}

/// Receives from one queue for a group of elements.
///
/// It activates by itself, again and again until it succeeds, and shows why it could not.
pub struct Consumer {
    services: Services,
    options: ConsumerOptions,
    group: Group,
    shared: Arc<Shared>,
}

/// What a consumer and its handles share.
struct Shared {
    members: watch::Sender<Arc<[Member]>>,
    group: watch::Sender<Group>,
    state: watch::Sender<ConsumerState>,
    health: watch::Sender<Health>,
    retry: tokio::sync::Notify,
    log: ActivityLog,
    counters: Arc<LiveCounters>,
}

/// A consumer that is connected.
struct Active {
    receiver: Receiver,
    connection: Connection,
    /// The system attributes that the elements asked for.
    attribute_names: Vec<String>,
}

/// Looks at a consumer, and changes its elements while it runs. Clones are the same handle.
#[derive(Clone)]
pub struct ConsumerHandle {
    shared: Arc<Shared>,
}

impl Consumer {
    /// A consumer for the elements of a group; nothing happens before [`Consumer::run`].
    pub fn new(group: Group, services: Services, options: ConsumerOptions) -> Self {
        let members: Arc<[Member]> = group.members().cloned().collect();
        let shared = Shared {
            members: watch::Sender::new(members),
            group: watch::Sender::new(group.clone()),
            state: watch::Sender::new(ConsumerState::Activating),
            health: watch::Sender::new(Health::Unknown),
            retry: tokio::sync::Notify::new(),
            log: ActivityLog::new(options.activity_log_size, Arc::clone(&options.clock)),
            counters: Arc::default(),
        };
        Self { services, options, group, shared: Arc::new(shared) }
    }

    /// A handle to look at the consumer with.
    pub fn handle(&self) -> ConsumerHandle {
        ConsumerHandle { shared: Arc::clone(&self.shared) }
    }

    /// Runs until `shutdown`; then what is in work gets `drain` to end, and everything else goes back to the queue.
    pub async fn run(self, shutdown: CancellationToken, drain: Duration) {
        // Cancel-safe: a half-done activation leaves nothing behind.
        let active = tokio::select! {
            active = self.activate() => Some(active),
            () = shutdown.cancelled() => None,
        };
        if let Some(active) = active {
            self.consume(active, &shutdown, drain).await;
            LiveCounters::add(&self.shared.counters.deactivated);
            self.shared.log.add(Severity::Info, Tag::Lifecycle, self.lifecycle("Deactivated executable:"));
        }
        self.enter(ConsumerState::Stopped);
    }

    /// Tries until it succeeds.
    async fn activate(&self) -> Active {
        let mut attempt = 0_u32;
        loop {
            let log = &self.shared.log;
            log.add(Severity::Info, Tag::SubscriptionActivation, "Subscription activation requested");
            let error = match self.connect().await {
                Ok(active) => return active,
                Err(error) => error,
            };
            attempt = attempt.saturating_add(1);
            LiveCounters::add(&self.shared.counters.activation_failed);
            let retry_in = self.options.activation_backoff.delay(attempt);
            let (code, reason) = (error.code().to_owned(), error.to_string());
            let text = format!("{reason} (tries again in {} s)", retry_in.as_secs());
            log.add(Severity::Error, Tag::SubscriptionActivation, text);
            self.enter(ConsumerState::FailedToActivate { code, reason, retry_in });
            // Both arms only wait.
            tokio::select! {
                () = sleep(retry_in) => {}
                () = self.shared.retry.notified() => {}
            }
            self.enter(ConsumerState::Activating);
        }
    }

    async fn connect(&self) -> Result<Active, InboundError> {
        let deployed = &self.group.first().deployed;
        let scope = SecretScope {
            tenant_id: deployed.process.tenant_id.clone(),
            bpmn_process_id: deployed.process.bpmn_process_id.clone(),
        };
        let bound = self.services.binder.bind(&deployed.element.properties, &scope).await?;
        let (connection, options) = self.receiver_options(bound.properties)?;
        let queue_url = options.queue_url.clone();
        let attribute_names = options.message_system_attribute_names.clone();
        let client = self.services.clients.client(&connection).await?;
        let receiver = Receiver::open(client, options).await.map_err(|error| refused(error, &queue_url))?;
        let text = bound.redactor.redact(&format!("Activated subscription for queue: {queue_url}"));
        self.shared.log.add(Severity::Info, Tag::SubscriptionActivation, text);
        Ok(Active { receiver, connection, attribute_names })
    }

    fn receiver_options(
        &self,
        properties: InboundProperties,
    ) -> Result<(Connection, ReceiverOptions), TransportError> {
        let seconds = |seconds: u32| i32::try_from(seconds).unwrap_or(i32::MAX);
        let visibility =
            properties.visibility_timeout_seconds.map(|s| VisibilityTimeout::from_seconds(seconds(s)));
        let in_flight = properties.max_in_flight.map(usize::try_from).and_then(Result::ok);
        let options = ReceiverOptions {
            wait_time: WaitTime::from_seconds(properties.polling_wait_seconds.into())?,
            visibility_timeout: visibility.transpose()?,
            message_attribute_names: properties.message_attribute_names,
            message_system_attribute_names: properties.attribute_names,
            max_in_flight: in_flight.unwrap_or(self.options.max_in_flight),
            ..ReceiverOptions::new(properties.queue_url.as_str())
        };
        let credentials = match properties.credentials {
            RequestCredentials::DefaultChain => Credentials::DefaultChain,
            RequestCredentials::Static { access_key, secret_key, session_token } => {
                Credentials::Static { access_key, secret_key, session_token }
            }
        };
        Ok((Connection { credentials, region: properties.region, endpoint: properties.endpoint }, options))
    }

    async fn consume(&self, active: Active, shutdown: &CancellationToken, drain: Duration) {
        let Active { mut receiver, connection, attribute_names } = active;
        LiveCounters::add(&self.shared.counters.activated);
        self.shared.log.add(Severity::Info, Tag::Lifecycle, self.lifecycle("Activated inbound connector"));
        self.enter(ConsumerState::Activated);
        let pipeline = Arc::new(self.pipeline(connection, attribute_names));
        let (mut gate, mut health) = (pipeline.gate.subscribe(), receiver.health());
        let (mut tasks, mut paused) = (JoinSet::new(), false);
        self.show(&health.borrow_and_update().clone());
        loop {
            let nobody_waits = tasks.is_empty();
            // All arms are cancel-safe: they wait, and change nothing before they end.
            tokio::select! {
                () = shutdown.cancelled() => break,
                delivery = receiver.next() => match delivery {
                    Some(delivery) => {
                        let pipeline = Arc::clone(&pipeline);
                        tasks.spawn(async move { pipeline.handle(delivery).await });
                    }
                    None => break,
                },
                Some(_) = tasks.join_next() => {}
                () = pause_changed(&mut gate, paused, nobody_waits) => {
                    paused = !paused;
                    if paused { receiver.pause() } else { receiver.resume() }
                }
                Ok(()) = health.changed() => self.show(&health.borrow_and_update().clone()),
            }
        }
        pipeline.stopping.cancel();
        let finish = async { while tasks.join_next().await.is_some() {} };
        let _ = tokio::join!(receiver.shutdown(drain), timeout(drain, finish));
        tasks.shutdown().await;
    }

    fn pipeline(&self, connection: Connection, attribute_names: Vec<String>) -> Pipeline {
        Pipeline {
            engine: Arc::clone(&self.services.engine),
            feel: self.services.feel.clone(),
            sender: self.services.clients.sender(),
            connection,
            attribute_names,
            options: self.options.clone(),
            members: self.shared.members.subscribe(),
            log: self.shared.log.clone(),
            counters: Arc::clone(&self.shared.counters),
            gate: Gate::new(self.options.engine_backoff),
            stopping: CancellationToken::new(),
        }
    }

    fn lifecycle(&self, what: &str) -> String {
        let (kind, id) = (self.group.connector_type(), self.group.deduplication_id());
        format!("{what} {kind} with deduplication ID '{id}'")
    }

    fn enter(&self, state: ConsumerState) {
        if let Some(health) = state.health() {
            self.show(&health);
        }
        self.shared.state.send_replace(state);
    }

    fn show(&self, health: &Health) {
        let changed = self.shared.health.send_if_modified(|shown| {
            let changed = shown != health;
            shown.clone_from(health);
            changed
        });
        if changed {
            let (severity, text) = match health {
                Health::Up => (Severity::Info, "UP".to_owned()),
                Health::Down { code, message } => {
                    (Severity::Error, format!("DOWN, details: {code}: {message}"))
                }
                _ => (Severity::Error, "UNKNOWN".to_owned()),
            };
            self.shared.log.add(severity, Tag::Health, format!("Health status changed to {text}"));
        }
    }
}

/// Waits until receiving shall pause, or shall go on: it pauses while the gate is not open, unless nobody is left to try
/// and the gate's delay is over.
async fn pause_changed(gate: &mut watch::Receiver<GateState>, paused: bool, nobody_waits: bool) {
    loop {
        let state = *gate.borrow_and_update();
        let over = match state {
            GateState::Closed { until, .. } if nobody_waits => Some(until),
            _ => None,
        };
        let pause = state != GateState::Open && over.is_none_or(|until| until > Instant::now());
        if pause != paused {
            return;
        }
        let delay_is_over = async {
            match over {
                Some(until) if paused => sleep_until(until).await,
                _ => std::future::pending().await,
            }
        };
        // Both arms only wait.
        tokio::select! {
            () = delay_is_over => {}
            changed = gate.changed() => if changed.is_err() { std::future::pending().await },
        }
    }
}

fn refused(error: TransportError, queue_url: &str) -> InboundError {
    match error.code() {
        "QueueDoesNotExist" | "AWS.SimpleQueueService.NonExistentQueue" => {
            InboundError::QueueDoesNotExist { queue_url: queue_url.to_owned() }
        }
        _ => InboundError::Transport(error),
    }
}

impl ConsumerHandle {
    /// Where the consumer stands; changes can be awaited.
    pub fn state(&self) -> watch::Receiver<ConsumerState> {
        self.shared.state.subscribe()
    }

    /// The consumer's health; changes can be awaited.
    pub fn health(&self) -> watch::Receiver<Health> {
        self.shared.health.subscribe()
    }

    /// The group as it is now.
    pub fn group(&self) -> Group {
        self.shared.group.borrow().clone()
    }

    /// The latest activities, the oldest first.
    pub fn activities(&self) -> Vec<Activity> {
        self.shared.log.entries()
    }

    /// How often what happened.
    pub fn counters(&self) -> ConsumerCounters {
        self.shared.counters.snapshot()
    }

    /// Makes a consumer that failed to activate try again at once.
    pub fn retry_now(&self) {
        self.shared.retry.notify_waiters();
    }

    /// Goes on with other elements of the same group, for instance after a new version was deployed.
    /// Receiving is not interrupted; messages that are in work end with the elements that they started with.
    ///
    /// # Errors
    /// [`InboundError::DifferentGroup`] when the elements need another consumer; nothing is changed then.
    pub fn replace_elements(&self, group: Group) -> Result<(), InboundError> {
        if !self.shared.group.borrow().can_swap_to(&group) {
            return Err(InboundError::DifferentGroup);
        }
        let members: Arc<[Member]> = group.members().cloned().collect();
        self.shared.members.send_replace(members);
        self.shared.group.send_replace(group);
        let text = "Updated configuration due to new process version deployment";
        self.shared.log.add(Severity::Info, Tag::Lifecycle, text);
        Ok(())
    }
}
