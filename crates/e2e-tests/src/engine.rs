//! A plain client of the real gateway, without any of our own client's comforts.

use anyhow::{Context, Result};
use serde_json::Value;
use std::time::Duration;
use tonic::transport::{Channel, Endpoint};
use zeebe_proto::{
    ActivateJobsRequest, ActivatedJob, CreateProcessInstanceRequest, DeployResourceRequest, Resource,
    deployment::Metadata, gateway_client::GatewayClient,
};

/// The engine.
#[derive(Clone)]
pub struct Engine {
    channel: Channel,
    client: GatewayClient<Channel>,
}

impl Engine {
    pub(crate) async fn connect(address: &str) -> Result<Self> {
        let channel = Endpoint::from_shared(address.to_owned())?
            .connect()
            .await
            .context("the gateway cannot be reached")?;
        Ok(Self { client: GatewayClient::new(channel.clone()), channel })
    }

    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// Creates an instance of the latest version and gives its key; waits until the process is deployed.
    ///
    /// # Errors
    /// When the engine refuses for another reason than the missing process.
    pub async fn create(&self, process: &str, variables: &Value) -> Result<i64> {
        let request = CreateProcessInstanceRequest {
            process_definition_key: 0,
            bpmn_process_id: process.to_owned(),
            version: -1,
            variables: variables.to_string(),
            tenant_id: String::new(),
        };
        for _ in 0..200 {
            match self.client.clone().create_process_instance(request.clone()).await {
                Ok(answer) => return Ok(answer.into_inner().process_instance_key),
                Err(status) if status.code() == tonic::Code::NotFound => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                Err(status) if status.code() == tonic::Code::ResourceExhausted => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Err(status) => return Err(status.into()),
            }
        }
        anyhow::bail!("{process} was not deployed")
    }

    /// Deploys a file with one process, and gives the version's key and number.
    ///
    /// # Errors
    /// When the engine refuses the file.
    pub async fn deploy(&self, file: &str, bpmn: &str) -> Result<(i64, i32)> {
        let resource = Resource { name: file.to_owned(), content: bpmn.as_bytes().to_vec() };
        let request = DeployResourceRequest { resources: vec![resource], tenant_id: String::new() };
        let answer = self.client.clone().deploy_resource(request).await?.into_inner();
        let mut processes =
            answer.deployments.into_iter().filter_map(|deployment| match deployment.metadata {
                Some(Metadata::Process(process)) => Some((process.process_definition_key, process.version)),
                _ => None,
            });
        processes.next().context("the file has no process")
    }

    /// Activates up to `count` jobs of a type and waits for the first up to `patience`; asks again while the engine is
    /// overloaded.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn activate(
        &self,
        job_type: &str,
        count: i32,
        patience: Duration,
    ) -> Result<Vec<ActivatedJob>> {
        let request = ActivateJobsRequest {
            r#type: job_type.to_owned(),
            worker: "e2e".to_owned(),
            timeout: 60_000,
            max_jobs_to_activate: count,
            request_timeout: i64::try_from(patience.as_millis())?,
            ..ActivateJobsRequest::default()
        };
        for _ in 0..100 {
            match self.activate_once(request.clone()).await {
                Err(status) if status.code() == tonic::Code::ResourceExhausted => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                answer => return Ok(answer?),
            }
        }
        anyhow::bail!("the engine is overloaded")
    }

    async fn activate_once(&self, request: ActivateJobsRequest) -> Result<Vec<ActivatedJob>, tonic::Status> {
        let mut answers = self.client.clone().activate_jobs(request).await?.into_inner();
        let mut jobs = Vec::new();
        while let Some(answer) = answers.message().await? {
            jobs.extend(answer.jobs);
        }
        Ok(jobs)
    }
}
