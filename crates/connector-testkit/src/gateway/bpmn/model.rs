//! A process as the engine runs it.

use connector_feel::Expression;
use std::sync::Arc;

/// The place of a node in [`ProcessModel::nodes`].
pub(crate) type NodeId = usize;

/// The place of a flow in [`ProcessModel::flows`].
pub(crate) type FlowId = usize;

/// A text of the model: taken as it is, or evaluated when it starts with `=`.
#[derive(Clone)]
pub(crate) enum Value {
    /// The text itself.
    Literal(String),
    /// A FEEL expression.
    Feel(Arc<Expression>),
}

/// One process of a deployed file.
pub(crate) struct ProcessModel {
    pub(crate) id: Arc<str>,
    pub(crate) nodes: Vec<Arc<Node>>,
    pub(crate) flows: Vec<SequenceFlow>,
    /// The none start event of the process itself.
    pub(crate) none_start: Option<NodeId>,
    /// The message start events of the process itself, with the message names.
    pub(crate) message_starts: Vec<(NodeId, String)>,
}

impl ProcessModel {
    /// The node at a place.
    pub(crate) fn node(&self, id: NodeId) -> Option<&Arc<Node>> {
        self.nodes.get(id)
    }
}

/// A sequence flow.
pub(crate) struct SequenceFlow {
    pub(crate) id: String,
    pub(crate) target: NodeId,
    pub(crate) condition: Option<Arc<Expression>>,
}

/// A flow node.
pub(crate) struct Node {
    pub(crate) id: Arc<str>,
    pub(crate) kind: NodeKind,
    pub(crate) inputs: Vec<Mapping>,
    pub(crate) outputs: Vec<Mapping>,
    pub(crate) incoming: Vec<FlowId>,
    pub(crate) outgoing: Vec<FlowId>,
    /// The boundary events attached to it.
    pub(crate) boundaries: Vec<NodeId>,
}

/// What a flow node does.
pub(crate) enum NodeKind {
    /// Goes on at once: start events, undefined and manual tasks.
    Pass,
    /// Creates a job and waits for it.
    Job(JobDefinition),
    /// Waits for a message or a timer: intermediate catch events and receive tasks.
    Catch(Trigger),
    /// Waits beside the activity that it is attached to.
    Boundary { trigger: Trigger, interrupting: bool },
    /// Takes the first flow whose condition holds.
    Exclusive { default: Option<FlowId> },
    /// Waits for all its incoming flows, takes all its outgoing ones.
    Parallel,
    /// Runs nodes of its own.
    SubProcess { start: NodeId },
    /// Ends a path.
    End(EndKind),
}

/// How an end event ends.
pub(crate) enum EndKind {
    /// Nothing but the end of this path.
    None,
    /// Throws a BPMN error with this code.
    Error(Value),
    /// Ends everything in its scope.
    Terminate,
}

/// What a catch event waits for.
pub(crate) enum Trigger {
    Message(MessageTrigger),
    Timer(TimerTrigger),
    Error(ErrorTrigger),
}

/// A message to wait for.
pub(crate) struct MessageTrigger {
    pub(crate) name: Value,
    pub(crate) correlation_key: Value,
}

/// A time to wait for.
pub(crate) enum TimerTrigger {
    Duration(Value),
    Date(Value),
}

/// An error to catch; without a code every error.
pub(crate) struct ErrorTrigger {
    pub(crate) code: Option<String>,
}

/// What a job task asks its worker for.
pub(crate) struct JobDefinition {
    pub(crate) job_type: Value,
    pub(crate) retries: Value,
    /// The task headers as a JSON object.
    pub(crate) headers: String,
}

/// One input or output mapping.
pub(crate) struct Mapping {
    pub(crate) source: Value,
    /// The target's path: `a.b` is `["a", "b"]`.
    pub(crate) target: Vec<String>,
}
