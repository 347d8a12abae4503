//! What the crates of sqs-connector share: keys, jobs, the engine as a trait, backoff.
//!
//! The two connectors know the process engine only through [`Engine`] and [`JobSource`];
//! `zeebe-gateway` implements both over gRPC, tests implement them in memory.
//!
//! ```
//! use connector_core::{Backoff, JobKey};
//! use std::time::Duration;
//!
//! let backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(5), 1.6);
//! assert_eq!(backoff.delay(1), Duration::from_millis(50));
//! assert_eq!(backoff.delay(2), Duration::from_millis(80));
//! assert_eq!(backoff.delay(100), Duration::from_secs(5));
//! assert_eq!(JobKey::new(2251799813685250).to_string(), "2251799813685250");
//! ```
//!
//! Invariant: this crate does no input or output and never reads the environment.
//! Invariant: no type here shows a resolved secret in `Debug`.

mod backoff;
mod engine;
mod error;
mod health;
mod job;
mod keys;
mod metadata_address;
mod raw_json;

pub use backoff::{Backoff, Jitter};
pub use engine::{BpmnError, CreateInstance, Engine, JobFailure, PublishMessage, Published};
pub use error::{EngineError, EngineErrorCode, ErrorKind};
pub use health::Health;
pub use job::{ActivatedJob, Job, JobLease, JobSource, Permit};
pub use keys::{ElementInstanceKey, JobKey, MessageKey, ProcessDefinitionKey, ProcessInstanceKey, TenantId};
pub use metadata_address::is_metadata_address;
pub use raw_json::{InvalidJson, RawJson};
