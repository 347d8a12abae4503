//! The runtime around the two connectors: settings, processes, the worker, the consumers.
//!
//! [`Settings`] come from a file and from the [`Environment`] that the caller hands in; [`Runtime`] deploys what is in
//! the folder of processes, activates what the files declare, works on jobs, and drains at the end.
//!
//! ```
//! use connector_runtime::{Environment, Settings};
//!
//! let environment = Environment::new([("ZEEBE_ADDRESS".to_owned(), "zeebe:26500".to_owned())]);
//! let settings = Settings::load(None, &environment)?;
//! assert_eq!(settings.gateway.address, "http://zeebe:26500");
//! # Ok::<(), connector_runtime::RuntimeError>(())
//! ```
//!
//! Invariant: the process's environment is never read here, only what the caller hands in.
//! Invariant: one process, consumer or job that fails stops no other.

mod aws;
mod discovery;
mod error;
mod gateway;
mod http;
mod inbound;
mod known_tasks;
mod lifecycle;
mod listing;
mod long_work;
mod outbound;
mod peek;
mod processes;
mod runtime;
mod secrets;
mod settings;
mod timing;
mod totals;

pub use error::RuntimeError;
pub use peek::{PeekOptions, PeekedGroup, peek};
pub use runtime::{Report, Runtime};
pub use settings::{
    AwsSettings, ConsoleSettings, Environment, GatewayAuthentication, GatewaySettings, HttpSettings,
    InboundSettings, LogSettings, OutboundSettings, RuntimeSettings, SETTINGS, SecretSettings, Setting,
    Settings, VaultSettings,
};
pub use sqs_inbound::{Command, Correlation, InboundError, Peeked};
