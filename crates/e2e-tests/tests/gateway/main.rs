//! The client and the worker of `zeebe-gateway` against the real Zeebe broker.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod contract;
mod every_engine;
mod faults;
mod kit;
mod load;
mod openapi;
mod proxy;
mod shutdown;
