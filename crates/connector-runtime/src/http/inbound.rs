//! The consumers as JSON, in the Java runtime's fields.

use super::{
    shown::{epoch_millis, instant, properties},
    view::View,
};
use crate::{
    listing::{Listed, ListedElement},
    totals::Counts,
};
use connector_binding::inbound::is_runtime_property;
use connector_core::Health;
use serde_json::{Map, Value, json};
use sqs_inbound::{Activity, QueueDetails};

const CONNECTOR_NAME: &str = "AWS SQS Inbound";
/// The Java runtime's name for the one cluster that it is connected to.
const PHYSICAL_TENANT: &str = "default";

/// What of the consumers is asked for; `None` = all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    pub(super) tenant_id: Option<String>,
    pub(super) bpmn_process_id: Option<String>,
    pub(super) element_id: Option<String>,
    pub(super) connector_type: Option<String>,
}

impl Filter {
    pub(super) fn matches(&self, listed: &Listed) -> bool {
        let is =
            |wanted: &Option<String>, value: &str| wanted.as_deref().is_none_or(|wanted| wanted == value);
        let process = listed.process();
        is(&self.connector_type, &listed.connector_type)
            && is(&self.tenant_id, process.map_or("", |process| process.tenant_id.as_str()))
            && is(&self.bpmn_process_id, process.map_or("", |process| &process.bpmn_process_id))
            && (self.element_id.is_none()
                || listed.elements.iter().any(|element| is(&self.element_id, &element.element_id)))
    }
}

/// One consumer.
pub(super) fn connector(listed: &Listed) -> Value {
    let tenant = listed.process().map(|process| process.tenant_id.as_str());
    let of_connector = listed.elements.first().map(|first| first.properties.as_slice()).unwrap_or_default();
    let data = properties(of_connector.iter().filter(|(name, _)| !is_runtime_property(name)));
    json!({
        "executableId": listed.id,
        "type": listed.connector_type,
        "tenantId": tenant,
        "elements": listed.elements.iter().map(element).collect::<Vec<_>>(),
        "data": data,
        "health": health(listed),
        "activationTimestamp": listed.dates.activated.and_then(epoch_millis),
        "logs": listed.activities.iter().map(activity).collect::<Vec<_>>(),
        "physicalTenantId": PHYSICAL_TENANT,
    })
}

fn element(element: &ListedElement) -> Value {
    let process = &element.process;
    let template = element
        .template
        .as_ref()
        .map(|template| json!({ "id": template.id, "version": template.version, "icon": template.icon }));
    json!({
        "bpmnProcessId": process.bpmn_process_id,
        "processName": process.name,
        "messageName": element.message_name,
        "version": process.version,
        "processDefinitionKey": process.process_definition_key.get(),
        "elementId": element.element_id,
        "elementName": element.element_name,
        "elementType": element.element_type.as_str(),
        "tenantId": process.tenant_id.as_str(),
        "physicalTenantId": PHYSICAL_TENANT,
        "elementTemplateDetails": template,
        "properties": properties(&element.properties),
    })
}

/// A consumer's health, with what is known of its queue.
pub(super) fn health(listed: &Listed) -> Value {
    let (status, error) = match &listed.health {
        Health::Up => ("UP", Value::Null),
        Health::Down { code, message } => ("DOWN", json!({ "code": code, "message": message })),
        _ => ("UNKNOWN", Value::Null),
    };
    json!({
        "status": status,
        "error": error,
        "details": listed.queue.as_deref().map(queue),
        "lastUpdatedAt": listed.dates.health_changed.map(instant),
    })
}

fn queue(queue: &QueueDetails) -> Value {
    json!({
        "queueUrl": queue.url,
        "fifo": queue.facts.fifo,
        "visibilityTimeoutSeconds": queue.visibility.as_secs(),
        "messageRetentionSeconds": queue.facts.retention.as_secs(),
        "deadLetterTargetArn": queue.facts.dead_letter_target_arn,
        "maxReceiveCount": queue.facts.max_receive_count,
        "warnings": queue.warnings,
    })
}

fn activity(activity: &Activity) -> Value {
    let data: Map<String, Value> =
        activity.data.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
    json!({
        "severity": activity.severity.as_str(),
        "tag": activity.tag.as_str(),
        "timestamp": instant(activity.timestamp),
        "message": activity.message,
        "data": if data.is_empty() { Value::Null } else { data.into() },
        "healthChange": null,
    })
}

/// A consumer's activities, each with the process that it happened in.
pub(super) fn logs(listed: &Listed, view: &View) -> Value {
    let with_runtime = listed.activities.iter().map(|entry| {
        let mut shown = activity(entry);
        if let Some(fields) = shown.as_object_mut() {
            fields.insert("runtimeId".to_owned(), view.runtime_id.as_str().into());
        }
        shown
    });
    with_runtime.collect()
}

/// A consumer's health, with the process that it is of.
pub(super) fn health_of_runtime(listed: &Listed, view: &View) -> Value {
    let mut shown = health(listed);
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("runtimeId".to_owned(), view.runtime_id.as_str().into());
    }
    json!([shown])
}

/// The consumers by connector type.
pub(super) fn instances(listed: &[Listed]) -> Vec<Value> {
    let mut types: Vec<&str> = listed.iter().map(|listed| listed.connector_type.as_str()).collect();
    types.sort_unstable();
    types.dedup();
    let of = |wanted: &str| {
        let instances = listed.iter().filter(|listed| listed.connector_type == wanted).map(connector);
        json!({
            "connectorId": wanted,
            "connectorName": CONNECTOR_NAME,
            "instances": instances.collect::<Vec<_>>(),
        })
    };
    types.into_iter().map(of).collect()
}

/// What the consumers have counted.
pub(super) fn metrics(view: &View, connector_type: Option<&str>) -> Value {
    let mut all = Counts::default();
    for (kind, counts) in view.inbound.counts() {
        if connector_type.is_none_or(|wanted| wanted == kind.connector_type) {
            all.add(&counts);
        }
    }
    json!([{
        "runtimeId": view.runtime_id,
        "runtime": { "uptimeSeconds": view.started.elapsed().as_secs() },
        "activation": {
            "activated": all.activated,
            "deactivated": all.deactivated,
            "activationFailed": all.activation_failed,
            "lastActivated": all.last_activated.and_then(epoch_millis),
        },
        "trigger": {
            "triggered": all.triggered,
            "correlated": all.correlated,
            "correlationFailed": all.correlation_failed,
            "activationConditionFailed": all.activation_condition_failed,
            "lastTriggered": all.last_triggered.and_then(epoch_millis),
        },
    }])
}
