//! The runtime beside the test kit's two servers and a REST API whose answers the tests decide.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod cluster;
mod discovery;
mod folder;
mod http;
mod secrets;
mod world;
