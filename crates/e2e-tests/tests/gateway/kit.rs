//! Processes with ids of their own, and a client of the broker.

use connector_core::{ActivatedJob, CreateInstance, JobSource, RawJson, TenantId};
use std::time::Duration;
use tokio::time::timeout;
use uuid::Uuid;
use zeebe_gateway::{DeployedProcess, GatewayClient, GatewayOptions, JobWorker, JobWorkerOptions, Resource};

/// Long enough for a busy machine, shorter than the time after which the engine gives a job to somebody else.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A process with one service task, deployed; its job type is its id.
pub(crate) struct Kit {
    pub(crate) client: GatewayClient,
    pub(crate) process: DeployedProcess,
}

impl Kit {
    pub(crate) async fn start(body: &str) -> Self {
        let client = GatewayClient::connect(GatewayOptions::new(handed_in("E2E_ZEEBE"))).await.unwrap();
        let id = format!("p-{}", Uuid::new_v4().simple());
        let process = deploy(&client, &id, body).await;
        Self { client, process }
    }

    pub(crate) fn id(&self) -> &str {
        &self.process.bpmn_process_id
    }

    pub(crate) fn instance(&self, variables: &str) -> CreateInstance {
        CreateInstance {
            bpmn_process_id: self.id().to_owned(),
            version: -1,
            variables: RawJson::parse(variables).unwrap(),
            tenant_id: TenantId::default(),
        }
    }

    pub(crate) fn options(&self) -> JobWorkerOptions {
        // One engine takes job streams and never pushes anything.
        let stream_enabled = std::env::var("E2E_STREAMS").as_deref() != Ok("off");
        JobWorkerOptions { stream_enabled, ..JobWorkerOptions::new(self.id()) }
    }

    pub(crate) fn worker(&self, options: JobWorkerOptions) -> JobWorker {
        self.client.worker(options).unwrap()
    }
}

/// What `cargo xtask e2e` says.
pub(crate) fn handed_in(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is missing: run `cargo xtask e2e`"))
}

/// Deploys a process; `@ID@` in its body becomes its id.
pub(crate) async fn deploy(client: &GatewayClient, id: &str, body: &str) -> DeployedProcess {
    let body = body.replace("@ID@", id);
    let (processes, messages) = body.split_once("<!--definitions-->").unwrap_or((&body, ""));
    let bpmn = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="definitions" targetNamespace="e2e">
  {messages}
  <bpmn:process id="{id}" isExecutable="true">{processes}</bpmn:process>
</bpmn:definitions>"#
    );
    let resource = Resource { name: format!("{id}.bpmn"), content: bpmn.into_bytes() };
    client.deploy([resource]).await.unwrap().processes.remove(0)
}

/// One task; a BPMN error `oops` ends the instance elsewhere.
pub(crate) const TASK: &str = r#"
    <bpmn:startEvent id="start"><bpmn:outgoing>a</bpmn:outgoing></bpmn:startEvent>
    <bpmn:sequenceFlow id="a" sourceRef="start" targetRef="task"/>
    <bpmn:serviceTask id="task">
      <bpmn:extensionElements><zeebe:taskDefinition type="@ID@" retries="3"/></bpmn:extensionElements>
      <bpmn:incoming>a</bpmn:incoming><bpmn:outgoing>b</bpmn:outgoing>
    </bpmn:serviceTask>
    <bpmn:sequenceFlow id="b" sourceRef="task" targetRef="end"/>
    <bpmn:endEvent id="end"><bpmn:incoming>b</bpmn:incoming></bpmn:endEvent>
    <bpmn:boundaryEvent id="caught" attachedToRef="task">
      <bpmn:outgoing>c</bpmn:outgoing>
      <bpmn:errorEventDefinition id="definition" errorRef="oops"/>
    </bpmn:boundaryEvent>
    <bpmn:sequenceFlow id="c" sourceRef="caught" targetRef="other"/>
    <bpmn:endEvent id="other"><bpmn:incoming>c</bpmn:incoming></bpmn:endEvent>
    <!--definitions--><bpmn:error id="oops" errorCode="oops"/>"#;

/// A hundred jobs an instance, numbered by `job`, within the instance's `batch`.
pub(crate) const HUNDRED: &str = r#"
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="a" sourceRef="start" targetRef="task"/>
    <bpmn:serviceTask id="task">
      <bpmn:extensionElements><zeebe:taskDefinition type="@ID@"/></bpmn:extensionElements>
      <bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>
        <zeebe:loopCharacteristics inputCollection="=for i in 1..100 return i" inputElement="job"/>
      </bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>
    </bpmn:serviceTask>
    <bpmn:sequenceFlow id="b" sourceRef="task" targetRef="end"/>
    <bpmn:endEvent id="end"/>"#;

pub(crate) async fn next(worker: &mut JobWorker) -> ActivatedJob {
    timeout(PATIENCE, worker.next()).await.expect("a job comes").expect("the worker runs")
}
