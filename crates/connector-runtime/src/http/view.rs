//! What the endpoints look at.

use crate::{HttpSettings, inbound::Inbound, timing::Stopwatch};
use secrecy::SecretString;
use sqs_outbound::Outbound;
use std::sync::{Arc, OnceLock};
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;
use zeebe_gateway::{GatewayClient, JobWorkerHandle};

/// What the endpoints look at; they change nothing but a consumer's wait for its next try.
pub(crate) struct View {
    pub(crate) inbound: Arc<Inbound>,
    pub(crate) outbound: Outbound,
    pub(crate) outbound_enabled: bool,
    pub(crate) job_type: String,
    pub(crate) job_timeout: std::time::Duration,
    pub(crate) input_variables: &'static [&'static str],
    pub(crate) client: GatewayClient,
    pub(crate) stopwatch: Stopwatch,
    /// Set once jobs are asked for.
    pub(crate) worker: OnceLock<JobWorkerHandle>,
    /// Whether the folder was deployed, and whether the cluster's definitions can be read.
    pub(crate) discovered: Vec<watch::Receiver<bool>>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) started: Instant,
    /// The name of this process among others.
    pub(crate) runtime_id: String,
    /// What whoever changes something has to show.
    pub(crate) token: Option<SecretString>,
}

impl View {
    /// Whether all processes are known that somebody is asked for.
    pub(super) fn is_discovered(&self) -> bool {
        self.discovered.iter().all(|source| *source.borrow())
    }

    /// The name of this process among others.
    pub(crate) fn runtime_id(settings: &HttpSettings) -> String {
        settings.hostname.clone().unwrap_or_else(|| "localhost".to_owned())
    }
}
