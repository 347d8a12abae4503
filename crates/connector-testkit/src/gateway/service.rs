//! The gateway's calls.

use super::connection::Connection;
use super::engine::{
    Activation, Definition, FailJob, NewInstance, NewMessage, Rejection, check_partition, read_document,
};
use super::faults::{Fault, Loss};
use super::rpc::Rpc;
use super::shared::Shared;
use super::worker_streams::{JobStream, PollStream, poll, push};
use serde_json::Value;
use std::future::{Future, pending};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tonic::{Code, Request, Response, Status};
use zeebe_proto::gateway_server::Gateway;
use zeebe_proto::*;

/// The tenant of clusters without multi-tenancy.
const DEFAULT_TENANT: &str = "<default>";
/// How long the gateway waits where a request does not say.
const DEFAULT_WAIT: Duration = Duration::from_secs(10);

type Answer<R> = Result<Response<R>, Status>;

/// The calls of one connection.
#[derive(Clone)]
pub(super) struct Service {
    shared: Arc<Shared>,
}

impl Service {
    /// The calls upon this state.
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Executes a call as the fault plan says.
    async fn call<Q, R, F>(
        &self,
        rpc: Rpc,
        request: Request<Q>,
        execute: impl FnOnce(Q) -> F + Send,
    ) -> Answer<R>
    where
        Q: Send,
        F: Future<Output = Result<R, Rejection>> + Send,
    {
        self.shared.count(rpc, request.metadata());
        let connection = request.extensions().get::<Connection>().cloned().unwrap_or_default();
        let request = request.into_inner();
        match self.shared.faults.take(rpc) {
            None => {}
            Some(Fault::Status(code, message)) => return Err(Status::new(code, message)),
            Some(Fault::Delay(delay)) => tokio::time::sleep(delay).await,
            Some(Fault::Hang) => return pending().await,
            Some(Fault::Disconnect) => {
                connection.close.cancel();
                return pending().await;
            }
            Some(Fault::AnswerLost(loss)) => {
                execute(request).await?;
                if matches!(loss, Loss::Disconnect) {
                    connection.close.cancel();
                }
                return match loss.status() {
                    Some(status) => Err(status),
                    None => pending().await,
                };
            }
        }
        Ok(Response::new(execute(request).await?))
    }

    /// The tenant that a request names.
    fn tenant(&self, rpc: Rpc, tenant: &str) -> Result<Arc<str>, Rejection> {
        let tenants = &self.shared.options.tenants;
        let prefix = format!("Expected to handle gRPC request {rpc} with tenant identifier '{tenant}', but");
        if tenants.is_empty() {
            return match tenant {
                "" | DEFAULT_TENANT => Ok(DEFAULT_TENANT.into()),
                _ => Err(Rejection::invalid(format!("{prefix} multi-tenancy is disabled"))),
            };
        }
        if tenant.is_empty() {
            return Err(Rejection::invalid(format!("{prefix} no tenant identifier was provided")));
        }
        if tenant != DEFAULT_TENANT && !tenants.iter().any(|known| known == tenant) {
            return Err(Rejection::new(
                Code::PermissionDenied,
                format!("{prefix} tenant is not authorized to access"),
            ));
        }
        Ok(tenant.into())
    }

    /// The tenants that a worker names.
    fn worker_tenants(&self, rpc: Rpc, names: &[String], filter: i32) -> Result<Vec<Arc<str>>, Rejection> {
        let options = &self.shared.options;
        if filter == TenantFilter::Assigned as i32 && !options.tenants.is_empty() {
            let all = options.tenants.iter().map(|tenant| tenant.as_str().into());
            return Ok(all.chain([DEFAULT_TENANT.into()]).collect());
        }
        if names.is_empty() {
            return Ok(vec![self.tenant(rpc, "")?]);
        }
        names.iter().map(|name| self.tenant(rpc, name)).collect()
    }

    /// Starts an instance; the receiver learns of its end.
    fn create(
        &self,
        rpc: Rpc,
        request: CreateProcessInstanceRequest,
        result: Option<oneshot::Sender<super::engine::InstanceResult>>,
    ) -> Result<(i64, Arc<Definition>), Rejection> {
        let tenant = self.tenant(rpc, &request.tenant_id)?;
        let new = NewInstance {
            definition_key: request.process_definition_key,
            process_id: request.bpmn_process_id,
            version: request.version,
            variables: read_document(&request.variables)?,
            tenant,
        };
        self.shared.run(|engine| engine.create_instance(new, result))
    }
}

/// Refuses a value that must be above zero or not blank, in the broker's words.
fn check_worker(what: &str, job_type: &str, timeout: i64, intent: Option<&str>) -> Result<(), Rejection> {
    let reason = if job_type.trim().is_empty() {
        format!("Expected to {what} with type to be present, but it was blank")
    } else if timeout < 1 && intent.is_some() {
        format!("Expected to {what} with timeout to be greater than zero, but it was '{timeout}'")
    } else if timeout < 1 {
        format!("Expected to {what} with timeout to be greater than zero, but it was {timeout}")
    } else {
        return Ok(());
    };
    Err(match intent {
        Some(intent) => {
            Rejection::invalid(format!("Command '{intent}' rejected with code 'INVALID_ARGUMENT': {reason}"))
        }
        None => Rejection::invalid(reason),
    })
}

/// How long a request wants to wait.
fn wait(request_timeout: i64, default: Duration) -> Duration {
    match u64::try_from(request_timeout) {
        Ok(0) | Err(_) => default,
        Ok(millis) => Duration::from_millis(millis).min(Duration::from_secs(86_400)),
    }
}

#[tonic::async_trait]
impl Gateway for Service {
    type ActivateJobsStream = PollStream;
    type StreamActivatedJobsStream = JobStream;

    async fn topology(&self, request: Request<TopologyRequest>) -> Answer<TopologyResponse> {
        let options = &self.shared.options;
        let execute = |_| async {
            let partition = Partition {
                partition_id: 1,
                role: partition::PartitionBrokerRole::Leader.into(),
                health: partition::PartitionBrokerHealth::Healthy.into(),
            };
            let broker = BrokerInfo {
                node_id: 0,
                host: options.address.ip().to_string(),
                port: i32::from(options.address.port()),
                partitions: vec![partition],
                version: options.gateway_version.clone(),
            };
            Ok(TopologyResponse {
                brokers: vec![broker],
                cluster_size: 1,
                partitions_count: 1,
                replication_factor: 1,
                gateway_version: options.gateway_version.clone(),
            })
        };
        self.call(Rpc::Topology, request, execute).await
    }

    async fn deploy_resource(
        &self,
        request: Request<DeployResourceRequest>,
    ) -> Answer<DeployResourceResponse> {
        let execute = |request: DeployResourceRequest| async move {
            let tenant = self.tenant(Rpc::DeployResource, &request.tenant_id)?;
            let resources = request.resources.into_iter().map(|file| (file.name, file.content)).collect();
            let (key, definitions) = self.shared.run(|engine| engine.deploy(&tenant, resources))?;
            let deployments = definitions.iter().map(|definition| Deployment {
                metadata: Some(deployment::Metadata::Process(ProcessMetadata {
                    bpmn_process_id: definition.process_id().to_string(),
                    version: definition.version,
                    process_definition_key: definition.key,
                    resource_name: definition.resource_name.clone(),
                    tenant_id: definition.tenant.to_string(),
                })),
            });
            Ok(DeployResourceResponse {
                key,
                deployments: deployments.collect(),
                tenant_id: tenant.to_string(),
            })
        };
        self.call(Rpc::DeployResource, request, execute).await
    }

    async fn activate_jobs(&self, request: Request<ActivateJobsRequest>) -> Answer<PollStream> {
        let execute = |request: ActivateJobsRequest| async move {
            check_worker("activate job batch", &request.r#type, request.timeout, Some("ACTIVATE"))?;
            let tenants =
                self.worker_tenants(Rpc::ActivateJobs, &request.tenant_ids, request.tenant_filter)?;
            let activation = Activation {
                job_type: request.r#type.into(),
                worker: request.worker,
                timeout_millis: request.timeout,
                fetch_variables: request.fetch_variable,
                tenants,
            };
            let until = (request.request_timeout >= 0 && request.max_jobs_to_activate > 0)
                .then(|| tokio::time::Instant::now() + wait(request.request_timeout, DEFAULT_WAIT));
            poll(&self.shared, &activation, request.max_jobs_to_activate, until).await
        };
        self.call(Rpc::ActivateJobs, request, execute).await
    }

    async fn stream_activated_jobs(&self, request: Request<StreamActivatedJobsRequest>) -> Answer<JobStream> {
        let execute = |request: StreamActivatedJobsRequest| async move {
            check_worker("stream activated jobs", &request.r#type, request.timeout, None)?;
            let tenants =
                self.worker_tenants(Rpc::StreamActivatedJobs, &request.tenant_ids, request.tenant_filter)?;
            let activation = Activation {
                job_type: request.r#type.into(),
                worker: request.worker,
                timeout_millis: request.timeout,
                fetch_variables: request.fetch_variable,
                tenants,
            };
            Ok(push(&self.shared, activation).await)
        };
        self.call(Rpc::StreamActivatedJobs, request, execute).await
    }

    async fn complete_job(&self, request: Request<CompleteJobRequest>) -> Answer<CompleteJobResponse> {
        let execute = |request: CompleteJobRequest| async move {
            let variables = read_document(&request.variables)?;
            check_partition(request.job_key)?;
            self.shared.run(|engine| engine.complete_job(request.job_key, variables))?;
            Ok(CompleteJobResponse {})
        };
        self.call(Rpc::CompleteJob, request, execute).await
    }

    async fn fail_job(&self, request: Request<FailJobRequest>) -> Answer<FailJobResponse> {
        let execute = |request: FailJobRequest| async move {
            let failure = FailJob {
                retries: request.retries,
                error_message: request.error_message,
                backoff_millis: request.retry_back_off,
                variables: read_document(&request.variables)?,
            };
            self.shared.run(|engine| engine.fail_job(request.job_key, failure))?;
            Ok(FailJobResponse {})
        };
        self.call(Rpc::FailJob, request, execute).await
    }

    async fn throw_error(&self, request: Request<ThrowErrorRequest>) -> Answer<ThrowErrorResponse> {
        let execute = |request: ThrowErrorRequest| async move {
            let variables = read_document(&request.variables)?;
            let (key, code, message) = (request.job_key, &request.error_code, &request.error_message);
            self.shared.run(|engine| engine.throw_error(key, code, message, variables))?;
            Ok(ThrowErrorResponse {})
        };
        self.call(Rpc::ThrowError, request, execute).await
    }

    async fn update_job_timeout(
        &self,
        request: Request<UpdateJobTimeoutRequest>,
    ) -> Answer<UpdateJobTimeoutResponse> {
        let execute = |request: UpdateJobTimeoutRequest| async move {
            self.shared.run(|engine| engine.update_job_timeout(request.job_key, request.timeout))?;
            Ok(UpdateJobTimeoutResponse {})
        };
        self.call(Rpc::UpdateJobTimeout, request, execute).await
    }

    async fn publish_message(
        &self,
        request: Request<PublishMessageRequest>,
    ) -> Answer<PublishMessageResponse> {
        let execute = |request: PublishMessageRequest| async move {
            let tenant = self.tenant(Rpc::PublishMessage, &request.tenant_id)?;
            let new = NewMessage {
                name: request.name,
                correlation_key: request.correlation_key,
                message_id: request.message_id,
                time_to_live_millis: request.time_to_live,
                variables: read_document(&request.variables)?,
                tenant: Arc::clone(&tenant),
            };
            let key = self.shared.run(|engine| engine.publish(new))?;
            Ok(PublishMessageResponse { key, tenant_id: tenant.to_string() })
        };
        self.call(Rpc::PublishMessage, request, execute).await
    }

    async fn create_process_instance(
        &self,
        request: Request<CreateProcessInstanceRequest>,
    ) -> Answer<CreateProcessInstanceResponse> {
        let execute = |request: CreateProcessInstanceRequest| async move {
            let (key, definition) = self.create(Rpc::CreateProcessInstance, request, None)?;
            Ok(CreateProcessInstanceResponse {
                process_definition_key: definition.key,
                bpmn_process_id: definition.process_id().to_string(),
                version: definition.version,
                process_instance_key: key,
                tenant_id: definition.tenant.to_string(),
            })
        };
        self.call(Rpc::CreateProcessInstance, request, execute).await
    }

    async fn create_process_instance_with_result(
        &self,
        request: Request<CreateProcessInstanceWithResultRequest>,
    ) -> Answer<CreateProcessInstanceWithResultResponse> {
        let execute = |request: CreateProcessInstanceWithResultRequest| async move {
            let wait = wait(request.request_timeout, DEFAULT_WAIT);
            let (sender, ended) = oneshot::channel();
            let inner = request.request.unwrap_or_default();
            let (key, definition) = self.create(Rpc::CreateProcessInstanceWithResult, inner, Some(sender))?;
            let Ok(Ok(result)) = tokio::time::timeout(wait, ended).await else {
                let seconds = wait.as_secs_f64();
                return Err(Rejection::new(
                    Code::DeadlineExceeded,
                    format!(
                        "Time out between gateway and broker: Request command-api-1 timed out in PT{seconds}S"
                    ),
                ));
            };
            let mut variables = result.variables;
            if !request.fetch_variables.is_empty() {
                variables.retain(|name, _| request.fetch_variables.contains(name));
            }
            Ok(CreateProcessInstanceWithResultResponse {
                process_definition_key: definition.key,
                bpmn_process_id: definition.process_id().to_string(),
                version: definition.version,
                process_instance_key: key,
                variables: Value::Object(variables).to_string(),
                tenant_id: definition.tenant.to_string(),
            })
        };
        self.call(Rpc::CreateProcessInstanceWithResult, request, execute).await
    }

    async fn broadcast_signal(
        &self,
        request: Request<BroadcastSignalRequest>,
    ) -> Answer<BroadcastSignalResponse> {
        let execute = |request: BroadcastSignalRequest| async move {
            let tenant = self.tenant(Rpc::BroadcastSignal, &request.tenant_id)?;
            read_document(&request.variables)?;
            let key = self.shared.run(super::engine::Engine::broadcast_signal);
            Ok(BroadcastSignalResponse { key, tenant_id: tenant.to_string() })
        };
        self.call(Rpc::BroadcastSignal, request, execute).await
    }
}
