//! Amazon SQS inside the process: standard and FIFO queues behind the AWS JSON 1.0 protocol.
//!
//! [`SqsServer::start`] listens on a loopback port; any SDK that is given [`SqsServer::endpoint`] works against it.
//! Time comes from tokio's clock, so delays, visibility timeouts and the deduplication window follow a paused clock.
//! [`Fault`] plans make an operation fail, stall, lose its answer or lie about a checksum.
//!
//! Source of the behaviour: the Amazon SQS API reference and developer guide.

mod account;
mod attribute;
mod clock;
mod digest;
mod error;
mod faults;
mod http;
mod operation;
mod operations;
mod options;
mod queue;
mod recorder;
mod refusal;
#[cfg(feature = "sdk-client")]
mod sdk_client;
mod server;
mod signature;

#[cfg(feature = "conformance")]
pub mod conformance;

pub use attribute::{MessageAttribute, MessageAttributeValue};
pub use error::SqsServerError;
pub use faults::{Checksum, EntryFailure, Fault, FaultEffect, FaultPlanError};
pub use operation::Operation;
pub use options::{AccessKey, IdScheme, SqsServerOptions, Validation};
pub use queue::{MessagePhase, QueueCounters, QueueDepth, StoredMessage};
pub use recorder::RecordedRequest;
pub use server::SqsServer;
