//! The client and the worker against the test kit's gateway; time is paused, nothing waits for real.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod commands;
mod credentials;
mod disruption;
mod expiry;
mod faults;
mod job_commands;
mod kit;
mod provider;
mod recovery;
mod shutdown;
mod sockets;
mod tokens;
mod worker;
