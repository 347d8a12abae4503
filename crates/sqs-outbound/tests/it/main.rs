//! The outbound connector against a real SQS server in the process and an engine that writes commands down.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod batches;
mod fifo;
mod hostile;
mod leaks;
mod running;
mod sending;
mod support;
