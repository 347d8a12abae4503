//! An engine that records commands and answers as the scenario says.

use crate::only_inbound::Commands;
use async_trait::async_trait;
use connector_core::{CreateInstance, EngineError, EngineErrorCode, PublishMessage};
use serde_json::{Value, json};
use sqs_inbound::Command;
use std::{collections::VecDeque, sync::Mutex};
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
}

#[async_trait]
impl Commands for RecordingEngine {
    async fn take(&self, command: Command) -> Result<i64, EngineError> {
        match command {
            Command::Create(instance) => self.record(created("create", &instance), false),
            Command::CreateAndAwait(instance) => self.record(created("createWithResult", &instance), false),
            Command::Publish(message) => self.record(published(&message), true),
        }
    }
}

fn created(op: &str, instance: &CreateInstance) -> Value {
    json!({
        "op": op, "bpmnProcessId": instance.bpmn_process_id, "version": instance.version, "processDefinitionKey": 0,
        "variables": instance.variables.as_str(), "tenantId": instance.tenant_id.as_str(),
    })
}

fn published(message: &PublishMessage) -> Value {
    json!({
        "op": "publish", "name": message.name, "correlationKey": message.correlation_key,
        "messageId": message.message_id, "timeToLive": message.time_to_live_millis,
        "variables": message.variables.as_str(), "tenantId": message.tenant_id.as_str(),
    })
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
