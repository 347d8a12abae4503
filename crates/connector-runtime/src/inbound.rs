//! The consumers of the elements that the deployed processes declare.

use crate::{RuntimeError, Settings, outbound, processes::DeployedProcess};
use connector_binding::inbound::{ConnectionRules, InboundBinder};
use connector_core::Engine;
use connector_feel::FeelEngine;
use connector_secrets::SecretResolver;
use sqs_inbound::{
    Consumer, ConsumerHandle, ConsumerOptions, DeployedElement, Group, PoisonPolicy, ProcessVersion,
    Services, group,
};
use sqs_transport::ClientPool;
use std::{sync::Arc, time::SystemTime};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{error, info, warn};

/// What consumers are made of.
pub(crate) struct Inbound {
    services: Services,
    options: ConsumerOptions,
    element_type: String,
    drain: std::time::Duration,
    consumers: TaskTracker,
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
            allow_default_credentials: settings.aws.allow_default_credentials,
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
            element_type: settings.inbound.element_type.clone(),
            drain: settings.runtime.drain_timeout,
            consumers: TaskTracker::new(),
        })
    }

    /// Starts a consumer for each queue that the process consumes; what is invalid is logged with its reason.
    pub(crate) fn activate(&self, process: &DeployedProcess, shutdown: &CancellationToken) {
        let elements = self.elements(process);
        if elements.is_empty() {
            return;
        }
        let grouping = group(elements, &self.services.feel);
        for invalid in grouping.invalid {
            let elements: Vec<&str> =
                invalid.elements.iter().map(|element| element.element.element_id.as_str()).collect();
            error!(process = process.model.bpmn_process_id, ?elements, "left out: {}", invalid.reason);
        }
        for group in grouping.groups {
            self.start(group, shutdown);
        }
    }

    /// Waits until every consumer has drained; they all drain at once. Gives how many messages were left in work.
    pub(crate) async fn stopped(&self) {
        self.consumers.close();
        self.consumers.wait().await;
    }

    fn elements(&self, process: &DeployedProcess) -> Vec<DeployedElement> {
        let version = Arc::new(ProcessVersion {
            bpmn_process_id: process.model.bpmn_process_id.clone(),
            name: process.model.name.clone(),
            version: process.version,
            process_definition_key: process.process_definition_key,
            tenant_id: process.tenant_id.clone(),
        });
        let mut elements = Vec::new();
        for finding in &process.model.findings {
            warn!(process = version.bpmn_process_id, "{finding}");
        }
        for element in &process.model.inbound {
            match element {
                Err(invalid) => error!(
                    process = version.bpmn_process_id,
                    element = invalid.element_id,
                    "left out: {invalid}"
                ),
                Ok(element) if element.connector_type != self.element_type => {
                    info!(
                        process = version.bpmn_process_id,
                        element = element.element_id,
                        "not ours: its type is {}",
                        element.connector_type
                    );
                }
                Ok(element) => {
                    elements
                        .push(DeployedElement { process: Arc::clone(&version), element: element.clone() });
                }
            }
        }
        elements
    }

    fn start(&self, group: Group, shutdown: &CancellationToken) {
        let consumer = Consumer::new(group, self.services.clone(), self.options.clone());
        let handle = consumer.handle();
        self.consumers.spawn(consumer.run(shutdown.clone(), self.drain));
        self.consumers.spawn(log_health(handle, shutdown.clone()));
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
