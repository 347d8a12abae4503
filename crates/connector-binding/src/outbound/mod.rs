//! A job's variables become the typed request of the outbound connector.

mod fields;
mod function;
mod input;
mod request;
mod validate;

pub use request::{Attribute, AttributeContent, OutboundRequest, QueueType, QueueUrl, RequestCredentials};
