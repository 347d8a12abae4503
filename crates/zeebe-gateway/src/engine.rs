//! The commands of the connectors.

use crate::{
    GatewayClient,
    call::Raw,
    client::{Repeat, millis},
    commands::create_request,
};
use async_trait::async_trait;
use connector_core::{
    BpmnError, CreateInstance, Engine, EngineError, EngineErrorCode, JobFailure, JobLease, MessageKey,
    ProcessInstanceKey, PublishMessage, Published, RawJson,
};
use std::time::Duration;
use zeebe_proto as proto;

#[async_trait]
impl Engine for GatewayClient {
    async fn complete(&self, job: JobLease, variables: RawJson) -> Result<(), EngineError> {
        let request =
            proto::CompleteJobRequest { job_key: job.key.get(), variables: variables.into_string() };
        let call = |mut raw: Raw, request| async move { raw.complete_job(request).await };
        self.job_command(job, request, call).await.map(|_| ())
    }

    async fn fail(&self, job: JobLease, failure: JobFailure) -> Result<(), EngineError> {
        let request = proto::FailJobRequest {
            job_key: job.key.get(),
            retries: failure.retries,
            error_message: failure.error_message,
            retry_back_off: failure.retry_backoff_millis,
            variables: failure.variables.into_string(),
        };
        let call = |mut raw: Raw, request| async move { raw.fail_job(request).await };
        self.job_command(job, request, call).await.map(|_| ())
    }

    async fn throw(&self, job: JobLease, error: BpmnError) -> Result<(), EngineError> {
        let request = proto::ThrowErrorRequest {
            job_key: job.key.get(),
            error_code: error.error_code,
            error_message: error.error_message,
            variables: error.variables.into_string(),
        };
        let call = |mut raw: Raw, request| async move { raw.throw_error(request).await };
        self.job_command(job, request, call).await.map(|_| ())
    }

    async fn update_timeout(&self, job: JobLease, timeout: Duration) -> Result<(), EngineError> {
        let request = proto::UpdateJobTimeoutRequest { job_key: job.key.get(), timeout: millis(timeout) };
        let call = |mut raw: Raw, request| async move { raw.update_job_timeout(request).await };
        self.job_command(job, request, call).await.map(|_| ())
    }

    async fn publish(&self, message: PublishMessage) -> Result<Published, EngineError> {
        // Without an id, or without a life in which the engine remembers it, a second sending is a second message.
        let remembered = !message.message_id.is_empty() && message.time_to_live_millis > 0;
        let repeat = if remembered { Repeat::Idempotent } else { Repeat::Never };
        let request = proto::PublishMessageRequest {
            name: message.name,
            correlation_key: message.correlation_key,
            time_to_live: message.time_to_live_millis,
            message_id: message.message_id,
            variables: message.variables.into_string(),
            tenant_id: message.tenant_id.as_str().to_owned(),
        };
        let call = |mut raw: Raw, request| async move { raw.publish_message(request).await };
        match self.gated(request, repeat, call).await {
            Ok(answer) => Ok(Published::New(MessageKey::new(answer.key))),
            Err(refusal) if refusal.error.code == EngineErrorCode::AlreadyExists => {
                self.caller.metrics.duplicate_messages.increment();
                Ok(Published::Duplicate)
            }
            Err(refusal) => Err(refusal.error),
        }
    }

    async fn create(&self, instance: CreateInstance) -> Result<ProcessInstanceKey, EngineError> {
        let call = |mut raw: Raw, request| async move { raw.create_process_instance(request).await };
        let answer = self.gated(create_request(instance), Repeat::Never, call).await;
        answer
            .map(|answer| ProcessInstanceKey::new(answer.process_instance_key))
            .map_err(|refusal| refusal.error)
    }

    async fn create_with_result(
        &self,
        instance: CreateInstance,
        wait: Duration,
    ) -> Result<ProcessInstanceKey, EngineError> {
        let result = self.create_process_instance_with_result(instance, Vec::new(), wait).await?;
        Ok(result.process_instance_key)
    }
}
