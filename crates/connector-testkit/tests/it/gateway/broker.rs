//! A broker under test: the test kit's own, or a real one whose address `ZEEBE_GRPC_ADDRESS` names.

use connector_testkit::gateway::{GatewayServer, GatewayServerOptions};
use std::time::Duration;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};
use zeebe_proto::gateway_client::GatewayClient;
use zeebe_proto::*;

/// A client with names of its own, so that tests don't meet on a broker that they share.
pub(super) struct Broker {
    pub(super) client: GatewayClient<Channel>,
    /// Without one the broker is real.
    pub(super) server: Option<GatewayServer>,
    suffix: String,
}

impl Broker {
    /// The broker under test. On the test kit the clock is paused and time is what the test makes it.
    pub(super) async fn start() -> Self {
        let suffix = uuid::Uuid::new_v4().simple().to_string();
        if let Ok(address) = std::env::var("ZEEBE_GRPC_ADDRESS") {
            let channel = Endpoint::from_shared(address).unwrap().connect().await.unwrap();
            return Self { client: GatewayClient::new(channel), server: None, suffix };
        }
        tokio::time::pause();
        Self::kit(GatewayServerOptions::default(), suffix).await
    }

    /// The test kit's server, whatever the environment says.
    pub(super) async fn start_kit(options: GatewayServerOptions) -> Self {
        Self::kit(options, uuid::Uuid::new_v4().simple().to_string()).await
    }

    async fn kit(options: GatewayServerOptions, suffix: String) -> Self {
        let server = GatewayServer::start(options).await.unwrap();
        Self { client: GatewayClient::new(server.channel()), server: Some(server), suffix }
    }

    /// The test kit's server.
    pub(super) fn server(&self) -> &GatewayServer {
        self.server.as_ref().unwrap()
    }

    /// A name that no other test has.
    pub(super) fn name(&self, name: &str) -> String {
        format!("{name}-{}", self.suffix)
    }

    pub(super) async fn deploy(&self, xml: &str) -> Result<DeployResourceResponse, Status> {
        self.deploy_named("process.bpmn", xml).await
    }

    pub(super) async fn deploy_named(&self, name: &str, xml: &str) -> Result<DeployResourceResponse, Status> {
        let resources = vec![Resource { name: name.to_owned(), content: xml.as_bytes().to_vec() }];
        let request = DeployResourceRequest { resources, ..Default::default() };
        Ok(self.client.clone().deploy_resource(request).await?.into_inner())
    }

    /// Starts the newest version; answers the instance's key.
    pub(super) async fn create(&self, process_id: &str, variables: &str) -> i64 {
        self.try_create(process_id, -1, variables).await.unwrap().process_instance_key
    }

    pub(super) async fn try_create(
        &self,
        process_id: &str,
        version: i32,
        variables: &str,
    ) -> Result<CreateProcessInstanceResponse, Status> {
        let request = CreateProcessInstanceRequest {
            bpmn_process_id: process_id.to_owned(),
            version,
            variables: variables.to_owned(),
            ..Default::default()
        };
        Ok(self.client.clone().create_process_instance(request).await?.into_inner())
    }

    /// Runs an instance to its end; answers its variables.
    pub(super) async fn run(&self, process_id: &str, variables: &str) -> Result<serde_json::Value, Status> {
        let inner = CreateProcessInstanceRequest {
            bpmn_process_id: process_id.to_owned(),
            version: -1,
            variables: variables.to_owned(),
            ..Default::default()
        };
        let request = CreateProcessInstanceWithResultRequest {
            request: Some(inner),
            request_timeout: 3000,
            ..Default::default()
        };
        let answer = self.client.clone().create_process_instance_with_result(request).await?.into_inner();
        Ok(serde_json::from_str(&answer.variables).unwrap())
    }

    pub(super) async fn activate(&self, request: ActivateJobsRequest) -> Result<Vec<ActivatedJob>, Status> {
        let mut stream = self.client.clone().activate_jobs(request).await?.into_inner();
        let mut jobs = Vec::new();
        while let Some(answer) = stream.message().await? {
            jobs.extend(answer.jobs);
        }
        Ok(jobs)
    }

    /// Polls for up to `max` jobs; gives up after two seconds.
    pub(super) async fn jobs(&self, job_type: &str, max: i32) -> Vec<ActivatedJob> {
        self.activate(ActivateJobsRequest { max_jobs_to_activate: max, ..poll(job_type) }).await.unwrap()
    }

    /// The one job that must come.
    pub(super) async fn job(&self, job_type: &str) -> ActivatedJob {
        let mut jobs = self.jobs(job_type, 1).await;
        assert_eq!(jobs.len(), 1, "no job of type {job_type} came");
        jobs.remove(0)
    }

    /// Whether no job comes.
    pub(super) async fn no_job(&self, job_type: &str) {
        let request = ActivateJobsRequest { request_timeout: 300, ..poll(job_type) };
        assert_eq!(self.activate(request).await.unwrap(), []);
    }

    /// Opens a job stream. A gateway answers with the first job only, so a task of its own waits for it.
    pub(super) fn stream(&self, job_type: &str) -> JobStream {
        let request = StreamActivatedJobsRequest {
            r#type: job_type.to_owned(),
            worker: "streamer".to_owned(),
            timeout: 60_000,
            ..Default::default()
        };
        let mut client = self.client.clone();
        let (sender, jobs) = tokio::sync::mpsc::channel(100);
        let task = tokio::spawn(async move {
            let mut stream = match client.stream_activated_jobs(request).await {
                Ok(stream) => stream.into_inner(),
                Err(status) => return sender.send(Err(status)).await.unwrap_or_default(),
            };
            while let Some(item) = stream.message().await.transpose() {
                if sender.send(item).await.is_err() {
                    return;
                }
            }
        });
        JobStream { jobs, task }
    }

    pub(super) async fn complete(&self, key: i64, variables: &str) -> Result<(), Status> {
        let request = CompleteJobRequest { job_key: key, variables: variables.to_owned() };
        self.client.clone().complete_job(request).await.map(|_| ())
    }

    pub(super) async fn fail(
        &self,
        key: i64,
        retries: i32,
        backoff: i64,
        variables: &str,
    ) -> Result<(), Status> {
        let request = FailJobRequest {
            job_key: key,
            retries,
            error_message: "it did not work".to_owned(),
            retry_back_off: backoff,
            variables: variables.to_owned(),
        };
        self.client.clone().fail_job(request).await.map(|_| ())
    }

    pub(super) async fn throw(&self, key: i64, code: &str, variables: &str) -> Result<(), Status> {
        let request = ThrowErrorRequest {
            job_key: key,
            error_code: code.to_owned(),
            error_message: "thrown".to_owned(),
            variables: variables.to_owned(),
        };
        self.client.clone().throw_error(request).await.map(|_| ())
    }

    pub(super) async fn update_timeout(&self, key: i64, timeout: i64) -> Result<(), Status> {
        let request = UpdateJobTimeoutRequest { job_key: key, timeout };
        self.client.clone().update_job_timeout(request).await.map(|_| ())
    }

    pub(super) async fn publish(&self, name: &str, key: &str, variables: &str) -> Result<i64, Status> {
        self.publish_kept(name, key, "", 0, variables).await
    }

    /// Publishes with a message id and a time to live in milliseconds.
    pub(super) async fn publish_kept(
        &self,
        name: &str,
        key: &str,
        id: &str,
        ttl: i64,
        variables: &str,
    ) -> Result<i64, Status> {
        let request = PublishMessageRequest {
            name: name.to_owned(),
            correlation_key: key.to_owned(),
            message_id: id.to_owned(),
            time_to_live: ttl,
            variables: variables.to_owned(),
            ..Default::default()
        };
        Ok(self.client.clone().publish_message(request).await?.into_inner().key)
    }
}

/// An open job stream; dropping it ends it.
pub(super) struct JobStream {
    jobs: tokio::sync::mpsc::Receiver<Result<ActivatedJob, Status>>,
    task: tokio::task::JoinHandle<()>,
}

impl JobStream {
    /// The next job, the status that ends the stream, or nothing when it ends silently.
    pub(super) async fn next(&mut self) -> Option<Result<ActivatedJob, Status>> {
        self.jobs.recv().await
    }

    /// The job that must come.
    pub(super) async fn job(&mut self) -> ActivatedJob {
        self.next().await.unwrap().unwrap()
    }
}

impl Drop for JobStream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A poll for one job.
pub(super) fn poll(job_type: &str) -> ActivateJobsRequest {
    ActivateJobsRequest {
        r#type: job_type.to_owned(),
        worker: "tests".to_owned(),
        timeout: 60_000,
        max_jobs_to_activate: 1,
        request_timeout: 2000,
        ..Default::default()
    }
}

/// Lets time pass: at once on the paused clock, really on a real broker.
pub(super) async fn pass(millis: u64) {
    tokio::time::sleep(Duration::from_millis(millis)).await;
}

/// The variables of a job.
pub(super) fn variables(job: &ActivatedJob) -> serde_json::Value {
    serde_json::from_str(&job.variables).unwrap()
}
