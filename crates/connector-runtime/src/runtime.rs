//! The runtime as a whole: deploy, activate, work, drain.

use crate::{
    Environment, RuntimeError, Settings, gateway,
    inbound::Inbound,
    known_tasks::KnownTasks,
    outbound,
    processes::{self, ProcessFile},
    secrets,
};
use connector_core::Engine;
use connector_feel::{FeelEngine, FeelOptions};
use sqs_outbound::Outbound;
use sqs_transport::{ClientPool, PoolOptions, Sender};
use std::sync::Arc;
use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};
use zeebe_gateway::GatewayClient;

/// Both connectors, set up and not yet at work.
pub struct Runtime {
    settings: Settings,
    client: GatewayClient,
    sender: Sender,
    outbound: Outbound,
    inbound: Inbound,
    tasks: Arc<KnownTasks>,
    files: Vec<ProcessFile>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Jobs that did not finish within the drain timeout; the engine hands them out again after their timeout.
    pub unfinished: usize,
}

impl Runtime {
    /// Sets everything up and reads the folder of processes; connects to nothing yet.
    ///
    /// # Errors
    /// When a setting or the folder cannot be used.
    pub async fn start(settings: Settings, environment: &Environment) -> Result<Self, RuntimeError> {
        let files = match &settings.runtime.processes {
            Some(folder) => processes::read_folder(folder)?,
            None => Vec::new(),
        };
        let client = gateway::connect(&settings.gateway).await?;
        let engine: Arc<dyn Engine> = Arc::new(client.clone());
        let pool = PoolOptions {
            endpoint_override: settings.aws.endpoint_url_sqs.clone(),
            ..PoolOptions::default()
        };
        let clients = ClientPool::new(pool);
        let sender = clients.sender();
        let resolver = Arc::new(secrets::resolver(&settings.secrets, environment));
        let feel = FeelEngine::new(FeelOptions::default());
        let tasks = Arc::new(KnownTasks::default());
        let outbound = outbound::connector(
            &settings,
            Arc::clone(&engine),
            sender.clone(),
            Arc::clone(&resolver),
            feel.clone(),
            Arc::clone(&tasks),
        )?;
        let inbound = Inbound::new(&settings, engine, clients, resolver, feel)?;
        Ok(Self { settings, client, sender, outbound, inbound, tasks, files })
    }

    /// Works until `shutdown`, then takes nothing new and finishes what is in work, within the drain timeout.
    pub async fn run(self, shutdown: CancellationToken) -> Report {
        let background = TaskTracker::new();
        let address = self.settings.gateway.address.clone();
        background.spawn(gateway::watch(self.client.clone(), address, shutdown.clone()));
        self.deploy_and_activate(&shutdown).await;
        let unfinished = self.work_on_jobs(&shutdown).await;
        self.inbound.stopped().await;
        background.close();
        background.wait().await;
        Report { unfinished }
    }

    /// Jobs are taken only afterwards: the secret filter needs to know the tasks.
    async fn deploy_and_activate(&self, shutdown: &CancellationToken) {
        for file in &self.files {
            for process in processes::deploy(&self.client, file, shutdown).await.unwrap_or_default() {
                self.tasks.learn(&process);
                if self.settings.inbound.enabled {
                    self.inbound.activate(&process, shutdown);
                }
            }
        }
    }

    async fn work_on_jobs(&self, shutdown: &CancellationToken) -> usize {
        if !self.settings.outbound.enabled {
            shutdown.cancelled().await;
            return 0;
        }
        let options = outbound::worker_options(&self.settings);
        info!(job_type = options.job_type, max_jobs_active = options.max_jobs_active, "working on jobs");
        let worker = match self.client.worker(options) {
            Ok(worker) => worker,
            Err(error) => {
                // The table of settings lets no such options through; the consumers go on all the same.
                warn!("jobs cannot be worked on: {error}");
                shutdown.cancelled().await;
                return 0;
            }
        };
        let handle = worker.handle();
        let drain = self.settings.runtime.drain_timeout;
        let working = self.outbound.run(worker, CancellationToken::new());
        let stopping = async {
            shutdown.cancelled().await;
            handle.shutdown(drain).await
        };
        let ((), report) = tokio::join!(within(working, shutdown, drain), stopping);
        // What a lane still holds belongs to jobs whose deadline bounds the wait.
        if timeout(drain, self.sender.shutdown()).await.is_err() {
            warn!("messages were still being sent at the end of the drain timeout");
        }
        report.unfinished.len()
    }
}

/// Waits for the work, but after `shutdown` no longer than `drain`.
async fn within(working: impl Future<Output = ()>, shutdown: &CancellationToken, drain: std::time::Duration) {
    let limit = async {
        shutdown.cancelled().await;
        tokio::time::sleep(drain).await;
    };
    // Dropping the work at the end of the drain timeout is what that timeout is for.
    tokio::select! {
        () = working => {}
        () = limit => {}
    }
}
