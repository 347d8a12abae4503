//! `run`: the connector itself.

use super::{executor, process_environment};
use crate::{logging, panics::on_worker, signals};
use anyhow::{Result, bail};
use connector_runtime::{Environment, Runtime, Settings};
use std::path::PathBuf;
use tracing::info;

/// How to run.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A TOML file with settings; the environment wins over it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A folder with BPMN files to deploy and to activate.
    #[arg(long, value_name = "DIR")]
    processes: Option<PathBuf>,
}

/// Runs until SIGTERM or SIGINT; what is in work is finished first, within the drain timeout.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let environment = Environment::new(process_environment());
    let mut settings = Settings::load(arguments.config.as_deref(), &environment)?;
    if let Some(folder) = &arguments.processes {
        settings.runtime.processes = Some(folder.clone());
    }
    logging::start(&settings.log)?;
    let executor = executor(Some(settings.runtime.worker_threads))?;
    let result = on_worker(&executor, async move {
        let shutdown = signals::shutdown()?;
        let report = Runtime::start(settings, &environment).await?.run(shutdown).await;
        info!(unfinished = report.unfinished, "stopped");
        if report.unfinished > 0 {
            bail!("{} job(s) or message(s) did not finish within the drain timeout", report.unfinished);
        }
        Ok(())
    });
    // What is still evaluating after the drain cannot be stopped, and is not waited for.
    executor.shutdown_background();
    result
}
