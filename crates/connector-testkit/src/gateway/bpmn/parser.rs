//! Reads the processes of a BPMN file and checks them as Zeebe does when it deploys.

use super::elements::{ElementReader, Reader};
use super::model::{FlowId, NodeId, ProcessModel, SequenceFlow, Value};
use super::xml::{bpmn_name, child, is_bpmn, reference, text};
use connector_feel::FeelEngine;
use roxmltree::{Document, Node as Xml};
use std::collections::HashMap;
use std::sync::Arc;

/// What stands in a process without being a flow node.
const NOT_FLOW_NODES: [&str; 14] = [
    "association",
    "auditing",
    "category",
    "dataObject",
    "dataObjectReference",
    "dataStoreReference",
    "documentation",
    "extensionElements",
    "group",
    "incoming",
    "ioSpecification",
    "laneSet",
    "outgoing",
    "textAnnotation",
];

/// The executable processes of a file.
///
/// # Errors
/// What is wrong with the file, in the form of Zeebe's deployment rejection but for the resource's name in front.
pub(crate) fn parse(content: &[u8], feel: &FeelEngine) -> Result<Vec<ProcessModel>, String> {
    let content = std::str::from_utf8(content)
        .map_err(|error| format!("Fatal Error: URI=null Line=1: The content is not UTF-8 text: {error}"))?;
    let document = Document::parse(content.trim_start_matches('\u{feff}'))
        .map_err(|error| format!("Fatal Error: URI=null Line={}: {error}", error.pos().row))?;
    let definitions = document.root_element();
    if !is_bpmn(definitions, "definitions") {
        return Err(format!(
            "Error: URI=null Line=1: cvc-elt.1.a: Cannot find the declaration of element '{}'.",
            definitions.tag_name().name()
        ));
    }
    let mut reader = Reader::new(definitions, feel);
    let mut processes = Vec::new();
    for process in definitions.children().filter(|node| is_bpmn(*node, "process")) {
        if process.attribute("isExecutable") == Some("true") {
            processes.push(read_process(process, &mut reader)?);
        }
    }
    if processes.is_empty() {
        reader.problem("definitions", "Must contain at least one executable process");
    }
    if reader.problems.is_empty() { Ok(processes) } else { Err(reader.problems) }
}

/// The flow nodes and flows of a process, as they stand in the file.
#[derive(Default)]
struct Raw<'a, 'i> {
    nodes: Vec<Xml<'a, 'i>>,
    ids: HashMap<&'a str, NodeId>,
    flows: Vec<Xml<'a, 'i>>,
    flow_ids: HashMap<&'a str, FlowId>,
}

impl<'a, 'i> Raw<'a, 'i> {
    /// Takes in what stands in a process or sub-process, with what stands below.
    fn collect(&mut self, scope: Xml<'a, 'i>, reader: &mut Reader<'_, 'a, 'i>) {
        for element in scope.children() {
            let Some(name) = bpmn_name(element) else { continue };
            let id = element.attribute("id").unwrap_or_default();
            if name == "sequenceFlow" {
                self.flow_ids.insert(id, self.flows.len());
                self.flows.push(element);
            } else if !NOT_FLOW_NODES.contains(&name) {
                if id.is_empty() {
                    reader.problem(name, "Must have an id");
                }
                self.ids.insert(id, self.nodes.len());
                self.nodes.push(element);
                if name == "subProcess" {
                    self.collect(element, reader);
                }
            }
        }
    }

    /// The node that an attribute names.
    fn target(&self, element: Xml<'a, 'i>, attribute: &str) -> Result<NodeId, String> {
        let id = reference(element, attribute);
        self.ids.get(id).copied().ok_or_else(|| {
            let line = element.document().text_pos_at(element.range().start).row;
            format!("Error: URI=null Line={line}: cvc-id.1: There is no ID/IDREF binding for IDREF '{id}'.")
        })
    }
}

/// Reads one process.
fn read_process<'a, 'i>(
    process: Xml<'a, 'i>,
    reader: &mut Reader<'_, 'a, 'i>,
) -> Result<ProcessModel, String> {
    let id = process.attribute("id").unwrap_or_default();
    let mut raw = Raw::default();
    raw.collect(process, reader);
    let mut incoming = vec![Vec::new(); raw.nodes.len()];
    let mut outgoing = vec![Vec::new(); raw.nodes.len()];
    let mut flows = Vec::new();
    for (flow_id, element) in raw.flows.iter().enumerate() {
        let source = raw.target(*element, "sourceRef")?;
        let target = raw.target(*element, "targetRef")?;
        if let Some(flows) = outgoing.get_mut(source) {
            flows.push(flow_id);
        }
        if let Some(flows) = incoming.get_mut(target) {
            flows.push(flow_id);
        }
        flows.push(read_flow(*element, target, reader));
    }
    let mut boundaries = vec![Vec::new(); raw.nodes.len()];
    for (node_id, element) in raw.nodes.iter().enumerate() {
        if is_bpmn(*element, "boundaryEvent") {
            let host = raw.target(*element, "attachedToRef")?;
            if let Some(boundaries) = boundaries.get_mut(host) {
                boundaries.push(node_id);
            }
        }
    }
    let mut nodes = Vec::new();
    let mut parts = incoming.into_iter().zip(outgoing).zip(boundaries);
    for element in &raw.nodes {
        let ((incoming, outgoing), boundaries) = parts.next().unwrap_or_default();
        let default = element.attribute("default").and_then(|flow| raw.flow_ids.get(flow).copied());
        let start =
            none_starts(*element).next().and_then(|start| raw.ids.get(start.attribute("id")?).copied());
        let context = ElementReader { incoming, outgoing, boundaries, default, start };
        nodes.push(Arc::new(context.read(*element, reader)));
    }
    let (none_start, message_starts) = read_starts(process, &raw, reader);
    Ok(ProcessModel { id: id.into(), nodes, flows, none_start, message_starts })
}

/// The none start events right below a process or sub-process.
fn none_starts<'a, 'i>(scope: Xml<'a, 'i>) -> impl Iterator<Item = Xml<'a, 'i>> {
    scope.children().filter(|node| {
        is_bpmn(*node, "startEvent")
            && !node
                .children()
                .filter_map(|definition| bpmn_name(definition))
                .any(|name| name.ends_with("EventDefinition"))
    })
}

/// Finds the start events of the process itself and checks them.
fn read_starts<'a, 'i>(
    process: Xml<'a, 'i>,
    raw: &Raw<'a, 'i>,
    reader: &mut Reader<'_, 'a, 'i>,
) -> (Option<NodeId>, Vec<(NodeId, String)>) {
    let id = process.attribute("id").unwrap_or_default();
    let place = |node: Xml<'a, 'i>| raw.ids.get(node.attribute("id")?).copied();
    let mut none = none_starts(process);
    let none_start = none.next().and_then(place);
    if none.next().is_some() {
        reader.problem(id, "Multiple none start events are not allowed");
    }
    let mut messages: Vec<(NodeId, String)> = Vec::new();
    for start in process.children().filter(|node| is_bpmn(*node, "startEvent")) {
        let Some(definition) = child(start, "messageEventDefinition") else { continue };
        let Some(name) = reader.start_message(start, definition) else { continue };
        if messages.iter().any(|(_, other)| *other == name) {
            reader.problem(
                reference(definition, "messageRef"),
                "A message cannot be referred by more than one start event",
            );
        }
        messages.extend(place(start).map(|node| (node, name)));
    }
    if none_start.is_none() && !process.children().any(|node| is_bpmn(node, "startEvent")) {
        reader.problem(id, "Must have at least one start event");
    }
    (none_start, messages)
}

/// Reads one sequence flow.
fn read_flow(element: Xml<'_, '_>, target: NodeId, reader: &mut Reader<'_, '_, '_>) -> SequenceFlow {
    let id = element.attribute("id").unwrap_or_default();
    let condition = child(element, "conditionExpression").and_then(|condition| {
        let place = format!("{id} > conditionExpression");
        match reader.expression(&place, &text(condition)) {
            Some(Value::Feel(expression)) => Some(expression),
            _ => None,
        }
    });
    SequenceFlow { id: id.to_owned(), target, condition }
}
