//! The commands of the connectors' tools and tests, with their answers.

use crate::{
    GatewayClient,
    call::Raw,
    client::{Limits, Repeat, millis},
    clock::after,
};
use connector_core::{
    CreateInstance, EngineError, ProcessDefinitionKey, ProcessInstanceKey, RawJson, TenantId,
};
use std::time::Duration;
use tokio::time::Instant;
use zeebe_proto as proto;

/// A file to deploy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Its name; the ending says what it is (`.bpmn`, `.dmn`, `.form`).
    pub name: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// What a deployment brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// The key of the deployment.
    pub key: i64,
    /// The processes in it, unchanged ones included.
    pub processes: Vec<DeployedProcess>,
}

/// A process as the engine knows it after a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployedProcess {
    /// Its id in the BPMN.
    pub bpmn_process_id: String,
    /// Its version, from 1; unchanged when the same file was deployed before.
    pub version: i32,
    /// The key of this version.
    pub process_definition_key: ProcessDefinitionKey,
    /// The file that it came from.
    pub resource_name: String,
    /// The tenant that owns it.
    pub tenant_id: TenantId,
}

/// A process instance that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceResult {
    /// The key of the instance.
    pub process_instance_key: ProcessInstanceKey,
    /// The version that it ran.
    pub process_definition_key: ProcessDefinitionKey,
    /// Its variables at the end: a JSON object as text.
    pub variables: String,
}

/// The cluster as a gateway sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topology {
    /// The gateway's version, for instance `8.6.0`.
    pub gateway_version: String,
    /// How many brokers belong to the cluster.
    pub cluster_size: i32,
    /// How many partitions the cluster has.
    pub partition_count: i32,
    /// On how many brokers each partition is kept.
    pub replication_factor: i32,
    /// The brokers that answer.
    pub brokers: Vec<Broker>,
}

impl Topology {
    /// Partitions that have a healthy leader; commands to the others fail.
    pub fn led_partitions(&self) -> usize {
        self.brokers.iter().map(|broker| broker.healthy_leaderships).sum()
    }
}

/// One broker of the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broker {
    /// Its number.
    pub node_id: i32,
    /// `host:port` as it announces itself.
    pub address: String,
    /// Its version.
    pub version: String,
    /// How many partitions it leads in good health.
    pub healthy_leaderships: usize,
}

impl GatewayClient {
    /// Asks for the cluster's members: the cheapest call that needs a working, authenticated connection.
    ///
    /// # Errors
    /// The gateway's refusal; sent once.
    pub async fn topology(&self) -> Result<Topology, EngineError> {
        let call = |mut raw: Raw, request| async move { raw.topology(request).await };
        self.once(proto::TopologyRequest {}, call).await.map(Topology::from)
    }

    /// Deploys files to the default tenant; all or none.
    ///
    /// # Errors
    /// The engine's refusal, for instance `INVALID_ARGUMENT` with the place of a mistake in a file.
    pub async fn deploy(
        &self,
        resources: impl IntoIterator<Item = Resource> + Send,
    ) -> Result<Deployment, EngineError> {
        self.deploy_to(TenantId::default(), resources).await
    }

    /// Deploys files to a tenant; all or none. Repeating it is harmless: what is unchanged keeps its version.
    ///
    /// # Errors
    /// The engine's refusal, for instance `INVALID_ARGUMENT` with the place of a mistake in a file.
    pub async fn deploy_to(
        &self,
        tenant_id: TenantId,
        resources: impl IntoIterator<Item = Resource> + Send,
    ) -> Result<Deployment, EngineError> {
        let resource = |file: Resource| proto::Resource { name: file.name, content: file.content };
        let request = proto::DeployResourceRequest {
            resources: resources.into_iter().map(resource).collect(),
            tenant_id: tenant_id.as_str().to_owned(),
        };
        let call = |mut raw: Raw, request| async move { raw.deploy_resource(request).await };
        let answer = self.repeated(request, Limits::default(), Repeat::Idempotent, call).await;
        answer.map(Deployment::from).map_err(|refusal| refusal.error)
    }

    /// Sends a signal to everybody who waits for it; the key of the signal.
    ///
    /// # Errors
    /// The engine's refusal. Never repeated after it may have reached the engine.
    pub async fn broadcast_signal(
        &self,
        signal_name: impl Into<String> + Send,
        variables: RawJson,
        tenant_id: TenantId,
    ) -> Result<i64, EngineError> {
        let request = proto::BroadcastSignalRequest {
            signal_name: signal_name.into(),
            variables: variables.into_string(),
            tenant_id: tenant_id.as_str().to_owned(),
        };
        let call = |mut raw: Raw, request| async move { raw.broadcast_signal(request).await };
        let answer = self.repeated(request, Limits::default(), Repeat::Never, call).await;
        answer.map(|answer| answer.key).map_err(|refusal| refusal.error)
    }

    /// Starts an instance and waits for its end; `fetch_variables` empty = all variables.
    ///
    /// # Errors
    /// The engine's refusal; `DEADLINE_EXCEEDED` when it has not ended within `wait` (it goes on running).
    pub async fn create_process_instance_with_result(
        &self,
        instance: CreateInstance,
        fetch_variables: Vec<String>,
        wait: Duration,
    ) -> Result<InstanceResult, EngineError> {
        let request = proto::CreateProcessInstanceWithResultRequest {
            request: Some(create_request(instance)),
            request_timeout: millis(wait),
            fetch_variables,
        };
        let offset = self.caller.options.request_timeout_offset;
        let deadline = after(Instant::now(), wait.saturating_add(offset));
        let call =
            |mut raw: Raw, request| async move { raw.create_process_instance_with_result(request).await };
        let answer = self.caller.unary(&request, deadline, call).await.map_err(|refusal| refusal.error)?;
        Ok(InstanceResult {
            process_instance_key: ProcessInstanceKey::new(answer.process_instance_key),
            process_definition_key: ProcessDefinitionKey::new(answer.process_definition_key),
            variables: answer.variables,
        })
    }
}

/// The request for an instance by process id and version.
pub(crate) fn create_request(instance: CreateInstance) -> proto::CreateProcessInstanceRequest {
    proto::CreateProcessInstanceRequest {
        process_definition_key: 0,
        bpmn_process_id: instance.bpmn_process_id,
        version: instance.version,
        variables: instance.variables.into_string(),
        tenant_id: instance.tenant_id.as_str().to_owned(),
    }
}

impl From<proto::DeployResourceResponse> for Deployment {
    fn from(answer: proto::DeployResourceResponse) -> Self {
        use proto::deployment::Metadata::Process;
        let process = |deployed: proto::Deployment| deployed.metadata.map(|Process(process)| process.into());
        Self { key: answer.key, processes: answer.deployments.into_iter().filter_map(process).collect() }
    }
}

impl From<proto::ProcessMetadata> for DeployedProcess {
    fn from(process: proto::ProcessMetadata) -> Self {
        Self {
            bpmn_process_id: process.bpmn_process_id,
            version: process.version,
            process_definition_key: ProcessDefinitionKey::new(process.process_definition_key),
            resource_name: process.resource_name,
            tenant_id: TenantId::new(process.tenant_id),
        }
    }
}

impl From<proto::TopologyResponse> for Topology {
    fn from(answer: proto::TopologyResponse) -> Self {
        Self {
            gateway_version: answer.gateway_version,
            cluster_size: answer.cluster_size,
            partition_count: answer.partitions_count,
            replication_factor: answer.replication_factor,
            brokers: answer.brokers.into_iter().map(Broker::from).collect(),
        }
    }
}

impl From<proto::BrokerInfo> for Broker {
    fn from(broker: proto::BrokerInfo) -> Self {
        use proto::partition::{PartitionBrokerHealth as Health, PartitionBrokerRole as Role};
        let leads = |partition: &&proto::Partition| {
            partition.role() == Role::Leader && partition.health() == Health::Healthy
        };
        Self {
            node_id: broker.node_id,
            address: format!("{}:{}", broker.host, broker.port),
            version: broker.version,
            healthy_leaderships: broker.partitions.iter().filter(leads).count(),
        }
    }
}
