//! A Zeebe gateway with an engine in memory, for tests and for the demo.
//!
//! It is a test kit: one partition, nothing on disk, and of BPMN what connectors need.
//! Within that it behaves as a real gateway does towards a real client: jobs are polled or pushed, time out and
//! come back; messages are kept, correlated once to each process and refused twice; what Zeebe rejects is
//! rejected with Zeebe's status and text. Time is tokio's clock, so a test can pause it. A [`Faults`] plan
//! makes calls fail, hang, or lose their answers.
//!
//! It runs: none and message start events; service, send, script and business rule tasks with a job type;
//! receive, manual and undefined tasks; message and timer catch events; message, timer (both also not
//! interrupting) and error boundary events; exclusive and parallel gateways; embedded sub-processes; none, error,
//! terminate and job-type message end events; input and output mappings in FEEL. Anything else is refused when it
//! is deployed, with the element's name. `now()` in FEEL is the machine's clock, timers follow tokio's.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use connector_testkit::gateway::{GatewayServer, GatewayServerOptions};
//!
//! let server = GatewayServer::start(GatewayServerOptions::default()).await?;
//! assert!(server.address().starts_with("http://127.0.0.1:"));
//! assert_eq!(server.view(|state| state.counts().instances_active), 0);
//! server.shutdown().await;
//! # Ok::<(), std::io::Error>(())
//! # }).unwrap();
//! ```

mod bpmn;
mod clock;
mod connection;
mod engine;
mod faults;
mod inspect;
mod memory;
mod rpc;
mod server;
mod service;
mod shared;
mod worker_streams;

pub use faults::{Fault, Faults, Loss};
pub use inspect::{
    Counts, DeployedProcess, GatewayView, IncidentKind, IncidentSnapshot, InstanceState, JobSnapshot,
    JobState, MessageSubscription, ProcessInstance, PublishedMessage,
};
pub use rpc::Rpc;
pub use server::{GatewayServer, GatewayServerOptions};
