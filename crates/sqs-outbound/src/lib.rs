//! The outbound connector: a job of the process engine becomes one SQS message.
//!
//! [`Outbound::handle`] is the whole way of a job; [`Outbound::run`] does it for all jobs of a source, as many at a time as the source
//! gives permits for. The engine is known only through its trait, SQS only through `sqs-transport`.
//!
//! ```
//! use connector_binding::{ChainPolicy, EndpointPolicy};
//! use sqs_outbound::{FifoDeduplication, OutboundOptions};
//!
//! let options = OutboundOptions {
//!     endpoints: EndpointPolicy::new(["localhost:9324"])?,
//!     default_chain: ChainPolicy::Queues(vec!["arn:aws:sqs:eu-central-1:*:orders-*".to_owned()]),
//!     fifo_deduplication: FifoDeduplication::JobKey,
//!     ..OutboundOptions::default()
//! };
//! assert!(options.endpoints.check("http://localhost:9324").is_ok());
//! assert!(options.endpoints.check("http://169.254.169.254").is_err());
//! # Ok::<(), connector_binding::InvalidEndpointPattern>(())
//! ```
//!
//! Invariant: one job ends with at most one command, and with none after its deadline.
//! Invariant: messages of one group are sent in the order in which [`Outbound::run`] got their jobs.
//! Invariant: nothing is sent before headers, expressions, secrets and input have been found right.
//! Invariant: no text that leaves this crate shows a secret that the job's placeholders brought in.

mod aws_error;
mod counters;
mod limits;
mod mappings;
mod options;
mod outbound;
mod pipeline;
mod turns;

pub use counters::OutboundCounters;
pub use limits::check_limits;
pub use mappings::InputMappings;
pub use options::{FifoDeduplication, OutboundOptions};
pub use outbound::{Handled, Outbound};
