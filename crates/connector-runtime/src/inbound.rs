//! The consumers of the elements that the deployed processes declare.

use crate::{
    RuntimeError, Settings,
    lifecycle::{Action, ProcessId, Processes, Source, Versions, plan},
    outbound,
    processes::DeployedProcess,
};
use connector_binding::inbound::{ConnectionRules, InboundBinder};
use connector_core::Engine;
use connector_feel::FeelEngine;
use connector_secrets::SecretResolver;
use sqs_inbound::{
    Consumer, ConsumerHandle, ConsumerOptions, DeployedElement, Group, PoisonPolicy, Services, group,
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
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    processes: Processes,
    running: BTreeMap<ProcessId, BTreeMap<String, Running>>,
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
        let rules = ConnectionRules {
            endpoints: outbound::endpoints(settings)?,
            default_chain: outbound::default_chain(settings),
        };
        let binder = InboundBinder::new(secrets, feel.clone(), rules);
        let poison = PoisonPolicy::parse(&settings.inbound.poison).ok_or_else(|| RuntimeError::Setting {
            place: "[inbound] poison".to_owned(),
            complaint: "takes leave, delete or park:<queue url>".to_owned(),
        })?;
        let options = ConsumerOptions {
            default_time_to_live: settings.inbound.message_ttl,
            max_in_flight: settings.inbound.max_in_flight,
            poison,
            ..ConsumerOptions::new(Arc::new(time_of_day))
        };
        Ok(Self {
            services: Services { engine, feel, binder, clients },
            options,
            enabled: settings.inbound.enabled,
            element_type: settings.inbound.element_type.clone(),
            drain: settings.runtime.drain_timeout,
            consumers: TaskTracker::new(),
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
        let target = self.groups(process, elements);
        let running = state.running.entry(process.clone()).or_default();
        let groups: Vec<Group> = running.values().map(|running| running.handle.group()).collect();
        for action in plan(&groups, target) {
            self.act(running, action, shutdown);
        }
        state.running.retain(|_, running| !running.is_empty());
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

    /// What consumers of ours can be started for; what is invalid is logged with its reason.
    ///
    /// Elements of other types take part in the grouping, since one that shares an id with ours makes both invalid.
    fn groups(&self, process: &ProcessId, elements: Vec<DeployedElement>) -> Vec<Group> {
        let mut grouping = group(elements, &self.services.feel);
        let is_ours = |deployed: &DeployedElement| deployed.element.connector_type == self.element_type;
        for invalid in grouping.invalid.iter().filter(|invalid| invalid.elements.iter().any(is_ours)) {
            let elements: Vec<&str> =
                invalid.elements.iter().map(|element| element.element.element_id.as_str()).collect();
            error!(process = process.bpmn_process_id, ?elements, "left out: {}", invalid.reason);
        }
        grouping.groups.retain(|group| group.connector_type() == self.element_type);
        grouping.groups
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
        let consumer = Consumer::new(group, self.services.clone(), self.options.clone());
        let (handle, stop) = (consumer.handle(), shutdown.child_token());
        self.consumers.spawn(consumer.run(stop.clone(), self.drain));
        self.consumers.spawn(log_health(handle.clone(), stop.clone()));
        Running { handle, stop }
    }
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
