//! The inbound connector: an SQS message becomes a process instance or a published message.
//!
//! [`group`] sorts the inbound elements of deployed processes into [`Group`]s that share a queue; a [`Consumer`] runs
//! for each. What a message means is decided by [`correlate`], which does no input or output.
//!
//! ```
//! use connector_bpmn::inspect;
//! use connector_core::{ProcessDefinitionKey, TenantId};
//! use connector_feel::{FeelEngine, FeelOptions};
//! use sqs_inbound::{DeployedElement, ProcessVersion, group};
//! use std::sync::Arc;
//!
//! let model = inspect(r#"
//!   <bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
//!                     xmlns:zeebe="http://camunda.org/schema/zeebe/1.0">
//!     <bpmn:process id="orders"><bpmn:startEvent id="received"><bpmn:extensionElements><zeebe:properties>
//!       <zeebe:property name="inbound.type" value="io.camunda:aws-sqs-inbound:1"/>
//!     </zeebe:properties></bpmn:extensionElements></bpmn:startEvent></bpmn:process>
//!   </bpmn:definitions>"#)?.remove(0);
//! let process = Arc::new(ProcessVersion {
//!     bpmn_process_id: model.bpmn_process_id, name: None, version: 1,
//!     process_definition_key: ProcessDefinitionKey::new(2251799813685249), tenant_id: TenantId::default(),
//! });
//! let elements = model.inbound.into_iter().flatten()
//!     .map(|element| DeployedElement { process: Arc::clone(&process), element });
//! let grouping = group(elements.collect(), &FeelEngine::new(FeelOptions::default()));
//! assert_eq!(grouping.groups[0].first().element_id(), "received");
//! # Ok::<(), connector_bpmn::BpmnError>(())
//! ```
//!
//! Invariant: a message is deleted only after the engine accepted it, or when its elements say so.
//! Invariant: while the engine is unavailable nothing is received.
//! Invariant: bodies and secrets are never logged.

mod activity;
mod advice;
mod connect;
mod consumer;
mod correlate;
mod counters;
mod deployed;
mod error;
mod gate;
mod group;
mod input;
mod normalise;
mod options;
mod outcome;
mod peek;
mod pipeline;
mod queue;
mod state;

pub use activity::{Activity, ActivityLog, Clock, Severity, Tag};
pub use consumer::{Consumer, ConsumerHandle, Dates, Services};
pub use correlate::{Command, Correlation, MAX_VARIABLES_BYTES, Refusal, correlate};
pub use counters::ConsumerCounters;
pub use deployed::{DeployedElement, ProcessVersion};
pub use error::InboundError;
pub use group::{Group, Grouping, InvalidGroup, Member, group};
pub use options::{ConsumerOptions, PoisonPolicy};
pub use outcome::{Disposition, Outcome};
pub use peek::{ConditionResult, Peeked, peek};
pub use queue::QueueDetails;
pub use state::ConsumerState;
