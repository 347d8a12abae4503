//! The pass between parsing and evaluating: finds out once what each evaluation would look up again.

use std::{collections::HashSet, sync::Arc};

use crate::{
    Registry, Value,
    evaluate::{Evaluator, Inputs, Program, Scope},
    registry::RegisteredFunction,
    syntax::{Arguments, Call, Node, NodeId, Tree},
};

/// Calls with longer literals are left to the evaluation, so that compiling stays cheap.
const LONGEST_CONSTANT: usize = 64;

/// Fills in the functions that calls reach, so that an evaluation looks up no names; which names are mentioned; and what
/// calls such as `duration("P1D")` come to.
pub(crate) fn resolve(program: &mut Program, registry: &Registry) {
    for node in program.tree.iter_mut() {
        if let Node::Call(call) = node {
            call.target = target(call, registry);
        }
    }
    mark_mentioned(&mut program.tree);
    let calls = program.tree.ids().filter(|id| is_constant(&program.tree, *id));
    let constants: Vec<(NodeId, Node)> = calls.filter_map(|id| Some((id, constant(program, id)?))).collect();
    for (id, constant) in constants {
        if let Some(Node::Call(call)) = program.tree.node_mut(id) {
            call.constant = Some(constant);
        }
    }
}

fn constant(program: &Program, id: NodeId) -> Option<Node> {
    literal(Evaluator::new(program, Inputs::default(), usize::MAX).evaluate(id, &Scope::default()).ok()?)
}

fn target(call: &Call, registry: &Registry) -> Option<Arc<RegisteredFunction>> {
    match &call.arguments {
        Arguments::Positional(nodes) => registry.by_count(&call.name, nodes.len()),
        Arguments::Named(nodes) => registry.by_names(&call.name, nodes.iter().map(|(name, _)| &**name)),
    }
    .cloned()
}

/// An entry of a context that nobody mentions needs no place in a scope.
fn mark_mentioned(tree: &mut Tree) {
    let Some(names) = mentioned(tree) else { return };
    let ignores_item = !names.contains("item");
    let flags: Vec<bool> = entries(tree).map(|key| names.contains(key)).collect();
    let mut flags = flags.into_iter();
    for node in tree.iter_mut() {
        if let Node::Context(entries) = node {
            for (entry, is_mentioned) in entries.iter_mut().zip(&mut flags) {
                entry.is_mentioned = is_mentioned;
            }
        }
    }
    tree.ignores_item = ignores_item;
}

fn entries(tree: &Tree) -> impl Iterator<Item = &str> {
    tree.iter()
        .flat_map(|node| match node {
            Node::Context(entries) => entries.iter(),
            _ => [].iter(),
        })
        .map(|entry| &*entry.key)
}

/// All names that are looked up; `None` where the input's own name decides.
fn mentioned(tree: &Tree) -> Option<HashSet<&str>> {
    let mut names = HashSet::new();
    for node in tree.iter() {
        match node {
            Node::Reference(reference) => names.insert(&*reference.name),
            Node::Call(call) => names.insert(&*call.name),
            Node::QualifiedCall(reference, _) => names.insert(&*reference.name),
            Node::In(..)
            | Node::Input
            | Node::InputEquals(_)
            | Node::InputCompare(..)
            | Node::InputInRange(_)
            | Node::UnaryTest(_) => return None,
            _ => false,
        };
    }
    Some(names)
}

/// Whether this is a call of a function that answers the same each time, with short literals.
fn is_constant(tree: &Tree, id: NodeId) -> bool {
    let Node::Call(call) = tree.node(id) else { return false };
    let Arguments::Positional(arguments) = &call.arguments else { return false };
    call.target.as_ref().is_some_and(|function| function.is_pure())
        && arguments.iter().all(
            |argument| matches!(tree.node(*argument), Node::String(text) if text.len() <= LONGEST_CONSTANT),
        )
}

/// The literal of a value that has one without its text.
fn literal(value: Value<'_>) -> Option<Node> {
    use crate::temporal::Temporal;
    Some(match value {
        Value::Number(value) => Node::Number(value),
        Value::Date(value) => Node::Temporal(Temporal::Date(value)),
        Value::LocalDateTime(value) => Node::Temporal(Temporal::LocalDateTime(value)),
        Value::DateTime(value) => Node::Temporal(Temporal::DateTime(value)),
        Value::YearsMonthsDuration(value) => Node::Temporal(Temporal::YearsMonths(value)),
        Value::DaysTimeDuration(value) => Node::Temporal(Temporal::DaysTime(value)),
        _ => return None,
    })
}
