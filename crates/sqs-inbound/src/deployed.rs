//! Elements of deployed process versions.

use connector_bpmn::InboundElement;
use connector_core::{ProcessDefinitionKey, TenantId};
use std::sync::Arc;

/// One deployed version of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessVersion {
    /// The id of the process in its BPMN.
    pub bpmn_process_id: String,
    /// The name of the process, when it has one.
    pub name: Option<String>,
    /// The version, counted from 1.
    pub version: i32,
    /// The key of this version.
    pub process_definition_key: ProcessDefinitionKey,
    /// The tenant that it is deployed for.
    pub tenant_id: TenantId,
}

/// An inbound element of a deployed process version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployedElement {
    /// The process version.
    pub process: Arc<ProcessVersion>,
    /// The element.
    pub element: InboundElement,
}
