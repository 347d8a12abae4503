//! Small helpers over the XML tree.

use crate::model::{Position, TemplateDetails};
use roxmltree::Node;

const BPMN: &str = "http://www.omg.org/spec/BPMN/20100524/MODEL";
const ZEEBE: &str = "http://camunda.org/schema/zeebe/1.0";

/// The local name of a BPMN element; `None` for other nodes.
pub(crate) fn bpmn_name<'a>(node: Node<'a, '_>) -> Option<&'a str> {
    (node.tag_name().namespace() == Some(BPMN)).then(|| node.tag_name().name())
}

/// The BPMN children of a name.
pub(crate) fn bpmn_children<'a, 'i: 'a>(
    node: Node<'a, 'i>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| child.has_tag_name((BPMN, name)))
}

/// The Zeebe extension elements of a name.
pub(crate) fn extensions<'a, 'i: 'a>(
    node: Node<'a, 'i>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    bpmn_children(node, "extensionElements").flat_map(move |extension| zeebe_children(extension, name))
}

/// The Zeebe children of a name.
pub(crate) fn zeebe_children<'a, 'i: 'a>(
    node: Node<'a, 'i>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| child.has_tag_name((ZEEBE, name)))
}

/// An attribute's value; an empty one counts as absent, as it does for the reference.
pub(crate) fn attribute(node: Node<'_, '_>, name: &str) -> Option<String> {
    node.attribute(name).filter(|value| !value.is_empty()).map(str::to_owned)
}

/// The element template of an element.
pub(crate) fn template(node: Node<'_, '_>) -> Option<TemplateDetails> {
    let zeebe = |name| node.attribute((ZEEBE, name)).filter(|v: &&str| !v.is_empty()).map(str::to_owned);
    Some(TemplateDetails {
        id: zeebe("modelerTemplate")?,
        version: zeebe("modelerTemplateVersion"),
        icon: zeebe("modelerTemplateIcon"),
    })
}

/// Where a node starts.
pub(crate) fn position(node: Node<'_, '_>) -> Position {
    let place = node.document().text_pos_at(node.range().start);
    Position { line: place.row, column: place.col }
}
