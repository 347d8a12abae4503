//! Between the process engine and the connectors: a job or a message becomes typed input, a response or an error becomes an outcome.
//!
//! Outbound: [`Headers`] and [`OutboundRequest`] from a job, [`ResultMapping`] and [`ErrorMapping`] for its expressions, [`Failure`] for what
//! goes wrong, [`Outcome`] for the one command that the job ends with. Inbound: everything in [`inbound`].
//!
//! ```
//! use connector_binding::{OutboundRequest, QueueType, read_variables};
//!
//! let variables = read_variables(r#"{
//!     "authentication": {"type": "defaultCredentialsChain"},
//!     "queue": {"url": "https://sqs.eu-central-1.amazonaws.com/123456789012/orders", "messageBody": {"amount": 1.10}}
//! }"#)?;
//! let request = OutboundRequest::bind(variables)?;
//! assert_eq!(request.region, "eu-central-1");
//! assert_eq!(request.queue_type, QueueType::Standard);
//! assert_eq!(request.body, r#"{"amount":1.10}"#);
//! # Ok::<(), connector_binding::BindingError>(())
//! ```
//!
//! Invariant: bad input never panics; it becomes an error that names the field and shows no value.
//! Invariant: numbers keep their text.
//! Invariant: this crate does no input or output.

mod chain;
mod duration;
mod endpoint;
mod error;
mod expression;
mod failure;
mod headers;
pub mod inbound;
mod java;
mod json;
mod outbound;
mod outcome;

pub use chain::ChainPolicy;
pub use duration::JavaDuration;
pub use endpoint::{EndpointPolicy, InvalidEndpointPattern};
pub use error::{BindingError, Violation};
pub use expression::{Content, ErrorMapping, ResultMapping};
pub use failure::{Failure, Retries};
pub use headers::Headers;
pub use json::{Json, read as read_variables, write as write_json};
pub use outbound::{Attribute, AttributeContent, OutboundRequest, QueueType, QueueUrl, RequestCredentials};
pub use outcome::{ErrorAction, Outcome};
