//! What tests can see of the gateway: snapshots of instances, jobs, incidents and messages.

use super::engine::{Definition, Engine, Incident, Instance, Job, Message};
use serde_json::{Map, Value};
use tokio::time::Instant;

/// Figures since the server's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Deployments that were taken.
    pub deployments: u64,
    /// Process instances that were started, by a command or a message.
    pub instances_created: u64,
    /// Process instances that run now.
    pub instances_active: u64,
    /// Process instances that came to their end.
    pub instances_completed: u64,
    /// Process instances that were cancelled.
    pub instances_canceled: u64,
    /// Jobs that were created.
    pub jobs_created: u64,
    /// How often a job was handed to a worker, by polling or by a stream.
    pub jobs_activated: u64,
    /// How often a job was handed to a worker by a stream.
    pub jobs_pushed: u64,
    /// CompleteJob commands that were taken.
    pub jobs_completed: u64,
    /// FailJob commands that were taken.
    pub jobs_failed: u64,
    /// ThrowError commands that were taken.
    pub errors_thrown: u64,
    /// How often a worker kept a job past its deadline.
    pub jobs_timed_out: u64,
    /// Incidents that were raised.
    pub incidents: u64,
    /// Messages that were taken.
    pub messages_published: u64,
    /// Messages that were refused because of their id.
    pub messages_refused: u64,
    /// How often a message went to an instance or started one.
    pub messages_correlated: u64,
    /// Messages whose time to live ended.
    pub messages_expired: u64,
    /// Signals that were broadcast.
    pub signals_broadcast: u64,
}

/// How a process instance stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InstanceState {
    /// It runs.
    Active,
    /// It came to its end.
    Completed,
    /// It was cancelled.
    Canceled,
}

/// How a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobState {
    /// It waits for a worker.
    Activatable,
    /// A worker has it.
    Activated,
    /// It failed, and waits for its next attempt or for a person.
    Failed,
    /// Its worker threw a BPMN error.
    ErrorThrown,
    /// It is done.
    Completed,
    /// Its element ended otherwise.
    Canceled,
}

impl JobState {
    /// Whether the job may still be worked on.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Activatable | Self::Activated | Self::Failed)
    }
}

/// What an incident is about; Zeebe's error types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IncidentKind {
    /// `JOB_NO_RETRIES`: a job failed without retries left.
    JobNoRetries,
    /// `UNHANDLED_ERROR_EVENT`: nobody catches a BPMN error.
    UnhandledErrorEvent,
    /// `IO_MAPPING_ERROR`: an input or output mapping could not be evaluated.
    IoMappingError,
    /// `EXTRACT_VALUE_ERROR`: an expression gave a value of the wrong kind.
    ExtractValueError,
    /// `CONDITION_ERROR`: an exclusive gateway has no way on.
    ConditionError,
}

/// A deployed version of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeployedProcess {
    /// The id of the process in its BPMN.
    pub bpmn_process_id: String,
    /// The version, from 1.
    pub version: i32,
    /// The key of the version.
    pub process_definition_key: i64,
    /// The file that it came from.
    pub resource_name: String,
    /// The file's text.
    pub xml: String,
    /// The tenant that owns it.
    pub tenant_id: String,
}

impl DeployedProcess {
    fn new(definition: &Definition) -> Self {
        Self {
            bpmn_process_id: definition.process_id().to_string(),
            version: definition.version,
            process_definition_key: definition.key,
            resource_name: definition.resource_name.clone(),
            xml: String::from_utf8_lossy(&definition.resource).into_owned(),
            tenant_id: definition.tenant.to_string(),
        }
    }
}

/// A process instance.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ProcessInstance {
    /// The instance's key.
    pub key: i64,
    /// The id of the process in its BPMN.
    pub bpmn_process_id: String,
    /// The version of the process.
    pub version: i32,
    /// The key of that version.
    pub process_definition_key: i64,
    /// The tenant that owns it.
    pub tenant_id: String,
    /// How it stands.
    pub state: InstanceState,
    /// The variables of its root scope; after its end, those at its end.
    pub variables: Map<String, Value>,
    /// The ids of the elements that were entered, in order.
    pub visited: Vec<String>,
    /// The correlation key of the message that started it, when it had one.
    pub started_by: Option<String>,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct JobSnapshot {
    /// The job's key.
    pub key: i64,
    /// The job type.
    pub job_type: String,
    /// How it stands.
    pub state: JobState,
    /// The attempts left.
    pub retries: i32,
    /// The id of its element.
    pub element_id: String,
    /// The process instance.
    pub process_instance_key: i64,
    /// The worker that had it last.
    pub worker: String,
    /// Until when the worker has it.
    pub deadline: Option<Instant>,
    /// The message of the last FailJob or ThrowError.
    pub error_message: String,
    /// The code of the ThrowError.
    pub error_code: String,
    /// How often it was handed to a worker.
    pub activations: u32,
}

/// An incident.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IncidentSnapshot {
    /// The incident's key.
    pub key: i64,
    /// What it is about.
    pub kind: IncidentKind,
    /// What went wrong.
    pub message: String,
    /// The process instance.
    pub process_instance_key: i64,
    /// The element instance.
    pub element_instance_key: i64,
    /// The id of the element.
    pub element_id: String,
    /// The job, when there is one.
    pub job_key: Option<i64>,
    /// Whether the element has ended since.
    pub resolved: bool,
}

/// A published message.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PublishedMessage {
    /// The message's key.
    pub key: i64,
    /// Its name.
    pub name: String,
    /// Its correlation key.
    pub correlation_key: String,
    /// Its id; empty = none.
    pub message_id: String,
    /// How long it was to be kept, in milliseconds.
    pub time_to_live_millis: i64,
    /// Its variables.
    pub variables: Map<String, Value>,
    /// Its tenant.
    pub tenant_id: String,
    /// Whether it is still kept.
    pub buffered: bool,
    /// The instances that it went to or started, in order.
    pub correlated: Vec<i64>,
}

/// Somebody who waits for a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageSubscription {
    /// The message's name.
    pub message_name: String,
    /// The correlation key; `None` for a message start event.
    pub correlation_key: Option<String>,
    /// The id of the process.
    pub bpmn_process_id: String,
    /// The version of the process.
    pub version: i32,
    /// The key of that version.
    pub process_definition_key: i64,
    /// The id of the event or receive task.
    pub element_id: String,
    /// The waiting instance; `None` for a message start event.
    pub process_instance_key: Option<i64>,
    /// The tenant.
    pub tenant_id: String,
}

/// The state as it stands while nothing else happens.
pub struct GatewayView<'a>(pub(super) &'a Engine);

impl std::fmt::Debug for GatewayView<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("GatewayView").field(&self.0.counts).finish()
    }
}

impl GatewayView<'_> {
    /// The figures since the start: no scan.
    pub fn counts(&self) -> Counts {
        self.0.counts
    }

    /// How many job streams are open for a job type.
    pub fn open_streams(&self, job_type: &str) -> usize {
        self.0.streams.count(job_type)
    }

    /// All deployed versions, in the order of their deployment.
    pub fn deployments(&self) -> Vec<DeployedProcess> {
        self.0.definitions.all().map(|definition| DeployedProcess::new(definition)).collect()
    }

    /// All process instances, in the order of their creation.
    pub fn instances(&self) -> Vec<ProcessInstance> {
        self.0.instances.iter().map(|(key, instance)| self.snapshot_instance(*key, instance)).collect()
    }

    /// One process instance.
    pub fn instance(&self, key: i64) -> Option<ProcessInstance> {
        self.0.instances.get(&key).map(|instance| self.snapshot_instance(key, instance))
    }

    /// All jobs, in the order of their creation.
    pub fn jobs(&self) -> Vec<JobSnapshot> {
        self.0.jobs.all.iter().map(|(key, job)| snapshot_job(*key, job)).collect()
    }

    /// One job.
    pub fn job(&self, key: i64) -> Option<JobSnapshot> {
        self.0.jobs.all.get(&key).map(|job| snapshot_job(key, job))
    }

    /// All incidents, in the order in which they were raised.
    pub fn incidents(&self) -> Vec<IncidentSnapshot> {
        self.0.incidents.all.iter().map(|(key, incident)| snapshot_incident(*key, incident)).collect()
    }

    /// All messages, in the order in which they were published.
    pub fn messages(&self) -> Vec<PublishedMessage> {
        self.0.messages.all.iter().map(|(key, message)| snapshot_message(*key, message)).collect()
    }

    /// Who waits for messages now: the message start events of the newest versions, then the instances.
    pub fn message_subscriptions(&self) -> Vec<MessageSubscription> {
        let starts = self.0.messages.open_starts().map(|(name, definition, node)| MessageSubscription {
            message_name: name.to_owned(),
            correlation_key: None,
            bpmn_process_id: definition.process_id().to_string(),
            version: definition.version,
            process_definition_key: definition.key,
            element_id: definition.model.node(node).map(|node| node.id.to_string()).unwrap_or_default(),
            process_instance_key: None,
            tenant_id: definition.tenant.to_string(),
        });
        let mut starts: Vec<MessageSubscription> = starts.collect();
        starts.sort_by_key(|start| start.process_definition_key);
        let instances = self.0.messages.subscriptions.values().map(|subscription| MessageSubscription {
            message_name: subscription.name.clone(),
            correlation_key: Some(subscription.correlation_key.clone()),
            bpmn_process_id: subscription.definition.process_id().to_string(),
            version: subscription.definition.version,
            process_definition_key: subscription.definition.key,
            element_id: subscription.node.id.to_string(),
            process_instance_key: Some(subscription.instance),
            tenant_id: subscription.definition.tenant.to_string(),
        });
        starts.extend(instances);
        starts
    }

    fn snapshot_instance(&self, key: i64, instance: &Instance) -> ProcessInstance {
        ProcessInstance {
            key,
            bpmn_process_id: instance.definition.process_id().to_string(),
            version: instance.definition.version,
            process_definition_key: instance.definition.key,
            tenant_id: instance.definition.tenant.to_string(),
            state: instance.state,
            variables: self.0.root_variables(key),
            visited: instance.visited.iter().map(|id| id.to_string()).collect(),
            started_by: instance.started_by.clone(),
        }
    }
}

fn snapshot_job(key: i64, job: &Job) -> JobSnapshot {
    JobSnapshot {
        key,
        job_type: job.job_type.to_string(),
        state: job.state,
        retries: job.retries,
        element_id: job.element_id.to_string(),
        process_instance_key: job.instance,
        worker: job.worker.clone(),
        deadline: job.deadline,
        error_message: job.error_message.clone(),
        error_code: job.error_code.clone(),
        activations: job.activations,
    }
}

fn snapshot_incident(key: i64, incident: &Incident) -> IncidentSnapshot {
    IncidentSnapshot {
        key,
        kind: incident.kind,
        message: incident.message.clone(),
        process_instance_key: incident.instance,
        element_instance_key: incident.element,
        element_id: incident.element_id.to_string(),
        job_key: incident.job,
        resolved: incident.resolved,
    }
}

fn snapshot_message(key: i64, message: &Message) -> PublishedMessage {
    PublishedMessage {
        key,
        name: message.name.clone(),
        correlation_key: message.correlation_key.clone(),
        message_id: message.message_id.clone(),
        time_to_live_millis: message.time_to_live_millis,
        variables: message.variables.clone(),
        tenant_id: message.tenant.to_string(),
        buffered: message.buffered,
        correlated: message.correlated.clone(),
    }
}
