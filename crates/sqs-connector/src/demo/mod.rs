//! `demo`: orders come in over SQS, processes run, confirmations go out over SQS.

mod book;
mod queues;
mod servers;
mod traffic;

use crate::{commands::executor, logging, signals};
use anyhow::{Context, Result, anyhow, bail};
use book::Book;
use connector_runtime::{Environment, LogSettings, Runtime, Settings};
use queues::Queues;
use servers::Servers;
use std::{path::Path, sync::Arc, time::Duration};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use traffic::Traffic;

const PROCESS: &str = include_str!("../../processes/orders.bpmn");
/// How long the orders may take before the demo says what is missing.
const PATIENCE: Duration = Duration::from_secs(120);

/// What to show.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many orders to send.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    orders: u32,
    /// Keep the servers and the connector running afterwards, until Ctrl-C.
    #[arg(long)]
    keep: bool,
    /// A Zeebe gateway to use instead of the one inside this process.
    #[arg(long, value_name = "URL")]
    zeebe: Option<String>,
    /// An SQS server to use instead of the one inside this process.
    #[arg(long, value_name = "URL")]
    sqs_endpoint: Option<String>,
}

/// Runs the demo; fails when an order got lost.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    logging::start(&LogSettings { level: "warn".to_owned(), ..LogSettings::default() })?;
    executor(None)?.block_on(demonstrate(arguments))
}

async fn demonstrate(arguments: &Arguments) -> Result<()> {
    let signal = signals::shutdown()?;
    let servers = Servers::start(arguments.zeebe.as_deref(), arguments.sqs_endpoint.as_deref()).await?;
    println!("Zeebe gateway  {}", servers.describe_zeebe());
    println!("SQS server     {}", servers.describe_sqs());
    let queues = Queues::create(&servers.sqs_endpoint).await?;
    let folder = tempfile::tempdir().context("cannot make a folder for the process")?;
    std::fs::write(folder.path().join("orders.bpmn"), PROCESS)?;

    let stop = CancellationToken::new();
    let runtime = start_runtime(&servers, &queues, folder.path()).await?;
    let running = tokio::spawn(runtime.run(stop.clone()));
    let book = Arc::new(Book::default());
    let traffic = Traffic::start(&servers.zeebe_address, queues, Arc::clone(&book)).await?;
    traffic.send_orders(arguments.orders).await?;
    let finished = timeout(PATIENCE, book.wait_until_archived(arguments.orders)).await;
    book.print();
    if arguments.keep && finished.is_ok() {
        println!("\nkept running; Ctrl-C ends it");
        signal.cancelled().await;
    }
    traffic.stop().await;
    stop.cancel();
    let report = running.await.map_err(|_| anyhow!("the connector broke"))?;
    servers.stop().await;
    if finished.is_err() {
        bail!("not every order was archived within {PATIENCE:?}: see above for where each one stands");
    }
    if report.unfinished > 0 {
        bail!("{} job(s) or message(s) were still in work at the end", report.unfinished);
    }
    Ok(())
}

async fn start_runtime(servers: &Servers, queues: &Queues, processes: &Path) -> Result<Runtime> {
    let mut settings = Settings::default();
    // Nobody asks how a demo does, and its port may be somebody else's.
    settings.http.enabled = false;
    settings.gateway.address.clone_from(&servers.zeebe_address);
    settings.aws.endpoint_url_sqs = Some(servers.sqs_endpoint.clone());
    settings.runtime.processes = Some(processes.to_owned());
    let environment = Environment::new(queues.secrets());
    Ok(Runtime::start(settings, &environment).await?)
}
