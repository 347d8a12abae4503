//! The binary against the real Zeebe broker and a real SQS server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod bad_input;
mod catch;
mod crash;
mod inbound;
mod orders;
mod outbound;
mod relay;
