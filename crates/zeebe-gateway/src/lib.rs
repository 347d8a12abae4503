//! A Zeebe client: commands that retry what is safe to retry, and a job worker that streams and polls.
//!
//! [`GatewayClient`] implements [`connector_core::Engine`], [`JobWorker`] implements [`connector_core::JobSource`].
//! Both outlive every outage: connections, streams and tokens are renewed without anybody's help.
//!
//! ```
//! use zeebe_gateway::{GatewayClient, GatewayOptions};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! // Nothing listens there yet: a client is set up without a gateway and connects when it has something to say.
//! let client = GatewayClient::connect(GatewayOptions::new("http://127.0.0.1:1")).await?;
//! let error = client.topology().await.unwrap_err();
//! assert_eq!(error.code.as_str(), "UNAVAILABLE");
//! # Ok::<(), zeebe_gateway::GatewayError>(())
//! # }).unwrap();
//! ```
//!
//! Invariant: no command for a job is sent after the job's deadline.
//! Invariant: a command that would act twice is not repeated after it may have reached the engine.
//! Invariant: every unary call has a deadline.
//! Invariant: the environment is never read; secrets never appear in `Debug`, errors or logs.

mod auth;
mod call;
mod certificates;
mod channel;
mod client;
mod clock;
mod commands;
mod engine;
mod error;
mod gate;
mod gathered;
mod http_client;
mod limit;
mod metrics;
mod oidc;
mod options;
mod outage;
#[cfg(feature = "rest")]
mod rest;
mod saas;
mod status;
mod tokens;
mod worker;

pub use client::GatewayClient;
pub use clock::WallClock;
pub use commands::{Broker, DeployedProcess, Deployment, InstanceResult, Resource, Topology};
pub use error::GatewayError;
pub use metrics::{ClientMetrics, Counter, WorkerMetrics};
pub use oidc::{ClientAssertion, ClientProof, KeyName, OidcOptions, TokenUrl};
pub use options::{ClientIdentity, Credentials, GatewayOptions, TlsOptions};
#[cfg(feature = "rest")]
pub use rest::{Lookup, ProcessDefinition, RestClient, RestError, RestOptions, SubscribedVersion};
pub use saas::SaasCluster;
pub use tokens::AccessTokens;
pub use worker::{DrainReport, JobWorker, JobWorkerHandle, JobWorkerOptions, Tenants};

/// Compiles the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
