//! A connector with everything around it.

use async_trait::async_trait;
use connector_binding::EndpointPolicy;
use connector_core::{
    BpmnError, CreateInstance, ElementInstanceKey, Engine, EngineError, EngineErrorCode, Job, JobFailure,
    JobKey, JobLease, ProcessDefinitionKey, ProcessInstanceKey, PublishMessage, Published, RawJson, TenantId,
};
use connector_feel::{FeelEngine, FeelOptions};
use connector_secrets::{EnvironmentSecrets, SecretResolver};
use connector_testkit::sqs::{SqsServer, SqsServerOptions};
use serde_json::{Value, json};
use sqs_outbound::{Outbound, OutboundOptions};
use sqs_transport::{ClientPool, PoolOptions};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::Instant;

/// The value of the secret `CANARY`.
pub(crate) const CANARY: &str = "can+ary/ value\"7";

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Command {
    Complete(Value),
    Fail(JobFailure),
    Throw(BpmnError),
    UpdateTimeout(Duration),
}

/// Takes every command but those for the job with key 13, which it refuses, and the one with key 666, at which it panics, with
/// a secret in what it says.
#[derive(Default)]
pub(crate) struct Commands(Mutex<Vec<(i64, Command)>>);

impl Commands {
    pub(crate) fn taken(&self) -> Vec<Command> {
        self.0.lock().unwrap().iter().map(|(_, command)| command.clone()).collect()
    }

    fn take(&self, job: JobLease, command: Command) -> Result<(), EngineError> {
        match job.key.get() {
            13 => Err(EngineError::new(EngineErrorCode::NotFound, "no such job")),
            666 => panic!("the engine panics as told, over {command:?} and {CANARY}"),
            key => {
                self.0.lock().unwrap().push((key, command));
                Ok(())
            }
        }
    }
}

#[async_trait]
impl Engine for Commands {
    async fn complete(&self, job: JobLease, variables: RawJson) -> Result<(), EngineError> {
        self.take(job, Command::Complete(serde_json::from_str(variables.as_str()).unwrap()))
    }

    async fn fail(&self, job: JobLease, failure: JobFailure) -> Result<(), EngineError> {
        self.take(job, Command::Fail(failure))
    }

    async fn throw(&self, job: JobLease, error: BpmnError) -> Result<(), EngineError> {
        self.take(job, Command::Throw(error))
    }

    async fn update_timeout(&self, job: JobLease, timeout: Duration) -> Result<(), EngineError> {
        self.take(job, Command::UpdateTimeout(timeout))
    }

    async fn publish(&self, _: PublishMessage) -> Result<Published, EngineError> {
        panic!("a job publishes nothing")
    }

    async fn create(&self, _: CreateInstance) -> Result<ProcessInstanceKey, EngineError> {
        panic!("a job creates nothing")
    }

    async fn create_with_result(
        &self,
        _: CreateInstance,
        _: Duration,
    ) -> Result<ProcessInstanceKey, EngineError> {
        panic!("a job creates nothing")
    }
}

fn connector(commands: &Arc<Commands>, options: OutboundOptions, pool: PoolOptions) -> Outbound {
    let secrets = [("SECRET_CANARY".to_owned(), CANARY.to_owned())];
    let secrets = SecretResolver::new(vec![Arc::new(EnvironmentSecrets::new("SECRET_", secrets))]);
    let (engine, feel): (Arc<dyn Engine>, _) = (commands.clone(), FeelEngine::new(FeelOptions::default()));
    Outbound::new(engine, ClientPool::new(pool).sender(), Arc::new(secrets), feel, options)
}

pub(crate) struct Setup {
    pub(crate) server: SqsServer,
    pub(crate) commands: Arc<Commands>,
    pub(crate) outbound: Outbound,
}

impl Setup {
    pub(crate) async fn start() -> Self {
        Self::with(OutboundOptions::default()).await
    }

    /// With these options, and the server on the list of allowed endpoints.
    pub(crate) async fn with(options: OutboundOptions) -> Self {
        Self::with_pool(options, PoolOptions::default()).await
    }

    /// The same over a pool of this kind.
    pub(crate) async fn with_pool(options: OutboundOptions, pool: PoolOptions) -> Self {
        let server = SqsServer::start(SqsServerOptions {
            create_queues_on_demand: true,
            ..SqsServerOptions::default()
        })
        .await
        .unwrap();
        let commands = Arc::new(Commands::default());
        let endpoints = EndpointPolicy::new([server.address().to_string()]).unwrap();
        let outbound = connector(&commands, OutboundOptions { endpoints, ..options }, pool);
        Self { server, commands, outbound }
    }

    /// The same server with another connector, which has this list of allowed endpoints.
    pub(crate) fn allowing(self, endpoints: EndpointPolicy, pool: PoolOptions) -> Self {
        let options = OutboundOptions { endpoints, ..OutboundOptions::default() };
        Self { outbound: connector(&self.commands, options, pool), ..self }
    }

    /// Another connector, for another engine and other secrets, that may use the server.
    pub(crate) fn outbound_with(
        &self,
        engine: Arc<dyn Engine>,
        secrets: SecretResolver,
        options: OutboundOptions,
    ) -> Outbound {
        let endpoints = EndpointPolicy::new([self.server.address().to_string()]).unwrap();
        let sender = ClientPool::new(PoolOptions::default()).sender();
        let feel = FeelEngine::new(FeelOptions::default());
        Outbound::new(engine, sender, Arc::new(secrets), feel, OutboundOptions { endpoints, ..options })
    }

    /// A job that sends `hello` to the queue `q`.
    pub(crate) fn job(&self, key: i64) -> Job {
        self.job_with(key, json!({}), json!({"resultExpression": "={id: messageId}"}))
    }

    /// A job whose `queue` has these fields more.
    pub(crate) fn job_with(&self, key: i64, queue: Value, headers: Value) -> Job {
        let mut variables = json!({
            "authentication": {"accessKey": "AKID", "secretKey": "s"},
            "configuration": {"region": "eu-central-1", "endpoint": self.server.endpoint()},
            "queue": {"url": self.server.queue_url("q"), "messageBody": "hello"},
        });
        variables["queue"].as_object_mut().unwrap().extend(queue.as_object().unwrap().clone());
        Job {
            lease: JobLease { key: JobKey::new(key), deadline: Instant::now() + Duration::from_secs(60) },
            job_type: "io.camunda:aws-sqs:1".to_owned(),
            process_instance_key: ProcessInstanceKey::new(1),
            bpmn_process_id: "p".to_owned(),
            process_definition_version: 1,
            process_definition_key: ProcessDefinitionKey::new(2),
            element_id: "send".to_owned(),
            element_instance_key: ElementInstanceKey::new(3),
            custom_headers: headers.to_string(),
            retries: 3,
            variables: variables.to_string(),
            tenant_id: TenantId::default(),
        }
    }

    /// The one command that was taken.
    pub(crate) fn command(&self) -> Command {
        let taken = self.commands.taken();
        assert_eq!(taken.len(), 1, "{taken:?}");
        taken[0].clone()
    }

    /// The failure that was taken.
    pub(crate) fn failure(&self) -> JobFailure {
        match self.command() {
            Command::Fail(failure) => failure,
            other => panic!("{other:?}"),
        }
    }
}
