//! A consumer: connects, receives, keeps itself alive.

use crate::{
    Activity, ActivityLog, ConsumerCounters, ConsumerOptions, ConsumerState, Group, InboundError, Member,
    QueueDetails, Severity, Tag,
    advice::advice,
    connect::{Connected, connect},
    counters::LiveCounters,
    gate::{Gate, GateState},
    pipeline::Pipeline,
};
use connector_binding::inbound::InboundBinder;
use connector_core::{Engine, Health};
use connector_feel::FeelEngine;
use connector_secrets::Redactor;
use futures::FutureExt;
use sqs_transport::{ClientPool, Connection};
use std::{
    iter,
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, SystemTime},
};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

/// A receiver that ends by itself again and again is replaced as if it had failed to open so often, and no longer: 32 s.
const MOST_PATIENCE: u32 = 6;
/// So many messages share a task, as many as come with one receive.
const TOGETHER: usize = 10;

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
    dates: watch::Sender<Dates>,
    queue: watch::Sender<Option<Arc<QueueDetails>>>,
    retry: tokio::sync::Notify,
    log: ActivityLog,
    counters: Arc<LiveCounters>,
}

/// When what happened to a consumer last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dates {
    /// When it was activated.
    pub activated: Option<SystemTime>,
    /// When its health changed.
    pub health_changed: Option<SystemTime>,
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
            dates: watch::Sender::default(),
            queue: watch::Sender::default(),
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
    ///
    /// Should it ever panic, it is DOWN for a while and begins anew; what was in work comes again.
    pub async fn run(self, shutdown: CancellationToken, drain: Duration) {
        let mut panics = 0;
        while AssertUnwindSafe(self.work(&shutdown, drain)).catch_unwind().await.is_err() {
            tracing::error!(id = self.group.id(), "a consumer broke and begins anew");
            panics = MOST_PATIENCE.min(panics + 1);
            // Both arms only wait.
            tokio::select! {
                () = self.pause_after("INTERNAL_ERROR", "the consumer broke", panics) => {}
                () = shutdown.cancelled() => break,
            }
        }
        self.enter(ConsumerState::Stopped);
    }

    /// Activates and consumes, again and again until `shutdown`.
    async fn work(&self, shutdown: &CancellationToken, drain: Duration) {
        let mut ended_by_itself = 0;
        loop {
            // Cancel-safe: a half-done activation leaves nothing behind.
            let connected = tokio::select! {
                connected = self.activate() => connected,
                () = shutdown.cancelled() => break,
            };
            self.consume(connected, shutdown, drain).await;
            LiveCounters::add(&self.shared.counters.deactivated);
            if shutdown.is_cancelled() {
                self.log(Severity::Info, Tag::Lifecycle, self.lifecycle("Deactivated executable:"));
                break;
            }
            ended_by_itself = MOST_PATIENCE.min(ended_by_itself + 1);
            // Both arms only wait.
            tokio::select! {
                () = self.pause_after("INTERNAL_ERROR", "the receiver ended by itself", ended_by_itself) => {}
                () = shutdown.cancelled() => break,
            }
        }
    }

    /// Tries until it succeeds.
    async fn activate(&self) -> Connected {
        let mut failures = 0_u32;
        loop {
            self.log(Severity::Info, Tag::SubscriptionActivation, "Subscription activation requested");
            // The first attempt is as patient as the AWS SDK is; later ones have a backoff of their own.
            let open_attempts = if failures == 0 { 4 } else { 1 };
            let connected = connect(&self.group, &self.services, &self.options, |options| {
                options.open_attempts = open_attempts;
            });
            let error = match connected.await {
                Ok(connected) => return connected,
                Err(error) => error,
            };
            failures = failures.saturating_add(1);
            LiveCounters::add(&self.shared.counters.activation_failed);
            self.pause_after(error.code(), &error.to_string(), failures).await;
        }
    }

    /// Shows why nothing is received, and waits before the next try: the longer the more failures there were.
    async fn pause_after(&self, code: &str, reason: &str, failures: u32) {
        let retry_in = self.options.activation_backoff.delay(failures);
        let text = format!("{reason} (tries again in {} s)", retry_in.as_secs());
        self.log(Severity::Error, Tag::SubscriptionActivation, text);
        self.enter(ConsumerState::FailedToActivate {
            code: code.to_owned(),
            reason: reason.to_owned(),
            retry_in,
        });
        // Both arms only wait.
        tokio::select! {
            () = sleep(retry_in) => {}
            () = self.shared.retry.notified() => {}
        }
        self.enter(ConsumerState::Activating);
    }

    async fn consume(&self, connected: Connected, shutdown: &CancellationToken, drain: Duration) {
        self.show_queue(&connected);
        let Connected { mut receiver, connection, redactor, .. } = connected;
        LiveCounters::add(&self.shared.counters.activated);
        let now = (self.options.clock)();
        self.shared.dates.send_modify(|dates| dates.activated = Some(now));
        self.log(Severity::Info, Tag::Lifecycle, self.lifecycle("Activated inbound connector"));
        self.enter(ConsumerState::Activated);
        let pipeline = Arc::new(self.pipeline(connection));
        let (mut gate, mut health) = (pipeline.gate.subscribe(), receiver.health());
        let (mut tasks, mut paused) = (JoinSet::new(), false);
        self.show(&without_secrets(&health.borrow_and_update(), &redactor));
        loop {
            let nobody_waits = tasks.is_empty();
            // All arms are cancel-safe: they wait, and change nothing before they end.
            tokio::select! {
                () = shutdown.cancelled() => break,
                delivery = receiver.next() => match delivery {
                    Some(first) => {
                        let pipeline = Arc::clone(&pipeline);
                        let others = iter::from_fn(|| receiver.try_next());
                        let deliveries: Vec<_> = iter::once(first).chain(others).take(TOGETHER).collect();
                        tasks.spawn(async move { pipeline.handle_all(deliveries).await });
                    }
                    None => break,
                },
                Some(_) = tasks.join_next() => {}
                () = pause_changed(&mut gate, paused, nobody_waits) => {
                    paused = !paused;
                    if paused { receiver.pause() } else { receiver.resume() }
                }
                Ok(()) = health.changed() => self.show(&without_secrets(&health.borrow_and_update(), &redactor)),
            }
        }
        pipeline.stopping.cancel();
        let finish = async { while tasks.join_next().await.is_some() {} };
        let _ = tokio::join!(receiver.shutdown(drain), timeout(drain, finish));
        // What evaluates at this moment cannot be stopped, and is not waited for long.
        let _ = timeout(Duration::from_secs(1), tasks.shutdown()).await;
    }

    /// Says which queue it is, and what is risky about it.
    fn show_queue(&self, connected: &Connected) {
        let facts = connected.receiver.facts().clone();
        let hide = |text: &str| connected.redactor.redact(text);
        let url = hide(&connected.queue_url);
        let text = format!("Activated subscription for queue: {url}");
        self.log(Severity::Info, Tag::SubscriptionActivation, text);
        let warnings = advice(&self.group, &facts, connected.visibility, &self.options);
        for warning in &warnings {
            tracing::warn!(queue_url = url, "{warning}");
            self.log(Severity::Warning, Tag::SubscriptionActivation, warning.clone());
        }
        let details = QueueDetails { url, visibility: connected.visibility, facts, warnings };
        self.shared.queue.send_replace(Some(Arc::new(details)));
    }

    fn log(&self, severity: Severity, tag: Tag, text: impl Into<String>) {
        self.shared.log.add(severity, tag, text);
    }

    fn pipeline(&self, connection: Connection) -> Pipeline {
        Pipeline {
            engine: Arc::clone(&self.services.engine),
            feel: self.services.feel.clone(),
            sender: self.services.clients.sender(),
            connection,
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
            let now = (self.options.clock)();
            self.shared.dates.send_modify(|dates| dates.health_changed = Some(now));
            let (severity, text) = match health {
                Health::Up => (Severity::Info, "UP".to_owned()),
                Health::Down { code, message } => {
                    (Severity::Error, format!("DOWN, details: {code}: {message}"))
                }
                _ => (Severity::Error, "UNKNOWN".to_owned()),
            };
            self.log(severity, Tag::Health, format!("Health status changed to {text}"));
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

/// The texts of the receiver name the queue, whose URL may have come from a secret.
fn without_secrets(health: &Health, redactor: &Redactor) -> Health {
    match health {
        Health::Down { code, message } => Health::down(code, redactor.redact(message)),
        other => other.clone(),
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

    /// When what happened last.
    pub fn dates(&self) -> Dates {
        *self.shared.dates.borrow()
    }

    /// What the queue said of itself when it was activated last, and what is risky about it.
    pub fn queue(&self) -> Option<Arc<QueueDetails>> {
        self.shared.queue.borrow().clone()
    }

    /// The group as it is now.
    pub fn group(&self) -> Group {
        self.shared.group.borrow().clone()
    }

    /// The latest activities, the oldest first.
    pub fn activities(&self) -> Vec<Activity> {
        self.shared.log.entries()
    }

    /// When a message was received last, as far back as the activities go.
    pub fn last_triggered(&self) -> Option<SystemTime> {
        self.shared.log.latest(Tag::Message)
    }

    /// How often what happened.
    pub fn counters(&self) -> ConsumerCounters {
        self.shared.counters.snapshot()
    }

    /// Makes a consumer that failed to activate try again at once. False when it is in another state.
    pub fn retry_now(&self) -> bool {
        let failed = matches!(*self.shared.state.borrow(), ConsumerState::FailedToActivate { .. });
        self.shared.retry.notify_waiters();
        failed
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
