//! Plays the scenarios: the real connector, a real SQS server in the process, an engine that writes commands down.

use crate::corpus::{Corpus, SQS, Scenario};
use async_trait::async_trait;
use connector_binding::{EndpointPolicy, Json};
use connector_core::{
    ActivatedJob, BpmnError, CreateInstance, ElementInstanceKey, Engine, EngineError, EngineErrorCode, Job,
    JobFailure, JobKey, JobLease, JobSource, Permit, ProcessDefinitionKey, ProcessInstanceKey,
    PublishMessage, Published, RawJson, TenantId,
};
use connector_feel::{FeelEngine, FeelOptions};
use connector_secrets::{EnvironmentSecrets, SecretResolver, Spelling, placeholders};
use connector_testkit::sqs::{Fault, IdScheme, RecordedRequest, SqsServer, SqsServerOptions, Validation};
use serde_json::{Value, json};
use sqs_outbound::{InputMappings, Outbound, OutboundOptions};
use sqs_transport::{ClientPool, PoolOptions};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{sync::Semaphore, time::Instant};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The namespace of the recorder's ids.
const IDS: Uuid = Uuid::from_u128(0x6b0c3f0a_8f57_4f0e_9d68_5b1b1f1d2a10);
const FIRST_KEY: i64 = 4_503_599_627_370_497;
const JOBS_IN_FLIGHT: usize = 16;

/// What one scenario led to, in the form of the recordings.
pub(crate) struct Played {
    pub(crate) commands: Vec<Value>,
    pub(crate) requests: Vec<Value>,
}

pub(crate) async fn all(corpus: &Corpus) -> HashMap<String, Played> {
    let server = SqsServer::start(SqsServerOptions {
        create_queues_on_demand: true,
        validation: Validation::Off,
        ids: IdScheme::Derived(IDS),
        recorded_requests: 100_000,
        ..SqsServerOptions::default()
    })
    .await
    .unwrap();
    let sqs = server.endpoint();
    // Recordings name the address of the recorder; nothing may listen on the second one.
    for scenario in &corpus.scenarios {
        if let Some(fault) = scenario.fault() {
            server.add_fault(serde_json::from_value::<Fault>(fault).unwrap());
        }
    }
    let engine = Arc::new(Recording::new(corpus));
    let jobs: Vec<Job> =
        corpus.scenarios.iter().enumerate().map(|(index, scenario)| job(index, scenario, &sqs)).collect();
    let variables = corpus.secrets.iter().map(|(name, value)| (format!("SECRET_{name}"), value.clone()));
    let secrets = SecretResolver::new(vec![Arc::new(EnvironmentSecrets::new("SECRET_", variables))]);
    let pool =
        ClientPool::new(PoolOptions { endpoint_override: Some(sqs.clone()), ..PoolOptions::default() });
    let port = server.address().port();
    let allowed = [format!("127.0.0.1:{port}"), format!("localhost:{port}"), "127.0.0.1:29599".to_owned()];
    let options = OutboundOptions {
        endpoints: EndpointPolicy::new(allowed).unwrap(),
        input_mappings: Some(Arc::new(Mentioned::of(&jobs))),
        ..OutboundOptions::default()
    };
    let shared: Arc<dyn Engine> = engine.clone();
    let outbound = Outbound::new(
        shared,
        pool.sender(),
        Arc::new(secrets),
        FeelEngine::new(FeelOptions::default()),
        options,
    );
    let source = Queue { jobs: jobs.into(), permits: Arc::new(Semaphore::new(JOBS_IN_FLIGHT)) };
    outbound.run(source, CancellationToken::new()).await;
    let requests = requests_by_queue(&server.recorded(), &sqs);
    let played = corpus.scenarios.iter().enumerate().map(|(index, scenario)| {
        let commands = engine.commands(index, &sqs);
        let requests = requests.get(scenario.queue()).cloned().unwrap_or_default();
        (scenario.id.clone(), Played { commands, requests })
    });
    played.collect()
}

fn job(index: usize, scenario: &Scenario, sqs: &str) -> Job {
    let job = &scenario.json["job"];
    let key = FIRST_KEY + i64::try_from(index).unwrap();
    let text = |name: &str, default: &str| job[name].as_str().unwrap_or(default).to_owned();
    // The scenario whose endpoint does not speak TLS and those that name the host differ only in the port.
    let at = |text: String| {
        text.replace("127.0.0.1:29510", sqs.trim_start_matches("http://"))
            .replace("localhost:29510", &sqs.replace("http://127.0.0.1", "localhost"))
    };
    Job {
        lease: JobLease { key: JobKey::new(key), deadline: Instant::now() + Duration::from_secs(300) },
        job_type: "io.camunda:aws-sqs:1".to_owned(),
        process_instance_key: ProcessInstanceKey::new(key + 1_000_000),
        bpmn_process_id: text("bpmnProcessId", "recorded-process"),
        process_definition_version: 1,
        process_definition_key: ProcessDefinitionKey::new(key),
        element_id: text("elementId", "send"),
        element_instance_key: ElementInstanceKey::new(key + 2_000_000),
        custom_headers: scenario.headers(sqs),
        retries: job["retries"].as_i64().map_or(3, |retries| i32::try_from(retries).unwrap()),
        variables: at(scenario.variables(sqs)),
        tenant_id: TenantId::new(text("tenantId", "")),
    }
}

struct Queue {
    jobs: VecDeque<Job>,
    permits: Arc<Semaphore>,
}

#[async_trait]
impl JobSource for Queue {
    async fn next(&mut self) -> Option<ActivatedJob> {
        let permit = Permit::from_semaphore(Arc::clone(&self.permits).acquire_owned().await.ok()?);
        Some(ActivatedJob { job: self.jobs.pop_front()?, permit })
    }
}

/// The names in a job's own variables, as if the model's input mappings had them.
struct Mentioned(HashMap<i64, BTreeSet<String>>);

impl Mentioned {
    fn of(jobs: &[Job]) -> Self {
        Self(jobs.iter().map(|job| (job.process_definition_key.get(), mentioned(&job.variables))).collect())
    }
}

fn mentioned(variables: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut waiting: Vec<Json<'_>> = connector_binding::read_variables(variables).ok().into_iter().collect();
    while let Some(value) = waiting.pop() {
        match value {
            Json::String(text) => {
                names.extend(
                    placeholders(&text, Spelling::BracesOrBare).iter().map(|found| found.name.to_string()),
                );
            }
            Json::Array(items) => waiting.extend(items),
            Json::Object(fields) => waiting.extend(fields.into_iter().map(|(_, field)| field)),
            _ => {}
        }
    }
    names
}

#[async_trait]
impl InputMappings for Mentioned {
    async fn mentioned_secrets(&self, process: ProcessDefinitionKey, _: &str) -> Option<BTreeSet<String>> {
        self.0.get(&process.get()).cloned()
    }
}

/// An engine that writes down what it is told, and refuses what the scenario says.
struct Recording {
    refusals: Mutex<HashMap<(i64, String), VecDeque<String>>>,
    commands: Mutex<HashMap<i64, Vec<Value>>>,
}

impl Recording {
    fn new(corpus: &Corpus) -> Self {
        let mut refusals = HashMap::new();
        for (index, scenario) in corpus.scenarios.iter().enumerate() {
            for (rpc, codes) in scenario.json["gateway"].as_object().into_iter().flatten() {
                let codes =
                    codes.as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect();
                refusals.insert((FIRST_KEY + i64::try_from(index).unwrap(), rpc.clone()), codes);
            }
        }
        Self { refusals: Mutex::new(refusals), commands: Mutex::default() }
    }

    fn record(&self, job: JobLease, rpc: &str, mut command: Value) -> Result<(), EngineError> {
        command["rpc"] = Value::from(rpc);
        self.commands.lock().unwrap().entry(job.key.get()).or_default().push(command);
        let mut refusals = self.refusals.lock().unwrap();
        match refusals.get_mut(&(job.key.get(), rpc.to_owned())).and_then(VecDeque::pop_front) {
            None => Ok(()),
            Some(code) => Err(EngineError::new(engine_code(&code), "injected by the scenario")),
        }
    }

    fn commands(&self, index: usize, sqs: &str) -> Vec<Value> {
        let commands = self.commands.lock().unwrap();
        let commands =
            commands.get(&(FIRST_KEY + i64::try_from(index).unwrap())).cloned().unwrap_or_default();
        commands
            .iter()
            .map(|command| serde_json::from_str(&command.to_string().replace(sqs, SQS)).unwrap())
            .collect()
    }
}

fn engine_code(name: &str) -> EngineErrorCode {
    match name {
        "UNAVAILABLE" => EngineErrorCode::Unavailable,
        "DEADLINE_EXCEEDED" => EngineErrorCode::DeadlineExceeded,
        "RESOURCE_EXHAUSTED" => EngineErrorCode::ResourceExhausted,
        "ABORTED" => EngineErrorCode::Aborted,
        "CANCELLED" => EngineErrorCode::Cancelled,
        "NOT_FOUND" => EngineErrorCode::NotFound,
        "INVALID_ARGUMENT" => EngineErrorCode::InvalidArgument,
        other => panic!("the scenarios do not know {other}"),
    }
}

fn value(variables: &RawJson) -> Value {
    serde_json::from_str(variables.as_str()).unwrap()
}

#[async_trait]
impl Engine for Recording {
    async fn complete(&self, job: JobLease, variables: RawJson) -> Result<(), EngineError> {
        self.record(job, "CompleteJob", json!({"variables": value(&variables)}))
    }

    async fn fail(&self, job: JobLease, failure: JobFailure) -> Result<(), EngineError> {
        let command = json!({
            "retries": failure.retries,
            "retryBackOff": failure.retry_backoff_millis,
            "errorMessage": failure.error_message,
            "variables": value(&failure.variables),
        });
        self.record(job, "FailJob", command)
    }

    async fn throw(&self, job: JobLease, error: BpmnError) -> Result<(), EngineError> {
        let command = json!({
            "errorCode": error.error_code,
            "errorMessage": error.error_message,
            "variables": value(&error.variables),
        });
        self.record(job, "ThrowError", command)
    }

    async fn update_timeout(&self, job: JobLease, timeout: Duration) -> Result<(), EngineError> {
        let timeout = u64::try_from(timeout.as_millis()).unwrap();
        self.record(job, "UpdateJobTimeout", json!({"timeout": timeout}))
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

/// What was asked of SQS, entries of batches one by one.
fn requests_by_queue(recorded: &[RecordedRequest], sqs: &str) -> BTreeMap<String, Vec<Value>> {
    let mut requests: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for request in recorded {
        let body = request.json().unwrap();
        let entries = body["Entries"].as_array().cloned().unwrap_or_else(|| vec![body.clone()]);
        let url = body["QueueUrl"].as_str().unwrap_or_default().replace(sqs, SQS);
        for entry in entries {
            requests.entry(request.queue.clone()).or_default().push(json!({
                "queueUrl": url,
                "body": entry["MessageBody"],
                "attributes": entry.get("MessageAttributes").cloned().unwrap_or(json!({})),
                "groupId": entry["MessageGroupId"],
                "deduplicationId": entry["MessageDeduplicationId"],
                "region": request.region,
                "accessKeyId": request.access_key,
            }));
        }
    }
    requests
}
