//! The pass between parsing and evaluating: finds the function that each call reaches.

use crate::{
    Registry,
    syntax::{Arguments, Call, Node, Tree},
};

/// Fills in the registered functions, so that an evaluation looks up no names.
pub(crate) fn resolve(tree: &mut Tree, registry: &Registry) {
    for node in tree.iter_mut() {
        if let Node::Call(call) = node {
            call.target = target(call, registry);
        }
    }
}

fn target(call: &Call, registry: &Registry) -> Option<std::sync::Arc<crate::registry::RegisteredFunction>> {
    match &call.arguments {
        Arguments::Positional(nodes) => registry.by_count(&call.name, nodes.len()),
        Arguments::Named(nodes) => registry.by_names(&call.name, nodes.iter().map(|(name, _)| &**name)),
    }
    .cloned()
}
