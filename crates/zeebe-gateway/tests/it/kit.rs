//! A gateway with a process of one task, and a client of it.

use connector_core::{CreateInstance, Engine, JobLease, JobSource, ProcessInstanceKey, RawJson, TenantId};
use connector_testkit::gateway::{GatewayServer, GatewayServerOptions};
use std::time::Duration;
use tokio::time::timeout;
use zeebe_gateway::{GatewayClient, GatewayOptions, JobWorker, JobWorkerOptions, Resource};

pub(crate) const JOB_TYPE: &str = "mail";
pub(crate) const PROCESS: &str = "order";

const BPMN: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="definitions" targetNamespace="tests">
  <bpmn:process id="order" isExecutable="true">
    <bpmn:startEvent id="start"><bpmn:outgoing>a</bpmn:outgoing></bpmn:startEvent>
    <bpmn:sequenceFlow id="a" sourceRef="start" targetRef="task"/>
    <bpmn:serviceTask id="task">
      <bpmn:extensionElements>
        <zeebe:taskDefinition type="mail" retries="3"/>
        <zeebe:taskHeaders><zeebe:header key="k" value="v"/></zeebe:taskHeaders>
      </bpmn:extensionElements>
      <bpmn:incoming>a</bpmn:incoming><bpmn:outgoing>b</bpmn:outgoing>
    </bpmn:serviceTask>
    <bpmn:sequenceFlow id="b" sourceRef="task" targetRef="end"/>
    <bpmn:endEvent id="end"><bpmn:incoming>b</bpmn:incoming></bpmn:endEvent>
  </bpmn:process>
</bpmn:definitions>"#;

pub(crate) struct Kit {
    pub(crate) server: GatewayServer,
    pub(crate) client: GatewayClient,
}

impl Kit {
    pub(crate) async fn start() -> Self {
        Self::with(options()).await
    }

    pub(crate) async fn with(options: GatewayOptions) -> Self {
        let server = GatewayServer::start(GatewayServerOptions::default()).await.unwrap();
        let client = GatewayClient::connect_over(server.channel(), options).await.unwrap();
        client.deploy([resource()]).await.unwrap();
        Self { server, client }
    }

    pub(crate) async fn create(&self) -> ProcessInstanceKey {
        self.client.create(instance()).await.unwrap()
    }

    pub(crate) async fn create_many(&self, count: usize) {
        for _ in 0..count {
            self.create().await;
        }
    }

    pub(crate) fn worker(&self, options: JobWorkerOptions) -> JobWorker {
        JobWorker::open(self.client.clone(), options).unwrap()
    }

    /// A job that a worker of its own has activated.
    pub(crate) async fn lease(&self) -> JobLease {
        self.create().await;
        let mut worker = self.worker(polling());
        let job = next(&mut worker).await;
        job.job.lease
    }
}

/// Options that make a run repeatable.
pub(crate) fn options() -> GatewayOptions {
    GatewayOptions { jitter_seed: Some(7), ..GatewayOptions::default() }
}

pub(crate) fn streaming() -> JobWorkerOptions {
    JobWorkerOptions::new(JOB_TYPE)
}

pub(crate) fn polling() -> JobWorkerOptions {
    JobWorkerOptions { stream_enabled: false, ..JobWorkerOptions::new(JOB_TYPE) }
}

pub(crate) fn instance() -> CreateInstance {
    CreateInstance {
        bpmn_process_id: PROCESS.to_owned(),
        version: -1,
        variables: RawJson::parse(r#"{"amount":1.5}"#).unwrap(),
        tenant_id: TenantId::default(),
    }
}

pub(crate) fn resource() -> Resource {
    Resource { name: "order.bpmn".to_owned(), content: BPMN.as_bytes().to_vec() }
}

/// The next job, within an hour of the paused clock.
pub(crate) async fn next(worker: &mut JobWorker) -> connector_core::ActivatedJob {
    let job = timeout(Duration::from_secs(3600), worker.next()).await;
    job.expect("a job comes").expect("the worker runs")
}
