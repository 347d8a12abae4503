//! The gateway through a generated client.
//!
//! What stands in `jobs`, `messages`, `processes` and `deployments` is true of a real broker too: name its
//! address in `ZEEBE_GRPC_ADDRESS` and the same tests run against it. `kit` tests what only the kit has.

mod bpmn;
mod broker;
mod deployments;
mod jobs;
mod kit;
mod messages;
mod processes;
