//! Logs on standard error.

use anyhow::{Context, Result};
use connector_runtime::LogSettings;
use std::io::{IsTerminal, stderr};
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

/// At debug and trace the AWS SDK writes access keys and signed requests; whoever wants them has to name its crates.
const QUIET: &str = "aws_=warn";

/// Starts logging as the settings say.
pub(crate) fn start(settings: &LogSettings) -> Result<()> {
    let filter = EnvFilter::try_new(&settings.level)
        .with_context(|| format!("setting [log] level: `{}` is no level", settings.level))?;
    let filter = match filter.max_level_hint() {
        Some(level) if level <= LevelFilter::INFO => filter,
        _ => filter.add_directive(QUIET.parse().context("a directive of ours is none")?),
    };
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr);
    if settings.format == "json" {
        logs.json().init();
    } else {
        logs.with_ansi(stderr().is_terminal()).init();
    }
    Ok(())
}
