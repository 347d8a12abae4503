//! What is ours: a worker that does nothing but completing, and the connector's runtime.

use anyhow::Result;
use connector_core::{Engine, JobSource, RawJson};
use connector_runtime::{Environment, Runtime, Settings};
use std::path::PathBuf;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use zeebe_gateway::{GatewayClient, GatewayOptions, JobWorkerOptions};

/// Completes every job, as many at once as the worker gives out.
pub(crate) async fn worker(gateway: String, job_type: String) -> Result<()> {
    let client = GatewayClient::connect(GatewayOptions::new(gateway)).await?;
    let mut worker = client.worker(JobWorkerOptions::new(job_type))?;
    let tasks = TaskTracker::new();
    while let Some(activated) = worker.next().await {
        let client = client.clone();
        tasks.spawn(async move {
            if let Err(error) = client.complete(activated.job.lease, RawJson::empty_object()).await {
                eprintln!("job {}: {error}", activated.job.lease.key);
            }
            drop(activated.permit);
        });
    }
    Ok(())
}

/// The connector as `sqs-connector run --processes` runs it.
pub(crate) async fn connector(processes: PathBuf) -> Result<()> {
    let environment = Environment::new(std::env::vars());
    let mut settings = Settings::load(None, &environment)?;
    settings.runtime.processes = Some(processes);
    Runtime::start(settings, &environment).await?.run(CancellationToken::new()).await;
    Ok(())
}
