//! What the end-to-end tests need: the connector as a child process, an engine client, queues, process templates.
//!
//! ```
//! let process = e2e_tests::process("relay", &[("PROCESS_ID", "relay-1")]).unwrap();
//! assert!(process.contains(r#"<bpmn:process id="relay-1""#));
//! ```
//!
//! Invariant: servers are never started here; `cargo xtask e2e` hands their addresses in.

mod connector;
mod engine;
mod incident;
mod model;
mod processes;
mod queues;
mod servers;

pub use connector::Connector;
pub use engine::Engine;
pub use model::{Inbound, Model};
pub use processes::process;
pub use queues::{Queue, Received};
pub use servers::Servers;
