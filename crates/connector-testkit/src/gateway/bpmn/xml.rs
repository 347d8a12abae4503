//! Small helpers over roxmltree.

use roxmltree::Node;

/// The namespace of BPMN's own elements.
const BPMN: &str = "http://www.omg.org/spec/BPMN/20100524/MODEL";
/// The namespace of Zeebe's extension elements.
const ZEEBE: &str = "http://camunda.org/schema/zeebe/1.0";

/// Whether this is the BPMN element of that name.
pub(super) fn is_bpmn(node: Node<'_, '_>, name: &str) -> bool {
    node.has_tag_name((BPMN, name))
}

/// The name of a BPMN element; `None` for text and for elements of other namespaces.
pub(super) fn bpmn_name<'a>(node: Node<'a, '_>) -> Option<&'a str> {
    (node.is_element() && node.tag_name().namespace() == Some(BPMN)).then(|| node.tag_name().name())
}

/// The first BPMN child of that name.
pub(super) fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|child| is_bpmn(*child, name))
}

/// The first Zeebe extension element of that name.
pub(super) fn extension<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    child(node, "extensionElements")?.children().find(|child| child.has_tag_name((ZEEBE, name)))
}

/// The Zeebe children of that name.
pub(super) fn zeebe_children<'a, 'i>(
    node: Node<'a, 'i>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| child.has_tag_name((ZEEBE, name)))
}

/// All the text below a node, trimmed.
pub(super) fn text(node: Node<'_, '_>) -> String {
    node.descendants().filter(|n| n.is_text()).filter_map(|n| n.text()).collect::<String>().trim().to_owned()
}

/// A reference such as `messageRef`, without a namespace prefix; empty when absent.
pub(super) fn reference<'a>(node: Node<'a, '_>, name: &str) -> &'a str {
    let value = node.attribute(name).unwrap_or_default();
    value.rsplit(':').next().unwrap_or(value)
}
