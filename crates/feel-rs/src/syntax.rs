//! The syntax tree: nodes in one vector, children by number, so that it is cheap to make, to share and to drop.

use std::sync::Arc;

use crate::{decimal::Decimal, registry::RegisteredFunction, temporal::Temporal};

/// The place of a node in its [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NodeId(u32);

/// All nodes of an expression; some may be left over from alternatives that the parser gave up.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    nodes: Vec<Node>,
    /// Whether no filter reads its `item`; the resolver looks.
    pub(crate) ignores_item: bool,
}

/// One construct of the language.
#[derive(Debug)]
pub(crate) enum Node {
    Null,
    Boolean(bool),
    Number(Decimal),
    String(Box<str>),
    Temporal(Temporal),
    /// `?`
    Input,
    List(Box<[NodeId]>),
    Context(Box<[Entry]>),
    Range(RangeNode),
    /// `name.path.path`
    Reference(Reference),
    /// Paths and filters after a value that is not a plain reference.
    Chain(NodeId, Box<[Step]>),
    Negate(NodeId),
    /// `a op b op c`, from left to right.
    Arithmetic(NodeId, Box<[(Operator, NodeId)]>),
    Compare(Comparison, NodeId, NodeId),
    NotEqual(NodeId, NodeId),
    Between(NodeId, NodeId, NodeId),
    InstanceOf(NodeId, Box<str>),
    In(NodeId, NodeId),
    And(Box<[NodeId]>),
    Or(Box<[NodeId]>),
    If(NodeId, NodeId, NodeId),
    For(Box<[Iterator]>, NodeId),
    Some(Box<[Iterator]>, NodeId),
    Every(Box<[Iterator]>, NodeId),
    /// `a..b` after `in` of a loop.
    Iteration(NodeId, NodeId),
    Call(Box<Call>),
    QualifiedCall(Reference, Box<Call>),
    Function(Box<[Box<str>]>, NodeId),
    /// The body of a function that names a Java method; never evaluated, as validation refuses it.
    External,
    InputEquals(bool),
    InputCompare(Comparison, NodeId),
    InputInRange(RangeNode),
    UnaryTest(NodeId),
    AnyOf(Box<[NodeId]>),
    /// `not(…)` of a unary test.
    Not(NodeId),
}

/// A name and the keys that follow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) name: Box<str>,
    pub(crate) path: Box<[Box<str>]>,
}

/// Two ends of a range.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RangeNode {
    pub(crate) start: NodeId,
    pub(crate) end: NodeId,
    pub(crate) start_closed: bool,
    pub(crate) end_closed: bool,
}

/// What follows a value.
#[derive(Debug)]
pub(crate) enum Step {
    Path(Box<str>),
    Filter(NodeId, FilterKind),
}

/// One `key: value` of a context.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: Box<str>,
    pub(crate) value: NodeId,
    /// Whether anything may ask for it by its name; the resolver looks.
    pub(crate) is_mentioned: bool,
}

/// How a filter is evaluated; the form of the expression decides.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FilterKind {
    /// A literal number.
    Index(Decimal),
    /// A comparison or function call: once for each item.
    PerItem,
    /// Anything else: once outside; when that is not a number, once for each item.
    Probe,
}

/// One `name in …` of a loop.
#[derive(Debug)]
pub(crate) struct Iterator {
    pub(crate) name: Box<str>,
    pub(crate) source: NodeId,
}

/// A call by name.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) name: Box<str>,
    pub(crate) arguments: Arguments,
    /// The registered function that the arguments fit, filled in by the resolver.
    pub(crate) target: Option<Arc<RegisteredFunction>>,
    /// What that function always answers here, when the resolver could find out.
    pub(crate) constant: Option<Node>,
}

/// Arguments by position or by name.
#[derive(Debug)]
pub(crate) enum Arguments {
    Positional(Box<[NodeId]>),
    /// A name appears once; the last of equal names won.
    Named(Box<[(Box<str>, NodeId)]>),
}

/// Arithmetic operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

/// Comparison operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Tree {
    /// Adds a node. `None` when 2³² are there already.
    pub(crate) fn add(&mut self, node: Node) -> Option<NodeId> {
        let id = NodeId(u32::try_from(self.nodes.len()).ok()?);
        self.nodes.push(node);
        Some(id)
    }

    /// The node of a number that [`Tree::add`] gave.
    pub(crate) fn node(&self, id: NodeId) -> &Node {
        usize::try_from(id.0).ok().and_then(|index| self.nodes.get(index)).unwrap_or(&Node::Null)
    }

    pub(crate) fn iter(&self) -> impl core::iter::Iterator<Item = &Node> {
        self.nodes.iter()
    }

    pub(crate) fn ids(&self) -> impl core::iter::Iterator<Item = NodeId> + use<> {
        (0..u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)).map(NodeId)
    }

    pub(crate) fn node_mut(&mut self, id: NodeId) -> Option<&mut Node> {
        usize::try_from(id.0).ok().and_then(|index| self.nodes.get_mut(index))
    }

    pub(crate) fn iter_mut(&mut self) -> impl core::iter::Iterator<Item = &mut Node> {
        self.nodes.iter_mut()
    }
}

impl NodeId {
    pub(crate) fn number(self) -> u32 {
        self.0
    }

    pub(crate) fn from_number(number: u32) -> Self {
        Self(number)
    }
}
