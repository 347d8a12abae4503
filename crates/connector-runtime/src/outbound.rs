//! The worker for the jobs of the outbound connector.

use crate::{RuntimeError, Settings, known_tasks::KnownTasks, secrets};
use connector_binding::EndpointPolicy;
use connector_core::Engine;
use connector_feel::FeelEngine;
use connector_secrets::SecretResolver;
use sqs_outbound::{ChainPolicy, FifoDeduplication, Outbound, OutboundOptions};
use sqs_transport::Sender;
use std::sync::Arc;
use zeebe_gateway::{JobWorkerOptions, Tenants};

/// The variables that the connector reads; the engine sends no others.
const VARIABLES: [&str; 4] = ["authentication", "configuration", "queue", "awsCredential"];

/// The endpoints that jobs and elements may name.
pub(crate) fn endpoints(settings: &Settings) -> Result<EndpointPolicy, RuntimeError> {
    EndpointPolicy::new(&settings.aws.allowed_endpoints).map_err(|error| RuntimeError::Setting {
        place: "[aws] allowed-endpoints".to_owned(),
        complaint: error.to_string(),
    })
}

/// The connector as the settings want it.
pub(crate) fn connector(
    settings: &Settings,
    engine: Arc<dyn Engine>,
    sender: Sender,
    resolver: Arc<SecretResolver>,
    feel: FeelEngine,
    tasks: Arc<KnownTasks>,
) -> Result<Outbound, RuntimeError> {
    let options = OutboundOptions {
        endpoints: endpoints(settings)?,
        default_chain: if settings.aws.allow_default_credentials {
            ChainPolicy::Allowed
        } else {
            ChainPolicy::Forbidden
        },
        fifo_deduplication: if settings.outbound.fifo_deduplication_by_job_key {
            FifoDeduplication::JobKey
        } else {
            FifoDeduplication::None
        },
        secret_filter: secrets::filter_mode(&settings.secrets),
        input_mappings: Some(tasks),
        // SQS itself refuses what breaks its limits, and the job counts down, as with the Java connector.
        check_limits: false,
    };
    Ok(Outbound::new(engine, sender, resolver, feel, options))
}

/// How jobs are asked for.
pub(crate) fn worker_options(settings: &Settings) -> JobWorkerOptions {
    let outbound = &settings.outbound;
    JobWorkerOptions {
        worker_name: "AWS SQS Outbound".to_owned(),
        timeout: outbound.job_timeout,
        max_jobs_active: u32::try_from(outbound.max_jobs_active).unwrap_or(u32::MAX),
        stream_enabled: outbound.stream_enabled,
        fetch_variables: VARIABLES.map(str::to_owned).to_vec(),
        tenants: Tenants::Provided(settings.gateway.tenant_ids.clone()),
        ..JobWorkerOptions::new(outbound.job_type.clone())
    }
}
