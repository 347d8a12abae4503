//! The consumers as operators see them, with what nothing can be consumed for.

use connector_bpmn::{ElementType, InboundElement, InvalidElement, TemplateDetails};
use connector_core::Health;
use sqs_inbound::{
    Activity, ConsumerCounters, ConsumerHandle, ConsumerState, Dates, DeployedElement, ProcessVersion,
    QueueDetails,
};
use std::{sync::Arc, time::SystemTime};

/// One element of a listed consumer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListedElement {
    pub(crate) process: Arc<ProcessVersion>,
    pub(crate) element_id: String,
    pub(crate) element_name: Option<String>,
    pub(crate) element_type: ElementType,
    pub(crate) message_name: Option<String>,
    pub(crate) template: Option<TemplateDetails>,
    /// As written, secrets as placeholders.
    pub(crate) properties: Vec<(String, String)>,
}

impl ListedElement {
    pub(crate) fn new(deployed: &DeployedElement) -> Self {
        let InboundElement {
            element_id,
            element_name,
            element_type,
            correlation_point,
            properties,
            template,
            ..
        } = &deployed.element;
        Self {
            process: Arc::clone(&deployed.process),
            element_id: element_id.clone(),
            element_name: element_name.clone(),
            element_type: *element_type,
            message_name: correlation_point.message_name().map(str::to_owned),
            template: template.clone(),
            properties: properties.clone(),
        }
    }

    pub(crate) fn invalid(process: &Arc<ProcessVersion>, element: &InvalidElement) -> Self {
        Self {
            process: Arc::clone(process),
            element_id: element.element_id.clone(),
            element_name: element.element_name.clone(),
            element_type: element.element_type,
            message_name: None,
            template: None,
            properties: Vec::new(),
        }
    }
}

/// Elements that nobody consumes for, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Idle {
    pub(crate) id: String,
    pub(crate) connector_type: String,
    pub(crate) elements: Vec<ListedElement>,
    pub(crate) state: ConsumerState,
    pub(crate) since: SystemTime,
}

/// A consumer, or what nobody consumes for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Listed {
    pub(crate) id: String,
    pub(crate) connector_type: String,
    pub(crate) elements: Vec<ListedElement>,
    pub(crate) state: ConsumerState,
    pub(crate) health: Health,
    pub(crate) dates: Dates,
    pub(crate) queue: Option<Arc<QueueDetails>>,
    pub(crate) activities: Vec<Activity>,
    pub(crate) counters: ConsumerCounters,
}

impl Listed {
    pub(crate) fn consumer(handle: &ConsumerHandle) -> Self {
        let group = handle.group();
        Self {
            id: group.id().to_owned(),
            connector_type: group.connector_type().to_owned(),
            elements: group.members().map(|member| ListedElement::new(&member.deployed)).collect(),
            state: handle.state().borrow().clone(),
            health: handle.health().borrow().clone(),
            dates: handle.dates(),
            queue: handle.queue(),
            activities: handle.activities(),
            counters: handle.counters(),
        }
    }

    pub(crate) fn idle(idle: &Idle) -> Self {
        let mut dates = Dates::default();
        dates.health_changed = Some(idle.since);
        Self {
            id: idle.id.clone(),
            connector_type: idle.connector_type.clone(),
            elements: idle.elements.clone(),
            state: idle.state.clone(),
            health: idle.state.health().unwrap_or_default(),
            dates,
            queue: None,
            activities: Vec::new(),
            counters: ConsumerCounters::default(),
        }
    }

    /// The process that the elements belong to; all of a consumer's belong to one.
    pub(crate) fn process(&self) -> Option<&ProcessVersion> {
        self.elements.first().map(|element| element.process.as_ref())
    }
}
