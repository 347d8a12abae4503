//! Logs on standard error.

use anyhow::{Context, Result};
use connector_runtime::LogSettings;
use std::io::{IsTerminal, stderr};
use tracing_subscriber::EnvFilter;

/// Starts logging as the settings say.
pub(crate) fn start(settings: &LogSettings) -> Result<()> {
    let filter = EnvFilter::try_new(&settings.level)
        .with_context(|| format!("setting [log] level: `{}` is no level", settings.level))?;
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr);
    if settings.format == "json" {
        logs.json().init();
    } else {
        logs.with_ansi(stderr().is_terminal()).init();
    }
    Ok(())
}
