//! Elements, an engine that answers as a test says, and a consumer on the test kit's SQS.

use crate::only_inbound::{Commands, OnlyInbound};
use async_trait::async_trait;
use connector_binding::{
    EndpointPolicy,
    inbound::{ConnectionRules, InboundBinder},
};
use connector_bpmn::inspect;
use connector_core::{EngineError, EngineErrorCode, ProcessDefinitionKey, TenantId};
use connector_feel::{FeelEngine, FeelOptions};
use connector_secrets::{EnvironmentSecrets, SecretResolver};
use connector_testkit::sqs::{SqsServer, SqsServerOptions};
use sqs_inbound::{
    Command, Consumer, ConsumerHandle, ConsumerOptions, DeployedElement, Group, ProcessVersion, Services,
    group,
};
use sqs_transport::{ClientPool, PoolOptions};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};
use tokio::{sync::Notify, task::JoinHandle};
use tokio_util::sync::CancellationToken;

pub fn feel() -> FeelEngine {
    FeelEngine::new(FeelOptions::default())
}

/// What stands around the properties of an element.
#[derive(Clone, Copy)]
pub enum Point {
    Start,
    MessageStart(&'static str),
    Catch(&'static str),
}

/// One element of version `version` of the process `p`, with properties that every element has and these.
pub fn element(id: &str, point: Point, version: i32, properties: &[(&str, &str)]) -> DeployedElement {
    let all = [("inbound.type", "io.camunda:aws-sqs-inbound:1")].iter().chain(properties);
    let xml: String = all
        .map(|(name, value)| {
            let value = value.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
            format!(r#"<zeebe:property name="{name}" value="{value}"/>"#)
        })
        .collect();
    let (tag, message) = match point {
        Point::Start => ("startEvent", None),
        Point::MessageStart(name) => ("startEvent", Some(name)),
        Point::Catch(name) => ("intermediateCatchEvent", Some(name)),
    };
    let definition = message.map(|_| r#"<bpmn:messageEventDefinition messageRef="m"/>"#).unwrap_or_default();
    let name =
        message.filter(|name| !name.is_empty()).map(|name| format!(r#"name="{name}""#)).unwrap_or_default();
    let mut model = inspect(&format!(
        r#"<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
            xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"><bpmn:process id="p"><bpmn:{tag} id="{id}">
            <bpmn:extensionElements><zeebe:properties>{xml}</zeebe:properties></bpmn:extensionElements>{definition}
            </bpmn:{tag}></bpmn:process><bpmn:message id="m" {name}/></bpmn:definitions>"#
    ))
    .unwrap();
    let process = ProcessVersion {
        bpmn_process_id: "p".to_owned(),
        name: None,
        version,
        process_definition_key: ProcessDefinitionKey::new(i64::from(version)),
        tenant_id: TenantId::default(),
    };
    DeployedElement { process: Arc::new(process), element: model.remove(0).inbound.remove(0).unwrap() }
}

pub fn one_group(elements: Vec<DeployedElement>) -> Group {
    let mut grouping = group(elements, &feel());
    assert_eq!((grouping.groups.len(), grouping.invalid.len()), (1, 0), "{grouping:?}");
    grouping.groups.remove(0)
}

/// Takes commands; answers with the errors that were put in, in order, and then always accepts.
#[derive(Default)]
pub struct TestEngine {
    pub answers: Mutex<VecDeque<EngineErrorCode>>,
    pub commands: Mutex<Vec<Command>>,
    /// While set, commands wait for `released`.
    pub held: Mutex<bool>,
    /// The command that makes it panic, counted from 1.
    pub breaks_at: Option<usize>,
    pub released: Notify,
    pub called: Notify,
}

impl TestEngine {
    pub fn answering(codes: &[EngineErrorCode]) -> Self {
        Self { answers: Mutex::new(codes.iter().copied().collect()), ..Self::default() }
    }

    pub fn breaking_at(number: usize) -> Self {
        Self { breaks_at: Some(number), ..Self::default() }
    }

    pub fn commands(&self) -> Vec<Command> {
        self.commands.lock().unwrap().clone()
    }

    pub async fn called(&self, times: usize) {
        while self.commands().len() < times {
            self.called.notified().await;
        }
    }
}

#[async_trait]
impl Commands for TestEngine {
    async fn take(&self, command: Command) -> Result<i64, EngineError> {
        let answer = self.answers.lock().unwrap().pop_front();
        let number = {
            let mut commands = self.commands.lock().unwrap();
            commands.push(command);
            commands.len()
        };
        self.called.notify_one();
        assert_ne!(self.breaks_at, Some(number), "the engine breaks");
        if *self.held.lock().unwrap() {
            self.released.notified().await;
        }
        match answer {
            None => Ok(i64::try_from(number).unwrap()),
            Some(code) => Err(EngineError::new(code, "as the test says")),
        }
    }
}

/// A server with the queue `q`, and what consumers need.
pub struct Setup {
    pub server: SqsServer,
    pub engine: Arc<TestEngine>,
    pub options: ConsumerOptions,
    services: Services,
}

/// A consumer that runs.
pub struct Running {
    pub handle: ConsumerHandle,
    pub shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    pub async fn stopped(self) {
        self.shutdown.cancel();
        self.task.await.unwrap();
    }
}

impl Setup {
    pub async fn start(engine: TestEngine) -> Self {
        let server = SqsServer::start(SqsServerOptions::default()).await.unwrap();
        server.create_queue("q", &[]).unwrap();
        let pool = PoolOptions { http_client: Some(server.sdk_http_client()), ..PoolOptions::default() };
        let variables = [("SECRET_KEY", "canary-secret"), ("SECRET_QUEUE", "canary-queue")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let secrets =
            Arc::new(SecretResolver::new(vec![Arc::new(EnvironmentSecrets::new("SECRET_", variables))]));
        let rules = ConnectionRules {
            endpoints: EndpointPolicy::new([server.address().to_string()]).unwrap(),
            ..ConnectionRules::default()
        };
        let engine = Arc::new(engine);
        let services = Services {
            engine: Arc::new(OnlyInbound(Arc::clone(&engine))),
            feel: feel(),
            binder: InboundBinder::new(secrets, feel(), rules),
            clients: ClientPool::new(pool),
        };
        let options = ConsumerOptions::new(Arc::new(|| SystemTime::UNIX_EPOCH));
        Self { server, engine, options, services }
    }

    /// The connection properties for a queue of the server, and these.
    pub fn properties<'a>(&'a self, url: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(String, String)> {
        let endpoint = self.server.endpoint();
        let connection = [
            ("authentication.type", "credentials"),
            ("authentication.accessKey", "AKID"),
            ("authentication.secretKey", "{{secrets.KEY}}"),
            ("configuration.region", "eu-central-1"),
            ("configuration.endpoint", endpoint.as_str()),
            ("queue.url", url),
            ("queue.pollingWaitTime", "20"),
            ("deduplicationMode", "AUTO"),
        ];
        connection.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// One element that receives from `q`.
    pub fn element(&self, id: &str, point: Point, version: i32, more: &[(&str, &str)]) -> DeployedElement {
        let url = self.server.queue_url("q");
        let properties = self.properties(&url, more);
        let properties: Vec<_> =
            properties.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        element(id, point, version, &properties)
    }

    /// One element that receives from the queue with this URL.
    pub fn element_of(&self, url: &str, id: &str, point: Point, more: &[(&str, &str)]) -> DeployedElement {
        let properties = self.properties(url, more);
        let properties: Vec<_> =
            properties.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        element(id, point, 1, &properties)
    }

    pub fn services(&self) -> &Services {
        &self.services
    }

    pub fn run(&self, group: Group) -> Running {
        let consumer = Consumer::new(group, self.services.clone(), self.options.clone());
        let (handle, shutdown) = (consumer.handle(), CancellationToken::new());
        let task = tokio::spawn(consumer.run(shutdown.clone(), Duration::from_secs(10)));
        Running { handle, shutdown, task }
    }

    pub async fn send(&self, body: &str) {
        let connection = sqs_transport::Connection {
            credentials: sqs_transport::Credentials::Static {
                access_key: "AKID".to_owned(),
                secret_key: "secret".into(),
                session_token: None,
            },
            region: "eu-central-1".to_owned(),
            endpoint: Some(self.server.endpoint()),
        };
        let message = sqs_transport::OutgoingMessage::new(self.server.queue_url("q"), body);
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        self.services.clients.sender().send(&connection, message, deadline).await.unwrap();
    }

    /// Waits until `q` holds nothing.
    pub async fn emptied(&self) {
        self.server.wait_until(|server| server.depth("q").unwrap().total() == 0).await;
    }
}
