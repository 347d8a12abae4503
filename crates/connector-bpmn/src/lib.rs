//! Finds the inbound connector elements and the outbound connector tasks that a BPMN file declares.
//!
//! [`inspect`] reads one file and returns a [`ProcessModel`] for each process in it: what to subscribe to,
//! and what is wrong with the elements that nothing can be subscribed for, with line and column.
//! An invalid element never hides its neighbours.
//!
//! ```
//! let models = connector_bpmn::inspect(r#"
//!   <bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
//!                     xmlns:zeebe="http://camunda.org/schema/zeebe/1.0">
//!     <bpmn:process id="orders">
//!       <bpmn:startEvent id="received">
//!         <bpmn:extensionElements><zeebe:properties>
//!           <zeebe:property name="inbound.type" value="io.camunda:aws-sqs-inbound:1"/>
//!           <zeebe:property name="queue.url" value="https://sqs.eu-central-1.amazonaws.com/1/orders"/>
//!         </zeebe:properties></bpmn:extensionElements>
//!       </bpmn:startEvent>
//!     </bpmn:process>
//!   </bpmn:definitions>"#)?;
//! let element = models[0].inbound[0].as_ref().map_err(|invalid| invalid.to_string())?;
//! assert_eq!(element.element_id, "received");
//! assert_eq!(element.property("queue.url"), Some("https://sqs.eu-central-1.amazonaws.com/1/orders"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Invariant: no document type definitions and no entities of a file's own; size and depth are limited.
//! Invariant: bytes that are no BPMN give an error, never a panic.
//! Invariant: property values are handed on as written; secrets and FEEL are not touched here.

mod element;
mod error;
mod inspect;
mod model;
mod task;
mod xml;

pub use error::BpmnError;
pub use inspect::{MAX_BYTES, MAX_DEPTH, MAX_NODES, inspect};
pub use model::{
    CorrelationPoint, ElementType, Finding, FindingCode, InboundElement, InputMapping, InvalidElement,
    OutboundTask, Position, ProcessModel, TemplateDetails,
};
