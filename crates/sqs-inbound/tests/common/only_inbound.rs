//! An engine that knows what consumers ask for and nothing else; what becomes of a command is up to the test.

use async_trait::async_trait;
use connector_core::{
    BpmnError, CreateInstance, Engine, EngineError, EngineErrorCode, JobFailure, JobLease, MessageKey,
    ProcessInstanceKey, PublishMessage, Published, RawJson,
};
use sqs_inbound::Command;
use std::{sync::Arc, time::Duration};

/// Takes commands and answers with a key.
#[async_trait]
pub(crate) trait Commands: Send + Sync {
    async fn take(&self, command: Command) -> Result<i64, EngineError>;
}

/// [`Commands`] as an engine.
pub(crate) struct OnlyInbound<T>(pub(crate) Arc<T>);

#[async_trait]
impl<T: Commands> Engine for OnlyInbound<T> {
    async fn complete(&self, _: JobLease, _: RawJson) -> Result<(), EngineError> {
        panic!("inbound sends no job commands")
    }

    async fn fail(&self, _: JobLease, _: JobFailure) -> Result<(), EngineError> {
        panic!("inbound sends no job commands")
    }

    async fn throw(&self, _: JobLease, _: BpmnError) -> Result<(), EngineError> {
        panic!("inbound sends no job commands")
    }

    async fn update_timeout(&self, _: JobLease, _: Duration) -> Result<(), EngineError> {
        panic!("inbound sends no job commands")
    }

    async fn publish(&self, message: PublishMessage) -> Result<Published, EngineError> {
        match self.0.take(Command::Publish(message)).await {
            Ok(key) => Ok(Published::New(MessageKey::new(key))),
            Err(error) if error.code == EngineErrorCode::AlreadyExists => Ok(Published::Duplicate),
            Err(error) => Err(error),
        }
    }

    async fn create(&self, instance: CreateInstance) -> Result<ProcessInstanceKey, EngineError> {
        self.0.take(Command::Create(instance)).await.map(ProcessInstanceKey::new)
    }

    async fn create_with_result(
        &self,
        instance: CreateInstance,
        _: Duration,
    ) -> Result<ProcessInstanceKey, EngineError> {
        self.0.take(Command::CreateAndAwait(instance)).await.map(ProcessInstanceKey::new)
    }
}
