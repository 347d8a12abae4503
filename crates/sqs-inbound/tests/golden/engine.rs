//! An engine that records commands and answers as the scenario says.

use async_trait::async_trait;
use connector_core::{
    BpmnError, CreateInstance, Engine, EngineError, EngineErrorCode, JobFailure, JobLease, MessageKey,
    ProcessInstanceKey, PublishMessage, Published, RawJson,
};
use serde_json::{Value, json};
use std::{collections::VecDeque, sync::Mutex, time::Duration};
use tokio::sync::watch;

pub(crate) struct RecordingEngine {
    script: Mutex<(VecDeque<String>, VecDeque<String>)>,
    commands: Mutex<Vec<Value>>,
    events: watch::Sender<u64>,
}

impl RecordingEngine {
    pub(crate) fn new(script: &Value, events: watch::Sender<u64>) -> Self {
        let answers = |kind: &str| {
            let list = script[kind].as_array().cloned().unwrap_or_default();
            list.iter().map(|answer| answer.as_str().unwrap().to_owned()).collect()
        };
        Self {
            script: Mutex::new((answers("create"), answers("publish"))),
            commands: Mutex::default(),
            events,
        }
    }

    pub(crate) fn commands(&self) -> Vec<Value> {
        self.commands.lock().unwrap().clone()
    }

    fn record(&self, mut command: Value, publish: bool) -> Result<i64, EngineError> {
        let answer = {
            let mut script = self.script.lock().unwrap();
            let answers = if publish { &mut script.1 } else { &mut script.0 };
            answers.pop_front().unwrap_or_else(|| "OK".to_owned())
        };
        if answer != "OK" {
            command["answer"] = json!(answer);
        }
        let mut commands = self.commands.lock().unwrap();
        commands.push(command);
        self.events.send_modify(|count| *count += 1);
        match answer.as_str() {
            "OK" => Ok(i64::try_from(commands.len()).unwrap()),
            other => Err(EngineError::new(code(other), "scripted")),
        }
    }

    fn create(&self, op: &str, instance: CreateInstance) -> Result<ProcessInstanceKey, EngineError> {
        let command = json!({
            "op": op, "bpmnProcessId": instance.bpmn_process_id, "version": instance.version, "processDefinitionKey": 0,
            "variables": instance.variables.as_str(), "tenantId": instance.tenant_id.as_str(),
        });
        self.record(command, false).map(ProcessInstanceKey::new)
    }
}

#[async_trait]
impl Engine for RecordingEngine {
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
        let command = json!({
            "op": "publish", "name": message.name, "correlationKey": message.correlation_key,
            "messageId": message.message_id, "timeToLive": message.time_to_live_millis,
            "variables": message.variables.as_str(), "tenantId": message.tenant_id.as_str(),
        });
        match self.record(command, true) {
            Ok(key) => Ok(Published::New(MessageKey::new(key))),
            Err(error) if error.code == EngineErrorCode::AlreadyExists => Ok(Published::Duplicate),
            Err(error) => Err(error),
        }
    }

    async fn create(&self, instance: CreateInstance) -> Result<ProcessInstanceKey, EngineError> {
        Self::create(self, "create", instance)
    }

    async fn create_with_result(
        &self,
        instance: CreateInstance,
        _: Duration,
    ) -> Result<ProcessInstanceKey, EngineError> {
        Self::create(self, "createWithResult", instance)
    }
}

fn code(name: &str) -> EngineErrorCode {
    use EngineErrorCode::*;
    [
        Cancelled,
        Unknown,
        InvalidArgument,
        DeadlineExceeded,
        NotFound,
        AlreadyExists,
        PermissionDenied,
        ResourceExhausted,
        FailedPrecondition,
        Aborted,
        OutOfRange,
        Unimplemented,
        Internal,
        Unavailable,
        DataLoss,
        Unauthenticated,
    ]
    .into_iter()
    .find(|code| code.as_str() == name)
    .unwrap()
}
