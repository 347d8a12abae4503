//! The process engine, as the connectors see it.

use crate::{EngineError, JobLease, MessageKey, ProcessInstanceKey, RawJson, TenantId};
use async_trait::async_trait;
use std::time::Duration;

/// The commands that the connectors send to the process engine.
///
/// Implementations retry what is safe to retry, within the job's deadline, and send nothing after it.
#[async_trait]
pub trait Engine: Send + Sync {
    /// Completes a job with variables (a JSON object).
    ///
    /// # Errors
    /// The engine's refusal; `NOT_FOUND` when the job is no longer ours.
    async fn complete(&self, job: JobLease, variables: RawJson) -> Result<(), EngineError>;

    /// Fails a job; without retries left the engine raises an incident.
    ///
    /// # Errors
    /// The engine's refusal; `NOT_FOUND` when the job is no longer ours.
    async fn fail(&self, job: JobLease, failure: JobFailure) -> Result<(), EngineError>;

    /// Throws a BPMN error at the job's element.
    ///
    /// # Errors
    /// The engine's refusal; `NOT_FOUND` when the job is no longer ours.
    async fn throw(&self, job: JobLease, error: BpmnError) -> Result<(), EngineError>;

    /// Sets how long from now the job stays ours.
    ///
    /// # Errors
    /// The engine's refusal; `NOT_FOUND` when the job is no longer ours.
    async fn update_timeout(&self, job: JobLease, timeout: Duration) -> Result<(), EngineError>;

    /// Publishes a message.
    ///
    /// # Errors
    /// The engine's refusal; a message id that is already known is [`Published::Duplicate`], not an error.
    async fn publish(&self, message: PublishMessage) -> Result<Published, EngineError>;

    /// Creates a process instance. Never repeated after it may have reached the engine.
    ///
    /// # Errors
    /// The engine's refusal.
    async fn create(&self, instance: CreateInstance) -> Result<ProcessInstanceKey, EngineError>;

    /// Creates a process instance and waits until it has ended.
    ///
    /// # Errors
    /// The engine's refusal; `DEADLINE_EXCEEDED` when it has not ended within `wait`.
    async fn create_with_result(
        &self,
        instance: CreateInstance,
        wait: Duration,
    ) -> Result<ProcessInstanceKey, EngineError>;
}

/// What a FailJob command carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobFailure {
    /// The retries that are left; never negative.
    pub retries: i32,
    /// What went wrong, without secrets.
    pub error_message: String,
    /// How long the engine waits before it hands the job out again, in milliseconds; a negative one is passed on.
    pub retry_backoff_millis: i64,
    /// Variables for the element's scope (a JSON object).
    pub variables: RawJson,
}

/// What a ThrowError command carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BpmnError {
    /// The code that a boundary or event sub-process catches.
    pub error_code: String,
    /// What went wrong; empty when there is nothing to say.
    pub error_message: String,
    /// Variables for the catching scope (a JSON object).
    pub variables: RawJson,
}

/// What a PublishMessage command carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishMessage {
    /// The message's name.
    pub name: String,
    /// The correlation key; empty for a message start event without correlation.
    pub correlation_key: String,
    /// Unique within the time to live; empty = none.
    pub message_id: String,
    /// How long the engine buffers the message, in milliseconds; a negative one is passed on.
    pub time_to_live_millis: i64,
    /// Variables (a JSON object).
    pub variables: RawJson,
    /// The tenant to publish to.
    pub tenant_id: TenantId,
}

/// What became of a published message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// The engine took it under this key.
    New(MessageKey),
    /// The engine has a message of that name, key and id already: nothing new was published.
    Duplicate,
}

/// What a CreateProcessInstance command carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateInstance {
    /// The id of the process in its BPMN.
    pub bpmn_process_id: String,
    /// The version; -1 = the latest.
    pub version: i32,
    /// Variables (a JSON object).
    pub variables: RawJson,
    /// The tenant to create it in.
    pub tenant_id: TenantId,
}
