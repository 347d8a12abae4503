//! The tasks whose work a job worker does.

use crate::{
    model::{InputMapping, OutboundTask},
    xml::{attribute, extensions, position, template, zeebe_children},
};
use roxmltree::Node;

/// The element as an outbound task; `None` when it has no job type.
pub(crate) fn outbound_task(node: Node<'_, '_>, element_type: &str) -> Option<OutboundTask> {
    let definition = extensions(node, "taskDefinition").next()?;
    Some(OutboundTask {
        element_id: attribute(node, "id")?,
        element_name: attribute(node, "name"),
        element_type: element_type.to_owned(),
        job_type: attribute(definition, "type")?,
        inputs: inputs(node),
        headers: headers(node),
        template: template(node),
        position: position(node),
    })
}

fn inputs(node: Node<'_, '_>) -> Vec<InputMapping> {
    extensions(node, "ioMapping")
        .flat_map(|mapping| zeebe_children(mapping, "input"))
        .filter_map(|input| {
            let source = input.attribute("source").unwrap_or_default().to_owned();
            Some(InputMapping { source, target: attribute(input, "target")? })
        })
        .collect()
}

fn headers(node: Node<'_, '_>) -> Vec<(String, String)> {
    extensions(node, "taskHeaders")
        .flat_map(|headers| zeebe_children(headers, "header"))
        .filter_map(|header| {
            Some((attribute(header, "key")?, header.attribute("value").unwrap_or_default().to_owned()))
        })
        .collect()
}
