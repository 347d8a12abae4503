//! The sender and the receiver on the real AWS SDK against the test kit's SQS.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

mod bench;
mod faults;
mod network;
mod proxy;
mod receiver;
mod schedules;
mod sender;
mod setup;
