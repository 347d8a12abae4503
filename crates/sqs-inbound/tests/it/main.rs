//! What consumers do with messages, on the real AWS SDK against the test kit's SQS, on a paused clock.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

mod activation;
mod consumer;
mod correlation;
mod grouping;
#[path = "../common/only_inbound.rs"]
mod only_inbound;
mod peeking;
mod setup;
