//! The binary against the test kit's servers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod bad_input;
mod command_line;
mod demo;
mod leaks;
mod peek;
mod shutdown;
mod world;
