//! The commands of the binary, one file each.

pub(crate) mod dev;
pub(crate) mod feel;
pub(crate) mod run;
pub(crate) mod settings;

use anyhow::{Context, Result};

/// The asynchronous runtime that a command runs on.
pub(crate) fn executor() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the worker threads")
}
