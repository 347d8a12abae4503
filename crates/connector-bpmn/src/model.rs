//! What a BPMN file declares for connectors.

use std::fmt;

/// One `<bpmn:process>` of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessModel {
    /// The id of the process.
    pub bpmn_process_id: String,
    /// The name of the process, when it has one.
    pub name: Option<String>,
    /// The elements with an inbound connector, in document order; an invalid one carries its reason.
    pub inbound: Vec<Result<InboundElement, InvalidElement>>,
    /// The tasks with a job type, in document order.
    pub outbound_tasks: Vec<OutboundTask>,
    /// What is odd but harmful to no element, for instance a property given twice.
    pub findings: Vec<Finding>,
}

/// An element with an inbound connector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboundElement {
    /// The id of the element.
    pub element_id: String,
    /// The name of the element, when it has one.
    pub element_name: Option<String>,
    /// The kind of the element.
    pub element_type: ElementType,
    /// The connector type (`inbound.type`), for instance `io.camunda:aws-sqs-inbound:1`.
    pub connector_type: String,
    /// What a received event is turned into.
    pub correlation_point: CorrelationPoint,
    /// All properties as written, `inbound.type` included, in document order, each name once;
    /// a property with an empty value is absent.
    pub properties: Vec<(String, String)>,
    /// The element template, when one was applied.
    pub template: Option<TemplateDetails>,
    /// Where the element starts in the file.
    pub position: Position,
}

impl InboundElement {
    /// The value of a property as written.
    pub fn property(&self, name: &str) -> Option<&str> {
        self.properties.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// The BPMN elements that can carry an inbound connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ElementType {
    /// `startEvent`, of the process, of an event sub-process or of an embedded sub-process.
    StartEvent,
    /// `intermediateCatchEvent`.
    IntermediateCatchEvent,
    /// `boundaryEvent`.
    BoundaryEvent,
    /// `receiveTask`.
    ReceiveTask,
}

impl ElementType {
    /// The BPMN name, for instance `startEvent`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StartEvent => "startEvent",
            Self::IntermediateCatchEvent => "intermediateCatchEvent",
            Self::BoundaryEvent => "boundaryEvent",
            Self::ReceiveTask => "receiveTask",
        }
    }
}

impl fmt::Display for ElementType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a received event is turned into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorrelationPoint {
    /// A process instance is created: a start event without a message definition (also timer and signal starts).
    StartEvent,
    /// A message is published; its correlation key is optional.
    MessageStartEvent {
        /// The name of the BPMN message, taken literally; `None` when the modeler left it out.
        message_name: Option<String>,
        /// The correlation key of the message's subscription, as written.
        subscription_key: Option<String>,
    },
    /// A message is published; its correlation key is required: catch and boundary events, receive tasks.
    Message {
        /// The name of the BPMN message, taken literally; `None` when the modeler left it out.
        message_name: Option<String>,
        /// The correlation key of the message's subscription, as written.
        subscription_key: Option<String>,
        /// The activity that a boundary event is attached to.
        attached_to: Option<String>,
    },
}

impl CorrelationPoint {
    /// The message's name; `None` for a plain start event or an unnamed message.
    pub fn message_name(&self) -> Option<&str> {
        match self {
            Self::StartEvent => None,
            Self::MessageStartEvent { message_name, .. } | Self::Message { message_name, .. } => {
                message_name.as_deref()
            }
        }
    }

    /// True for the points that start an instance: only the latest version of a process takes part in these.
    pub fn is_start(&self) -> bool {
        !matches!(self, Self::Message { .. })
    }
}

/// The element template that was applied to an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateDetails {
    /// `zeebe:modelerTemplate`.
    pub id: String,
    /// `zeebe:modelerTemplateVersion`.
    pub version: Option<String>,
    /// `zeebe:modelerTemplateIcon`, a data URI.
    pub icon: Option<String>,
}

/// A task (or throwing event) whose work a job worker does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboundTask {
    /// The id of the element.
    pub element_id: String,
    /// The name of the element, when it has one.
    pub element_name: Option<String>,
    /// The BPMN name of the element's kind, for instance `serviceTask`.
    pub element_type: String,
    /// The job type of `zeebe:taskDefinition`, as written (it may be a FEEL expression).
    pub job_type: String,
    /// The `zeebe:input` mappings, in document order.
    pub inputs: Vec<InputMapping>,
    /// The task headers, in document order.
    pub headers: Vec<(String, String)>,
    /// The element template, when one was applied.
    pub template: Option<TemplateDetails>,
    /// Where the element starts in the file.
    pub position: Position,
}

/// One `zeebe:input`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputMapping {
    /// The expression or text that is mapped.
    pub source: String,
    /// The variable that it is mapped to, for instance `queue.url`.
    pub target: String,
}

/// An element with an inbound connector that nothing can be subscribed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidElement {
    /// The id of the element; empty when it has none.
    pub element_id: String,
    /// The name of the element, when it has one.
    pub element_name: Option<String>,
    /// The kind of the element.
    pub element_type: ElementType,
    /// The connector type (`inbound.type`).
    pub connector_type: String,
    /// What is wrong, where, and what to do.
    pub finding: Finding,
}

impl fmt::Display for InvalidElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.finding.fmt(f)
    }
}

/// Something that a modeler should mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What kind of mistake it is.
    pub code: FindingCode,
    /// What is wrong and what to do.
    pub message: String,
    /// Where it is in the file.
    pub position: Position,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.position)
    }
}

/// The kinds of mistakes that [`crate::inspect`] finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FindingCode {
    /// The element has no id.
    MissingId,
    /// The id of the element, or of its message, is used more than once in the file.
    DuplicateId,
    /// A catch or boundary event without any event definition.
    MissingEventDefinition,
    /// A catch or boundary event whose definition is not a message definition.
    NotAMessageEvent,
    /// No message is referenced, or the referenced one is not in the file.
    MissingMessage,
    /// The referenced message has no name: everything received would stay in the queue.
    MissingMessageName,
    /// `correlationKeyExpression` is missing where it is required.
    MissingCorrelationKey,
    /// A property is given twice; the first one counts.
    DuplicateProperty,
    /// `inbound.type` stands on an element that cannot carry an inbound connector.
    NotEligible,
}

impl FindingCode {
    /// A stable code for logs and documentation.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MissingId => "bpmn-missing-id",
            Self::DuplicateId => "bpmn-duplicate-id",
            Self::MissingEventDefinition => "bpmn-missing-event-definition",
            Self::NotAMessageEvent => "bpmn-not-a-message-event",
            Self::MissingMessage => "bpmn-missing-message",
            Self::MissingMessageName => "bpmn-missing-message-name",
            Self::MissingCorrelationKey => "bpmn-missing-correlation-key",
            Self::DuplicateProperty => "bpmn-duplicate-property",
            Self::NotEligible => "bpmn-not-eligible",
        }
    }
}

/// A place in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line, counted from 1.
    pub line: u32,
    /// The column in characters, counted from 1.
    pub column: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}
