//! The calls of the cluster's REST API (v2) that gRPC lacks: which process definitions there are, and what is in them.

mod answers;
mod client;
mod error;
mod options;
mod pages;

pub use answers::{Lookup, ProcessDefinition, SubscribedVersion};
pub use client::RestClient;
pub use error::RestError;
pub use options::RestOptions;
