//! The runtime as a whole: deploy, activate, work, drain.

use crate::{
    Environment, RuntimeError, Settings, aws,
    discovery::{Cluster, ClusterOptions, Definitions, Folder},
    gateway,
    http::{Endpoints, View},
    inbound::Inbound,
    known_tasks::KnownTasks,
    long_work, outbound, secrets,
    timing::{Stopwatch, Timed},
};
use connector_core::Engine;
use connector_feel::{FeelEngine, FeelOptions};
use sqs_outbound::Outbound;
use sqs_transport::{ClientPool, Sender};
use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, OnceLock},
};
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};
use zeebe_gateway::GatewayClient;

/// Both connectors, set up and not yet at work.
pub struct Runtime {
    settings: Settings,
    client: GatewayClient,
    sender: Sender,
    outbound: Outbound,
    inbound: Arc<Inbound>,
    folder: Option<Folder>,
    cluster: Option<Cluster>,
    endpoints: Endpoints,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Jobs that did not finish within the drain timeout; the engine hands them out again after their timeout.
    pub unfinished: usize,
}

impl Runtime {
    /// Sets everything up and binds the endpoints' port; connects to nothing yet.
    ///
    /// # Errors
    /// When a setting, the folder or the port cannot be used.
    pub async fn start(settings: Settings, environment: &Environment) -> Result<Self, RuntimeError> {
        let client = gateway::connect(&settings.gateway).await?;
        let engine: Arc<dyn Engine> = Arc::new(client.clone());
        let clients = ClientPool::new(aws::pool_options(&settings.aws)?);
        let sender = clients.sender();
        let resolver = Arc::new(secrets::resolver(&settings, environment).await?);
        let mut feel = FeelOptions::default();
        feel.long_work = Some(long_work::run);
        let feel = FeelEngine::new(feel);
        let rest = gateway::rest(&settings.gateway, &client)?;
        let definitions = rest.clone().map(|rest| Arc::new(Definitions::new(rest)));
        let tasks = Arc::new(KnownTasks::new(definitions.clone()));
        let outbound = outbound::connector(
            &settings,
            Arc::clone(&engine),
            sender.clone(),
            Arc::clone(&resolver),
            feel.clone(),
            Arc::clone(&tasks),
        )?;
        let inbound = Arc::new(Inbound::new(&settings, engine, clients, resolver, feel)?);
        let open = |path: &PathBuf| Folder::open(path, client.clone(), tasks, Arc::clone(&inbound));
        let folder = settings.runtime.processes.as_ref().map(open).transpose()?;
        let options = ClusterOptions {
            interval: settings.inbound.polling_interval,
            older_versions: settings.inbound.polling_active_versions_enabled,
        };
        let cluster = rest.zip(definitions).filter(|_| settings.inbound.enabled);
        let cluster =
            cluster.map(|(rest, definitions)| Cluster::new(rest, definitions, Arc::clone(&inbound), options));
        let endpoints = Endpoints::bind(&settings.http).await?;
        Ok(Self { settings, client, sender, outbound, inbound, folder, cluster, endpoints })
    }

    /// Where the endpoints are; `None` when there are none.
    pub fn endpoints(&self) -> Option<SocketAddr> {
        self.endpoints.address()
    }

    /// Works until `shutdown`, then takes nothing new and finishes what is in work, within the drain timeout.
    pub async fn run(mut self, shutdown: CancellationToken) -> Report {
        let background = TaskTracker::new();
        let address = self.settings.gateway.address.clone();
        let (view, deployed) = self.view(&shutdown);
        // Probes are answered until the drain has ended.
        let (serving, stop_serving) = (TaskTracker::new(), CancellationToken::new());
        serving.spawn(self.endpoints.serve(Arc::clone(&view), stop_serving.clone()));
        background.spawn(gateway::watch(self.client.clone(), address, shutdown.clone()));
        if let Some(cluster) = self.cluster.take() {
            background.spawn(cluster.watch(shutdown.clone()));
        }
        if let Some(mut folder) = self.folder.take() {
            // Jobs are taken only afterwards: without REST the secret filter knows no other tasks than these.
            folder.look(&shutdown).await;
            background.spawn(folder.watch(self.settings.runtime.processes_interval, shutdown.clone()));
        }
        deployed.send_replace(true);
        let unfinished = work_on_jobs(&self.settings, &self.sender, &view, &shutdown).await;
        background.close();
        background.wait().await;
        self.inbound.stopped().await;
        stop_serving.cancel();
        serving.close();
        serving.wait().await;
        Report { unfinished }
    }

    /// What the endpoints look at, and where to say that the folder was deployed.
    fn view(&self, shutdown: &CancellationToken) -> (Arc<View>, watch::Sender<bool>) {
        let deployed = watch::Sender::new(false);
        let mut discovered = vec![deployed.subscribe()];
        discovered.extend(self.cluster.as_ref().map(Cluster::readable));
        let outbound = &self.settings.outbound;
        let view = View {
            inbound: Arc::clone(&self.inbound),
            outbound: self.outbound.clone(),
            outbound_enabled: outbound.enabled,
            job_type: outbound.job_type.clone(),
            job_timeout: outbound.job_timeout,
            input_variables: &outbound::VARIABLES,
            client: self.client.clone(),
            stopwatch: Stopwatch::default(),
            worker: OnceLock::new(),
            discovered,
            shutdown: shutdown.clone(),
            started: Instant::now(),
            runtime_id: View::runtime_id(&self.settings.http),
            token: self.settings.http.token.clone(),
        };
        (Arc::new(view), deployed)
    }
}

/// Works on jobs until `shutdown` and through the drain; answers how many were left unfinished.
async fn work_on_jobs(
    settings: &Settings,
    sender: &Sender,
    view: &View,
    shutdown: &CancellationToken,
) -> usize {
    if !settings.outbound.enabled {
        shutdown.cancelled().await;
        return 0;
    }
    let options = outbound::worker_options(settings);
    info!(job_type = options.job_type, max_jobs_active = options.max_jobs_active, "working on jobs");
    let worker = match view.client.worker(options) {
        Ok(worker) => worker,
        Err(error) => {
            // The table of settings lets no such options through; the consumers go on all the same.
            warn!("jobs cannot be worked on: {error}");
            shutdown.cancelled().await;
            return 0;
        }
    };
    let handle = worker.handle();
    // Nobody else sets it.
    let _ = view.worker.set(handle.clone());
    let drain = settings.runtime.drain_timeout;
    let timed = Timed { source: worker, stopwatch: view.stopwatch.clone() };
    let working = view.outbound.run(timed, CancellationToken::new());
    let stopping = async {
        shutdown.cancelled().await;
        handle.shutdown(drain).await
    };
    let ((), report) = tokio::join!(within(working, shutdown, drain), stopping);
    // What a lane still holds belongs to jobs whose deadline bounds the wait.
    if timeout(drain, sender.shutdown()).await.is_err() {
        warn!("messages were still being sent at the end of the drain timeout");
    }
    report.unfinished.len()
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
