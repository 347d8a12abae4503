//! The worker for the jobs of the outbound connector.

use crate::{RuntimeError, Settings, known_tasks::KnownTasks, secrets};
use connector_binding::{ChainPolicy, EndpointPolicy};
use connector_core::Engine;
use connector_feel::FeelEngine;
use connector_secrets::SecretResolver;
use sqs_outbound::{FifoDeduplication, Outbound, OutboundOptions};
use sqs_transport::Sender;
use std::sync::Arc;
use zeebe_gateway::{JobWorkerOptions, Tenants};

/// The variables that the connector reads; the engine sends no others.
pub(crate) const VARIABLES: [&str; 4] = ["authentication", "configuration", "queue", "awsCredential"];

/// The endpoints that jobs and elements may name.
pub(crate) fn endpoints(settings: &Settings) -> Result<EndpointPolicy, RuntimeError> {
    EndpointPolicy::new(&settings.aws.allowed_endpoints).map_err(|error| RuntimeError::Setting {
        place: "[aws] allowed-endpoints".to_owned(),
        complaint: error.to_string(),
    })
}

/// Whether jobs and elements may use this process's own credentials.
pub(crate) fn default_chain(settings: &Settings) -> ChainPolicy {
    let aws = &settings.aws;
    match aws.default_credentials_queues.as_slice() {
        _ if aws.saas => ChainPolicy::ForbiddenInSaas,
        _ if !aws.allow_default_credentials => ChainPolicy::Forbidden,
        [] => ChainPolicy::Allowed,
        queues => ChainPolicy::Queues(queues.to_vec()),
    }
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
        default_chain: default_chain(settings),
        fifo_deduplication: if settings.outbound.fifo_deduplication_by_job_key {
            FifoDeduplication::JobKey
        } else {
            FifoDeduplication::None
        },
        secret_filter: secrets::filter_mode(&settings.secrets),
        input_mappings: Some(tasks),
        check_limits: settings.outbound.check_limits,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Environment;

    #[test]
    fn who_may_use_the_default_credentials_is_a_setting() {
        let queues =
            ("SQS_CONNECTOR_AWS_DEFAULT_CREDENTIALS_QUEUES", "arn:aws:sqs:*:1:a, arn:aws:sqs:*:1:b-*");
        let never = ("SQS_CONNECTOR_AWS_ALLOW_DEFAULT_CREDENTIALS", "false");
        let saas = ("CAMUNDA_CONNECTOR_RUNTIME_SAAS", "true");
        let some =
            ChainPolicy::Queues(vec!["arn:aws:sqs:*:1:a".to_owned(), "arn:aws:sqs:*:1:b-*".to_owned()]);
        for (variables, expected) in [
            (vec![], ChainPolicy::Allowed),
            (vec![queues], some),
            (vec![queues, never], ChainPolicy::Forbidden),
            (vec![queues, never, saas], ChainPolicy::ForbiddenInSaas),
        ] {
            let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
            let settings = Settings::load(None, &Environment::new(variables)).unwrap();
            assert_eq!(default_chain(&settings), expected);
        }
    }
}
