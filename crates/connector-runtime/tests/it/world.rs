//! The test kit's servers, a cluster's REST API, and a runtime between them.

use crate::cluster::Cluster;
use connector_runtime::{Environment, Report, Runtime, Settings};
use connector_testkit::{
    gateway::{GatewayServer, GatewayServerOptions, ProcessInstance},
    sqs::{Operation, SqsServer, SqsServerOptions},
};
use sqs_transport::{ClientPool, Connection, Credentials, PoolOptions};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use zeebe_gateway::{GatewayClient, GatewayOptions, Resource};

pub(crate) struct World {
    pub(crate) gateway: GatewayServer,
    pub(crate) sqs: SqsServer,
    pub(crate) cluster: Cluster,
    client: GatewayClient,
}

pub(crate) struct Running {
    pub(crate) endpoints: Option<std::net::SocketAddr>,
    shutdown: CancellationToken,
    task: JoinHandle<Report>,
}

impl World {
    pub(crate) async fn start() -> Self {
        let gateway = GatewayServer::start(GatewayServerOptions::default()).await.unwrap();
        let sqs = SqsServer::start(SqsServerOptions::default()).await.unwrap();
        let client = GatewayClient::connect(GatewayOptions::new(gateway.address())).await.unwrap();
        Self { gateway, sqs, cluster: Cluster::start().await, client }
    }

    pub(crate) fn settings(&self) -> Settings {
        let mut settings = Settings::default();
        settings.gateway.address = self.gateway.address();
        settings.gateway.rest_address = Some(self.cluster.address.clone());
        settings.aws.endpoint_url_sqs = Some(self.sqs.endpoint());
        settings.inbound.polling_interval = Duration::from_millis(100);
        settings.runtime.processes_interval = Duration::from_millis(100);
        settings.http.port = Some(0);
        settings.runtime.drain_timeout = Duration::from_secs(5);
        settings
    }

    pub(crate) async fn run(&self, settings: Settings) -> Running {
        let secrets = [("SECRET_GREETING".to_owned(), "hello".to_owned())];
        let runtime = Runtime::start(settings, &Environment::new(secrets)).await.unwrap();
        let (endpoints, shutdown) = (runtime.endpoints(), CancellationToken::new());
        let task = tokio::spawn(runtime.run(shutdown.clone()));
        Running { endpoints, shutdown, task }
    }

    /// Deploys as somebody else; gives the key of the version.
    pub(crate) async fn deploy(&self, xml: &str) -> i64 {
        let resource = Resource { name: "a.bpmn".to_owned(), content: xml.as_bytes().to_vec() };
        let deployment = self.client.deploy([resource]).await.unwrap();
        deployment.processes[0].process_definition_key.get()
    }

    pub(crate) async fn send(&self, queue: &str, body: &str) {
        let options = PoolOptions { endpoint_override: Some(self.sqs.endpoint()), ..PoolOptions::default() };
        let credentials = Credentials::Static {
            access_key: "test".to_owned(),
            secret_key: "test".into(),
            session_token: None,
        };
        let connection = Connection { credentials, region: "us-east-1".to_owned(), endpoint: None };
        let client = ClientPool::new(options).client(&connection).await.unwrap();
        client.send_message().queue_url(self.sqs.queue_url(queue)).message_body(body).send().await.unwrap();
    }

    /// Waits until so many instances of a process were created, and gives them.
    pub(crate) async fn instances(&self, process: &str, count: usize) -> Vec<ProcessInstance> {
        let found = || {
            let all = self.gateway.view(|view| view.instances());
            all.into_iter().filter(|instance| instance.bpmn_process_id == process).collect::<Vec<_>>()
        };
        self.gateway
            .wait_until(|view| {
                view.instances().iter().filter(|instance| instance.bpmn_process_id == process).count()
                    >= count
            })
            .await;
        found()
    }

    /// How often a consumer was activated for a queue: each asks for the queue's attributes once.
    pub(crate) fn activations(&self, queue: &str) -> usize {
        let asked = self.sqs.recorded().into_iter();
        asked.filter(|r| r.operation == Some(Operation::GetQueueAttributes) && r.queue == queue).count()
    }
}

impl Running {
    pub(crate) async fn stop(self) -> Report {
        self.shutdown.cancel();
        self.task.await.unwrap()
    }
}

/// A process that a message of `queue` starts.
pub(crate) fn started_by(process: &str, queue_url: &str, result: &str) -> String {
    let start = format!(
        r#"<bpmn:extensionElements><zeebe:properties>
             <zeebe:property name="inbound.type" value="io.camunda:aws-sqs-inbound:1"/>
             <zeebe:property name="authentication.accessKey" value="test"/>
             <zeebe:property name="authentication.secretKey" value="test"/>
             <zeebe:property name="configuration.region" value="us-east-1"/>
             <zeebe:property name="queue.url" value="{queue_url}"/>
             <zeebe:property name="queue.pollingWaitTime" value="20"/>
             <zeebe:property name="deduplicationMode" value="AUTO"/>
             <zeebe:property name="resultExpression" value="{result}"/>
           </zeebe:properties></bpmn:extensionElements>"#
    );
    definitions(process, &start, "")
}

/// A process with one task that sends `body` to a queue.
pub(crate) fn sends(process: &str, queue_url: &str, body: &str) -> String {
    let task = format!(
        r#"<bpmn:serviceTask id="send"><bpmn:extensionElements>
             <zeebe:taskDefinition type="io.camunda:aws-sqs:1" retries="1"/>
             <zeebe:ioMapping>
               <zeebe:input source="test" target="authentication.accessKey"/>
               <zeebe:input source="test" target="authentication.secretKey"/>
               <zeebe:input source="us-east-1" target="configuration.region"/>
               <zeebe:input source="standard" target="queue.type"/>
               <zeebe:input source="{queue_url}" target="queue.url"/>
               <zeebe:input source="{body}" target="queue.messageBody"/>
             </zeebe:ioMapping></bpmn:extensionElements>
             <bpmn:incoming>a</bpmn:incoming><bpmn:outgoing>b</bpmn:outgoing></bpmn:serviceTask>"#
    );
    definitions(process, "", &task)
}

fn definitions(process: &str, start: &str, task: &str) -> String {
    let flows = if task.is_empty() {
        r#"<bpmn:sequenceFlow id="a" sourceRef="start" targetRef="end"/>"#.to_owned()
    } else {
        r#"<bpmn:sequenceFlow id="a" sourceRef="start" targetRef="send"/>
           <bpmn:sequenceFlow id="b" sourceRef="send" targetRef="end"/>"#
            .to_owned()
    };
    let last = if task.is_empty() { "a" } else { "b" };
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
           <bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
               xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="definitions" targetNamespace="tests">
             <bpmn:process id="{process}" isExecutable="true">
               <bpmn:startEvent id="start">{start}<bpmn:outgoing>a</bpmn:outgoing></bpmn:startEvent>
               {flows}{task}
               <bpmn:endEvent id="end"><bpmn:incoming>{last}</bpmn:incoming></bpmn:endEvent>
             </bpmn:process>
           </bpmn:definitions>"#
    )
}
