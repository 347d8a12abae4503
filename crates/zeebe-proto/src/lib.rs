//! The gRPC types, client and server of a Zeebe gateway: what prost and tonic make of `proto/gateway.proto`.
//!
//! `zeebe-gateway` builds a client on it that retries, streams and recovers; the test kit builds a server on it.
//! Only the calls that those two need are described, so this is no complete Zeebe API.
//!
//! ```
//! use zeebe_proto::CompleteJobRequest;
//!
//! let request = CompleteJobRequest { job_key: 2251799813685250, variables: "{}".to_owned() };
//! assert_eq!(prost::Message::encoded_len(&request), 13);
//! ```
//!
//! Invariant: nothing here is written by hand; `cargo xtask codegen` writes it, `--check` holds it.

#[allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic, clippy::restriction)]
mod gateway_protocol {
    // Included, not declared, so that rustfmt leaves the generated text alone.
    include!("generated/gateway_protocol.rs");
}

pub use gateway_protocol::*;
