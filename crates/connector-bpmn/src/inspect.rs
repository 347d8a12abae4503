//! The walk through a BPMN file.

use crate::{
    BpmnError,
    element::{Properties, eligible, inbound_element, not_eligible},
    model::ProcessModel,
    task::outbound_task,
    xml::{attribute, bpmn_children, bpmn_name},
};
use roxmltree::{Document, Node, ParsingOptions};
use std::collections::{HashMap, HashSet};

/// The largest file that is read, in bytes. Source: engines refuse commands above 4 MiB by default.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;
/// How many XML nodes a file may have.
pub const MAX_NODES: u32 = 1_000_000;
/// How deep sub-processes may be nested.
pub const MAX_DEPTH: usize = 256;

/// Reads a BPMN file: one [`ProcessModel`] for each process in it, in document order.
///
/// # Errors
/// [`BpmnError`] when the text is not BPMN or exceeds a limit. Invalid elements are no error: they are
/// listed in [`ProcessModel::inbound`].
pub fn inspect(xml: &str) -> Result<Vec<ProcessModel>, BpmnError> {
    if xml.len() > MAX_BYTES {
        return Err(BpmnError::TooLarge { bytes: xml.len(), limit: MAX_BYTES });
    }
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(xml, options)
        .map_err(|error| BpmnError::NotXml { reason: error.to_string() })?;
    let root = document.root_element();
    if bpmn_name(root) != Some("definitions") {
        return Err(BpmnError::NotBpmn { root: root.tag_name().name().to_owned() });
    }
    let file = File::new(root);
    bpmn_children(root, "process").filter_map(|process| file.process(process).transpose()).collect()
}

/// What is looked up across a whole file.
pub(crate) struct File<'a, 'i> {
    messages: HashMap<&'a str, Node<'a, 'i>>,
    duplicate_ids: HashSet<&'a str>,
}

impl<'a, 'i> File<'a, 'i> {
    fn new(root: Node<'a, 'i>) -> Self {
        let mut messages = HashMap::new();
        for message in bpmn_children(root, "message") {
            if let Some(id) = message.attribute("id") {
                messages.entry(id).or_insert(message);
            }
        }
        let (mut seen, mut duplicate_ids) = (HashSet::new(), HashSet::new());
        for id in root.descendants().filter(|n| bpmn_name(*n).is_some()).filter_map(|n| n.attribute("id")) {
            if !seen.insert(id) {
                duplicate_ids.insert(id);
            }
        }
        Self { messages, duplicate_ids }
    }

    /// The message of an id.
    pub(crate) fn message(&self, id: &str) -> Option<Node<'a, 'i>> {
        self.messages.get(id).copied()
    }

    /// Whether an id occurs more than once in the file.
    pub(crate) fn is_duplicate(&self, id: &str) -> bool {
        self.duplicate_ids.contains(id)
    }

    fn process(&self, process: Node<'a, 'i>) -> Result<Option<ProcessModel>, BpmnError> {
        let Some(bpmn_process_id) = attribute(process, "id") else { return Ok(None) };
        let mut model = ProcessModel {
            bpmn_process_id,
            name: attribute(process, "name"),
            inbound: Vec::new(),
            outbound_tasks: Vec::new(),
            findings: Vec::new(),
        };
        let mut scopes = vec![process.children()];
        while let Some(scope) = scopes.last_mut() {
            let Some(node) = scope.next() else {
                scopes.pop();
                continue;
            };
            let Some(name) = bpmn_name(node) else { continue };
            self.flow_element(node, name, &mut model);
            if is_embedded(name) {
                scopes.push(node.children());
            }
            if scopes.len() > MAX_DEPTH {
                return Err(BpmnError::TooDeep { limit: MAX_DEPTH });
            }
        }
        Ok(Some(model))
    }

    fn flow_element(&self, node: Node<'a, 'i>, name: &str, model: &mut ProcessModel) {
        if let Some(properties) = Properties::of_connector(node) {
            match eligible(name) {
                Some(kind) => {
                    let element = inbound_element(self, node, kind, properties, &mut model.findings);
                    model.inbound.push(element);
                }
                None => model.findings.push(not_eligible(node, name)),
            }
        }
        model.outbound_tasks.extend(outbound_task(node, name));
    }
}

/// The elements whose children run in the same process; a call activity's process is a file of its own.
fn is_embedded(name: &str) -> bool {
    matches!(name, "subProcess" | "transaction" | "adHocSubProcess")
}
