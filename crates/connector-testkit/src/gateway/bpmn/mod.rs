//! The part of BPMN that the engine runs: the model and how it is read from XML.

mod duration;
mod elements;
mod model;
mod parser;
mod xml;

pub(crate) use duration::parse_duration;
pub(crate) use model::{
    EndKind, FlowId, JobDefinition, Mapping, MessageTrigger, Node, NodeId, NodeKind, ProcessModel,
    TimerTrigger, Trigger, Value,
};
pub(crate) use parser::parse;
