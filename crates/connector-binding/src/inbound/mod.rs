//! The inbound connector's side: raw BPMN properties become typed ones, an SQS message becomes what expressions see.
//!
//! [`InboundProperties`] says where and how to receive (secrets resolved), [`ElementProperties`] what one element
//! does with a message, [`message_context`] what expressions see of it.

mod body;
mod connection;
mod element;
mod error;
mod message;
mod names;
mod paths;
mod properties;
#[cfg(test)]
mod tests;

pub use body::{MAX_BODY_DEPTH, parse_body};
pub use connection::ConnectionRules;
pub use element::{Deduplication, ElementProperties, is_runtime_property};
pub use error::InboundBindingError;
pub use message::{InboundAttribute, InboundMessage, message_context};
pub use names::parse_names;
pub use properties::{BoundInbound, InboundBinder, InboundProperties};
