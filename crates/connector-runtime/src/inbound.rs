//! The consumers of the elements that the deployed processes declare.

use crate::{
    RuntimeError, Settings,
    lifecycle::{Action, ProcessId, Processes, Source, Versions, plan, version_of},
    listing::{Idle, Listed, ListedElement},
    outbound,
    processes::DeployedProcess,
    totals::{Counts, Kind, Totals},
};
use connector_binding::inbound::{ConnectionRules, InboundBinder};
use connector_bpmn::{ElementType, InvalidElement};
use connector_core::Engine;
use connector_feel::FeelEngine;
use connector_secrets::SecretResolver;
use sqs_inbound::{
    Consumer, ConsumerHandle, ConsumerOptions, ConsumerState, DeployedElement, Group, InvalidGroup,
    PoisonPolicy, Services, group,
};
use sqs_transport::ClientPool;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{error, info, warn};

/// The consumers, and what they are made of.
pub(crate) struct Inbound {
    services: Services,
    options: ConsumerOptions,
    enabled: bool,
    element_type: String,
    drain: std::time::Duration,
    consumers: TaskTracker,
    totals: Arc<Totals>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    processes: Processes,
    running: BTreeMap<ProcessId, BTreeMap<String, Running>>,
    /// What nobody consumes for.
    idle: BTreeMap<ProcessId, Vec<Idle>>,
}

/// A consumer that was started.
struct Running {
    handle: ConsumerHandle,
    stop: CancellationToken,
}

impl Inbound {
    pub(crate) fn new(
        settings: &Settings,
        engine: Arc<dyn Engine>,
        clients: ClientPool,
        secrets: Arc<SecretResolver>,
        feel: FeelEngine,
    ) -> Result<Self, RuntimeError> {
        Ok(Self {
            services: services(settings, engine, clients, secrets, feel)?,
            options: options(settings)?,
            enabled: settings.inbound.enabled,
            element_type: settings.inbound.element_type.clone(),
            drain: settings.runtime.drain_timeout,
            consumers: TaskTracker::new(),
            totals: Arc::default(),
            state: Mutex::default(),
        })
    }

    /// Takes what a source says about a process, and starts, changes and stops consumers accordingly.
    pub(crate) fn tell(
        &self,
        source: Source,
        process: &ProcessId,
        versions: Versions,
        shutdown: &CancellationToken,
    ) {
        if !self.enabled || shutdown.is_cancelled() {
            return;
        }
        let mut state = self.state();
        let before = state.processes.active(process);
        if !state.processes.tell(source, process, versions) {
            return;
        }
        let active = state.processes.active(process);
        let is_new = |version: &&Arc<DeployedProcess>| {
            !before.iter().any(|known| known.process_definition_key == version.process_definition_key)
        };
        for version in active.iter().filter(is_new) {
            self.show_findings(version);
        }
        let elements = state.processes.elements(process);
        let (target, mut idle) = self.groups(process, elements);
        idle.extend(self.invalid_elements(&active));
        state.idle.insert(process.clone(), idle);
        let running = state.running.entry(process.clone()).or_default();
        let groups: Vec<Group> = running.values().map(|running| running.handle.group()).collect();
        for action in plan(&groups, target) {
            self.act(running, action, shutdown);
        }
        state.running.retain(|_, running| !running.is_empty());
        state.idle.retain(|_, idle| !idle.is_empty());
    }

    /// All consumers, and what nobody consumes for.
    pub(crate) fn list(&self) -> Vec<Listed> {
        let state = self.state();
        let running = state.running.values().flat_map(BTreeMap::values);
        let running = running.map(|running| Listed::consumer(&running.handle));
        running.chain(state.idle.values().flatten().map(Listed::idle)).collect()
    }

    /// Makes a consumer that could not be activated try again at once; `Some(false)` when that is not its trouble, `None`
    /// when there is none with this id.
    pub(crate) fn retry(&self, id: &str) -> Option<bool> {
        let state = self.state();
        let running = state.running.values().find_map(|running| running.get(id));
        let idle = || state.idle.values().flatten().any(|idle| idle.id == id).then_some(false);
        running.map(|running| running.handle.retry_now()).or_else(idle)
    }

    /// What all consumers have counted, those that have ended included.
    pub(crate) fn counts(&self) -> BTreeMap<Kind, Counts> {
        self.totals.counts()
    }

    /// What a source said about a process.
    pub(crate) fn told(&self, source: Source, process: &ProcessId) -> Versions {
        self.state().processes.told(source, process)
    }

    /// The processes that a source knows.
    pub(crate) fn known(&self, source: Source) -> Vec<ProcessId> {
        self.state().processes.known(source)
    }

    /// Waits until every consumer has drained; they all drain at once.
    pub(crate) async fn stopped(&self) {
        self.consumers.close();
        self.consumers.wait().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What consumers of ours can be started for, and what nobody consumes for; what is invalid is logged.
    ///
    /// Elements of other types take part in the grouping, since one that shares an id with ours makes both invalid.
    fn groups(&self, process: &ProcessId, elements: Vec<DeployedElement>) -> (Vec<Group>, Vec<Idle>) {
        let grouping = group(elements, &self.services.feel);
        let is_ours = |deployed: &DeployedElement| deployed.element.connector_type == self.element_type;
        for invalid in grouping.invalid.iter().filter(|invalid| invalid.elements.iter().any(is_ours)) {
            let elements: Vec<&str> =
                invalid.elements.iter().map(|element| element.element.element_id.as_str()).collect();
            error!(process = process.bpmn_process_id, ?elements, "left out: {}", invalid.reason);
        }
        let (ours, others): (Vec<Group>, Vec<Group>) =
            grouping.groups.into_iter().partition(|group| group.connector_type() == self.element_type);
        let mut idle: Vec<Idle> =
            grouping.invalid.iter().map(|invalid| self.invalid_group(invalid)).collect();
        idle.extend(others.iter().map(|group| self.not_registered(group)));
        (ours, idle)
    }

    fn invalid_group(&self, invalid: &InvalidGroup) -> Idle {
        let connector_type = invalid.elements.first().map(|element| element.element.connector_type.clone());
        Idle {
            id: invalid.id.clone(),
            connector_type: connector_type.unwrap_or_default(),
            elements: invalid.elements.iter().map(ListedElement::new).collect(),
            state: ConsumerState::Invalid { reason: invalid.reason.clone() },
            since: (self.options.clock)(),
        }
    }

    fn not_registered(&self, group: &Group) -> Idle {
        let connector_type = group.connector_type().to_owned();
        Idle {
            id: group.id().to_owned(),
            connector_type: connector_type.clone(),
            elements: group.members().map(|member| ListedElement::new(&member.deployed)).collect(),
            state: ConsumerState::NotRegistered { connector_type },
            since: (self.options.clock)(),
        }
    }

    /// Elements that a model got wrong; start events count in the latest version alone.
    fn invalid_elements(&self, active: &Versions) -> Vec<Idle> {
        let mut all = Vec::new();
        for (place, deployed) in active.iter().enumerate() {
            let version = Arc::new(version_of(deployed));
            let counts =
                |element: &&InvalidElement| place == 0 || element.element_type != ElementType::StartEvent;
            for element in
                deployed.model.inbound.iter().filter_map(|found| found.as_ref().err()).filter(counts)
            {
                all.push(Idle {
                    id: format!("{}-{}", version.process_definition_key, element.element_id),
                    connector_type: element.connector_type.clone(),
                    elements: vec![ListedElement::invalid(&version, element)],
                    state: ConsumerState::Invalid { reason: element.to_string() },
                    since: (self.options.clock)(),
                });
            }
        }
        all
    }

    /// What is wrong with a version, or not ours.
    fn show_findings(&self, deployed: &DeployedProcess) {
        let process = &deployed.model.bpmn_process_id;
        for finding in &deployed.model.findings {
            warn!(process, "{finding}");
        }
        for element in &deployed.model.inbound {
            match element {
                Err(invalid) => error!(process, element = invalid.element_id, "left out: {invalid}"),
                Ok(element) if element.connector_type != self.element_type => {
                    info!(
                        process,
                        element = element.element_id,
                        "not ours: its type is {}",
                        element.connector_type
                    );
                }
                Ok(_) => {}
            }
        }
    }

    fn act(&self, running: &mut BTreeMap<String, Running>, action: Action, shutdown: &CancellationToken) {
        match action {
            Action::Stop(id) => stop(running.remove(&id)),
            Action::Swap(group) => {
                let swapped =
                    running.get(group.id()).map(|running| running.handle.replace_elements(group.clone()));
                if !matches!(swapped, Some(Ok(()))) {
                    self.act(running, Action::Restart(group), shutdown);
                }
            }
            Action::Restart(group) => {
                stop(running.remove(group.id()));
                running.insert(group.id().to_owned(), self.start(group, shutdown));
            }
            Action::Start(group) => {
                running.insert(group.id().to_owned(), self.start(group, shutdown));
            }
        }
    }

    fn start(&self, group: Group, shutdown: &CancellationToken) -> Running {
        let kind = Kind::of(&group);
        let consumer = Consumer::new(group, self.services.clone(), self.options.clone());
        let (handle, stop) = (consumer.handle(), shutdown.child_token());
        let (totals, place) = (Arc::clone(&self.totals), self.totals.begin(kind, handle.clone()));
        let running = consumer.run(stop.clone(), self.drain);
        self.consumers.spawn(async move {
            running.await;
            totals.end(place);
        });
        self.consumers.spawn(log_health(handle.clone(), stop.clone()));
        Running { handle, stop }
    }
}

/// What consumers work with.
pub(crate) fn services(
    settings: &Settings,
    engine: Arc<dyn Engine>,
    clients: ClientPool,
    secrets: Arc<SecretResolver>,
    feel: FeelEngine,
) -> Result<Services, RuntimeError> {
    let rules = ConnectionRules {
        endpoints: outbound::endpoints(settings)?,
        default_chain: outbound::default_chain(settings),
    };
    Ok(Services { engine, binder: InboundBinder::new(secrets, feel.clone(), rules), feel, clients })
}

/// How consumers work.
pub(crate) fn options(settings: &Settings) -> Result<ConsumerOptions, RuntimeError> {
    let poison = PoisonPolicy::parse(&settings.inbound.poison).ok_or_else(|| RuntimeError::Setting {
        place: "[inbound] poison".to_owned(),
        complaint: "takes leave, delete or park:<queue url>".to_owned(),
    })?;
    Ok(ConsumerOptions {
        default_time_to_live: settings.inbound.message_ttl,
        max_in_flight: settings.inbound.max_in_flight,
        activity_log_size: settings.inbound.log_size,
        poison,
        ..ConsumerOptions::new(Arc::new(time_of_day))
    })
}

/// It drains by itself, and the others need not wait for it.
fn stop(running: Option<Running>) {
    if let Some(running) = running {
        let group = running.handle.group();
        let elements: Vec<&str> = group.members().map(|member| member.element_id()).collect();
        info!(process = group.first().deployed.process.bpmn_process_id, ?elements, "consumer stops");
        running.stop.cancel();
    }
}

/// One line for each change of a consumer's health, until `shutdown`.
async fn log_health(handle: ConsumerHandle, shutdown: CancellationToken) {
    let mut health = handle.health();
    let group = handle.group();
    let process = &group.first().deployed.process.bpmn_process_id;
    let elements: Vec<&str> = group.members().map(|member| member.element_id()).collect();
    loop {
        match &*health.borrow_and_update() {
            connector_core::Health::Up => info!(process, ?elements, "consumer UP"),
            connector_core::Health::Down { code, message } => {
                error!(process, ?elements, code, "consumer DOWN: {message}")
            }
            _ => {}
        }
        // Both only wait, so either can be dropped.
        tokio::select! {
            () = shutdown.cancelled() => return,
            changed = health.changed() => if changed.is_err() { return },
        }
    }
}

/// The only place of the runtime that asks for the time of day: consumers stamp their activities with it.
#[allow(clippy::disallowed_methods)]
fn time_of_day() -> SystemTime {
    SystemTime::now()
}
