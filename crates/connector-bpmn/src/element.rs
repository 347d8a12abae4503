//! One element with an inbound connector.
//!
//! Source: connector-behaviour of the reference's process inspection; what it drops or fails as a whole
//! is an invalid element here, so that the neighbours go on.

use crate::{
    inspect::File,
    model::{CorrelationPoint, ElementType, Finding, FindingCode, InboundElement, InvalidElement},
    xml::{attribute, bpmn_children, bpmn_name, extensions, position, template, zeebe_children},
};
use roxmltree::Node;

const TYPE_PROPERTY: &str = "inbound.type";
const KEY_PROPERTY: &str = "correlationKeyExpression";

/// The properties of an element, and what is odd about them.
pub(crate) struct Properties {
    values: Vec<(String, String)>,
    findings: Vec<Finding>,
}

impl Properties {
    /// Reads `zeebe:properties`; without `inbound.type` the element carries no inbound connector.
    pub(crate) fn of_connector(node: Node<'_, '_>) -> Option<Self> {
        let mut properties = Self { values: Vec::new(), findings: Vec::new() };
        for property in extensions(node, "properties").flat_map(|list| zeebe_children(list, "property")) {
            if let (Some(name), Some(value)) = (attribute(property, "name"), attribute(property, "value")) {
                properties.add(property, name, value);
            }
        }
        properties.get(TYPE_PROPERTY).is_some().then_some(properties)
    }

    fn add(&mut self, node: Node<'_, '_>, name: String, value: String) {
        if self.get(&name).is_some() {
            let message = format!("property '{name}' is given twice, the first one counts: remove the other");
            self.findings.push(finding(node, FindingCode::DuplicateProperty, message));
        } else {
            self.values.push((name, value));
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// The kinds of elements that can carry an inbound connector.
pub(crate) fn eligible(name: &str) -> Option<ElementType> {
    Some(match name {
        "startEvent" => ElementType::StartEvent,
        "intermediateCatchEvent" => ElementType::IntermediateCatchEvent,
        "boundaryEvent" => ElementType::BoundaryEvent,
        "receiveTask" => ElementType::ReceiveTask,
        _ => return None,
    })
}

/// The element with everything that is wrong with it; harmless oddities go to `findings`.
pub(crate) fn inbound_element(
    file: &File<'_, '_>,
    node: Node<'_, '_>,
    element_type: ElementType,
    mut properties: Properties,
    findings: &mut Vec<Finding>,
) -> Result<InboundElement, InvalidElement> {
    findings.append(&mut properties.findings);
    let element_id = attribute(node, "id").unwrap_or_default();
    let element_name = attribute(node, "name");
    let connector_type = properties.get(TYPE_PROPERTY).unwrap_or_default().to_owned();
    let checked = check_id(file, node, &element_id)
        .and_then(|()| correlation_point(file, node, element_type, &properties));
    match checked {
        Err(finding) => {
            Err(InvalidElement { element_id, element_name, element_type, connector_type, finding })
        }
        Ok(correlation_point) => {
            findings.extend(unnamed_message(node, &correlation_point));
            Ok(InboundElement {
                element_id,
                element_name,
                element_type,
                connector_type,
                correlation_point,
                properties: properties.values,
                template: template(node),
                position: position(node),
            })
        }
    }
}

fn check_id(file: &File<'_, '_>, node: Node<'_, '_>, id: &str) -> Result<(), Finding> {
    if id.is_empty() {
        let message = "an element with an inbound connector has no id: give it one".to_owned();
        return Err(finding(node, FindingCode::MissingId, message));
    }
    if file.is_duplicate(id) {
        let message = format!("id '{id}' is used more than once in the file: give each element its own");
        return Err(finding(node, FindingCode::DuplicateId, message));
    }
    Ok(())
}

fn correlation_point(
    file: &File<'_, '_>,
    node: Node<'_, '_>,
    element_type: ElementType,
    properties: &Properties,
) -> Result<CorrelationPoint, Finding> {
    match element_type {
        ElementType::ReceiveTask => message_point(file, node, node, properties),
        ElementType::StartEvent => match message_definition(node) {
            None => Ok(CorrelationPoint::StartEvent),
            Some(definition) => {
                let (message_name, subscription_key) = message(file, node, definition)?;
                Ok(CorrelationPoint::MessageStartEvent { message_name, subscription_key })
            }
        },
        ElementType::IntermediateCatchEvent | ElementType::BoundaryEvent => {
            let definition = required_message_definition(node, element_type)?;
            message_point(file, node, definition, properties)
        }
    }
}

fn message_point(
    file: &File<'_, '_>,
    node: Node<'_, '_>,
    referring: Node<'_, '_>,
    properties: &Properties,
) -> Result<CorrelationPoint, Finding> {
    let (message_name, subscription_key) = message(file, node, referring)?;
    if properties.get(KEY_PROPERTY).is_none() {
        let message =
            format!("missing required property {KEY_PROPERTY}: fill in \"Correlation key (payload)\"");
        return Err(finding(node, FindingCode::MissingCorrelationKey, message));
    }
    let attached_to = attribute(node, "attachedToRef");
    Ok(CorrelationPoint::Message { message_name, subscription_key, attached_to })
}

fn message_definition<'a, 'i>(node: Node<'a, 'i>) -> Option<Node<'a, 'i>> {
    bpmn_children(node, "messageEventDefinition").next()
}

fn required_message_definition<'a, 'i>(
    node: Node<'a, 'i>,
    element_type: ElementType,
) -> Result<Node<'a, 'i>, Finding> {
    if let Some(definition) = message_definition(node) {
        return Ok(definition);
    }
    let other = node.children().filter_map(bpmn_name).find(|name| name.ends_with("EventDefinition"));
    Err(match other {
        Some(other) => finding(
            node,
            FindingCode::NotAMessageEvent,
            format!("a {element_type} with an inbound connector must be a message event, it has a {other}"),
        ),
        None => finding(
            node,
            FindingCode::MissingEventDefinition,
            format!(
                "a {element_type} with an inbound connector has no event definition: make it a message event"
            ),
        ),
    })
}

/// The name and the subscription key of the message that `referring` refers to.
fn message(
    file: &File<'_, '_>,
    node: Node<'_, '_>,
    referring: Node<'_, '_>,
) -> Result<(Option<String>, Option<String>), Finding> {
    let missing = |message| finding(node, FindingCode::MissingMessage, message);
    let Some(reference) = attribute(referring, "messageRef") else {
        return Err(missing("no message is referenced: choose one or apply the template again".to_owned()));
    };
    let Some(message) = file.message(&reference) else {
        return Err(missing(format!(
            "the referenced message '{reference}' is not in the file: choose another"
        )));
    };
    if file.is_duplicate(&reference) {
        let text = format!("id '{reference}' of the message is used more than once: give each its own");
        return Err(finding(node, FindingCode::DuplicateId, text));
    }
    let key = extensions(message, "subscription").find_map(|node| attribute(node, "correlationKey"));
    Ok((attribute(message, "name"), key))
}

fn unnamed_message(node: Node<'_, '_>, point: &CorrelationPoint) -> Option<Finding> {
    (*point != CorrelationPoint::StartEvent && point.message_name().is_none()).then(|| {
        let message = "the message has no name, so what is received stays in the queue: name the message";
        finding(node, FindingCode::MissingMessageName, message.to_owned())
    })
}

fn finding(node: Node<'_, '_>, code: FindingCode, message: String) -> Finding {
    Finding { code, message, position: position(node) }
}

/// A connector on an element that cannot carry one.
pub(crate) fn not_eligible(node: Node<'_, '_>, name: &str) -> Finding {
    let message = format!(
        "a {name} cannot carry an inbound connector: use a start, catch or boundary event or a receive task"
    );
    finding(node, FindingCode::NotEligible, message)
}
