//! The commands of the binary, one file each.

pub(crate) mod dev;
pub(crate) mod feel;
pub(crate) mod receive;
pub(crate) mod run;
pub(crate) mod settings;

use anyhow::{Context, Result};

/// The asynchronous runtime that a command runs on; `None` = a worker thread for each core.
pub(crate) fn executor(worker_threads: Option<usize>) -> Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(count) = worker_threads {
        builder.worker_threads(count);
    }
    builder.enable_all().build().context("cannot start the worker threads")
}

/// Variables that are not text cannot be settings or secrets.
pub(crate) fn process_environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_executor_has_as_many_worker_threads_as_it_is_asked_for() {
        for count in [1, 3] {
            assert_eq!(executor(Some(count)).unwrap().metrics().num_workers(), count);
        }
    }
}
