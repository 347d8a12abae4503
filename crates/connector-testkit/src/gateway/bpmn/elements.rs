//! Reads one flow node.

use super::duration::parse_duration;
use super::model::{
    EndKind, ErrorTrigger, FlowId, JobDefinition, Mapping, MessageTrigger, Node, NodeId, NodeKind,
    TimerTrigger, Trigger, Value,
};
use super::xml::{bpmn_name, child, extension, is_bpmn, reference, text, zeebe_children};
use connector_feel::FeelEngine;
use roxmltree::Node as Xml;
use serde_json::{Map, Value as Json};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// What all elements of a file share: messages, errors, the FEEL engine and the problems found.
pub(super) struct Reader<'f, 'a, 'i> {
    feel: &'f FeelEngine,
    messages: HashMap<&'a str, Xml<'a, 'i>>,
    errors: HashMap<&'a str, Xml<'a, 'i>>,
    /// The problems so far, in the form in which Zeebe lists them.
    pub(super) problems: String,
}

impl<'f, 'a, 'i> Reader<'f, 'a, 'i> {
    /// A reader for the file of these definitions.
    pub(super) fn new(definitions: Xml<'a, 'i>, feel: &'f FeelEngine) -> Self {
        let by_id = |name: &'static str| {
            definitions
                .children()
                .filter(|node| is_bpmn(*node, name))
                .map(|node| (node.attribute("id").unwrap_or_default(), node))
                .collect::<HashMap<_, _>>()
        };
        Self { feel, messages: by_id("message"), errors: by_id("error"), problems: String::new() }
    }

    /// Notes a problem.
    pub(super) fn problem(&mut self, element: &str, text: &str) {
        // Writing to a String can't fail.
        let _ = write!(self.problems, "- Element: {element}\n    - ERROR: {text}\n");
    }

    /// Reads a text that may be FEEL.
    pub(super) fn value(&mut self, element: &str, text: &str) -> Value {
        if text.is_empty() {
            self.problem(element, "Expected expression but not found.");
        }
        let Some(expression) = text.strip_prefix('=') else { return Value::Literal(text.to_owned()) };
        match self.feel.compile(text) {
            Ok(compiled) => Value::Feel(Arc::new(compiled)),
            Err(error) => {
                let reason = error.reason().to_owned();
                self.problem(
                    element,
                    &format!("failed to parse expression '{}': {reason}", expression.trim()),
                );
                Value::Literal(text.to_owned())
            }
        }
    }

    /// Reads a text that must be FEEL.
    pub(super) fn expression(&mut self, element: &str, text: &str) -> Option<Value> {
        match self.value(element, text) {
            Value::Literal(text) => {
                if !text.is_empty() && !text.starts_with('=') {
                    self.problem(
                        element,
                        &format!(
                            "Expected expression but found static value '{text}'. An expression must start with '=' (e.g. '={text}')."
                        ),
                    );
                }
                None
            }
            feel @ Value::Feel(_) => Some(feel),
        }
    }

    /// The name of a message start event's message; FEEL is evaluated without variables.
    pub(super) fn start_message(&mut self, start: Xml<'a, 'i>, definition: Xml<'a, 'i>) -> Option<String> {
        let message = self.message(start, definition)?;
        let id = message.attribute("id").unwrap_or_default();
        match self.value(id, message.attribute("name").unwrap_or_default()) {
            Value::Literal(name) => Some(name),
            Value::Feel(expression) => match expression.evaluate(&[]) {
                Ok(Json::String(name)) => Some(name),
                _ => {
                    self.problem(id, "Expected the message name of a start event to evaluate to a string");
                    None
                }
            },
        }
    }

    /// The message that an event definition or receive task names.
    fn message(&mut self, element: Xml<'a, 'i>, definition: Xml<'a, 'i>) -> Option<Xml<'a, 'i>> {
        let message = self.messages.get(reference(definition, "messageRef")).copied();
        match message {
            None => {
                let id = element.attribute("id").unwrap_or_default();
                let place = match bpmn_name(definition) {
                    Some(name) if name.ends_with("EventDefinition") => format!("{id} > {name}"),
                    _ => id.to_owned(),
                };
                self.problem(&place, "Must reference a message");
            }
            Some(message) if message.attribute("name").unwrap_or_default().is_empty() => {
                self.problem(
                    message.attribute("id").unwrap_or_default(),
                    "Name must be present and not empty",
                );
            }
            Some(_) => {}
        }
        message
    }

    /// A message to wait for.
    fn message_trigger(&mut self, element: Xml<'a, 'i>, definition: Xml<'a, 'i>) -> Option<Trigger> {
        let message = self.message(element, definition)?;
        let id = message.attribute("id").unwrap_or_default();
        let name = self.value(id, message.attribute("name").unwrap_or_default());
        let Some(subscription) = extension(message, "subscription") else {
            self.problem(id, "Must have exactly one zeebe:subscription extension element");
            return None;
        };
        let place = format!("{id} > extensionElements > subscription");
        let correlation_key =
            self.expression(&place, subscription.attribute("correlationKey").unwrap_or_default())?;
        Some(Trigger::Message(MessageTrigger { name, correlation_key }))
    }

    /// A time to wait for.
    fn timer_trigger(&mut self, id: &str, definition: Xml<'a, 'i>) -> Option<Trigger> {
        if let Some(duration) = child(definition, "timeDuration") {
            let value = self.value(id, &text(duration));
            if let Value::Literal(text) = &value
                && parse_duration(text).is_none()
            {
                self.problem(
                    id,
                    &format!(
                        "Invalid timer duration expression (Invalid duration format '{text}' for expression '{text}'.)"
                    ),
                );
            }
            return Some(Trigger::Timer(TimerTrigger::Duration(value)));
        }
        if let Some(date) = child(definition, "timeDate") {
            return Some(Trigger::Timer(TimerTrigger::Date(self.value(id, &text(date)))));
        }
        self.problem(id, "Must be either a duration or a date; the test kit runs no timer cycles");
        None
    }

    /// The code of an error event; `None` = it names no error.
    fn error_code(&mut self, id: &str, definition: Xml<'a, 'i>) -> Option<Value> {
        let name = reference(definition, "errorRef");
        if name.is_empty() {
            return None;
        }
        match self.errors.get(name) {
            Some(error) => {
                let code = error.attribute("errorCode").unwrap_or_default().to_owned();
                Some(self.value(id, &code))
            }
            None => {
                self.problem(id, "Must reference an error");
                None
            }
        }
    }

    /// Whatever an event waits for.
    fn trigger(&mut self, element: Xml<'a, 'i>) -> Option<Trigger> {
        let id = element.attribute("id").unwrap_or_default();
        if let Some(message) = child(element, "messageEventDefinition") {
            return self.message_trigger(element, message);
        }
        if let Some(timer) = child(element, "timerEventDefinition") {
            return self.timer_trigger(id, timer);
        }
        if let Some(error) = child(element, "errorEventDefinition")
            && is_bpmn(element, "boundaryEvent")
        {
            return match self.error_code(id, error) {
                Some(Value::Literal(code)) => Some(Trigger::Error(ErrorTrigger { code: Some(code) })),
                Some(Value::Feel(_)) => {
                    self.problem(id, "The error code of a catch event must be a static value");
                    None
                }
                None => Some(Trigger::Error(ErrorTrigger { code: None })),
            };
        }
        self.problem(id, "Must have a message, timer or (boundary events) error event definition");
        None
    }

    /// The job that a task or throw event creates.
    fn job(&mut self, element: Xml<'a, 'i>) -> Option<NodeKind> {
        let id = element.attribute("id").unwrap_or_default();
        let Some(definition) = extension(element, "taskDefinition") else {
            self.problem(id, "Must have exactly one 'zeebe:taskDefinition' extension element");
            return None;
        };
        let place = format!("{id} > extensionElements > taskDefinition");
        let job_type = self.value(&place, definition.attribute("type").unwrap_or_default());
        let retries = match definition.attribute("retries") {
            None | Some("") => Value::Literal("3".to_owned()),
            Some(retries) => self.value(&place, retries),
        };
        let mut headers = Map::new();
        if let Some(list) = extension(element, "taskHeaders") {
            for header in zeebe_children(list, "header") {
                let key = header.attribute("key").unwrap_or_default();
                let value = header.attribute("value").unwrap_or_default();
                headers.insert(key.to_owned(), Json::String(value.to_owned()));
            }
        }
        Some(NodeKind::Job(JobDefinition { job_type, retries, headers: Json::Object(headers).to_string() }))
    }

    /// The input or output mappings of an element.
    fn mappings(&mut self, element: Xml<'a, 'i>, direction: &'static str) -> Vec<Mapping> {
        let Some(list) = extension(element, "ioMapping") else { return Vec::new() };
        let id = element.attribute("id").unwrap_or_default();
        let place = format!("{id} > extensionElements > ioMapping > {direction}");
        let mut mappings = Vec::new();
        for mapping in zeebe_children(list, direction) {
            let source = self.value(&place, mapping.attribute("source").unwrap_or_default());
            let target = mapping.attribute("target").unwrap_or_default();
            if target.is_empty() || target.split('.').any(str::is_empty) {
                self.problem(&place, &format!("Expected path expression '{target}' but is not a path."));
            }
            mappings.push(Mapping { source, target: target.split('.').map(str::to_owned).collect() });
        }
        mappings
    }
}

/// What a node's place in the process says about it.
pub(super) struct ElementReader {
    pub(super) incoming: Vec<FlowId>,
    pub(super) outgoing: Vec<FlowId>,
    pub(super) boundaries: Vec<NodeId>,
    pub(super) default: Option<FlowId>,
    /// The none start event inside, for sub-processes.
    pub(super) start: Option<NodeId>,
}

impl ElementReader {
    /// Reads the node; what is wrong goes to the reader's problems.
    pub(super) fn read<'a, 'i>(self, element: Xml<'a, 'i>, reader: &mut Reader<'_, 'a, 'i>) -> Node {
        let kind = self.kind(element, reader).unwrap_or(NodeKind::Pass);
        Node {
            id: element.attribute("id").unwrap_or_default().into(),
            kind,
            inputs: reader.mappings(element, "input"),
            outputs: reader.mappings(element, "output"),
            incoming: self.incoming,
            outgoing: self.outgoing,
            boundaries: self.boundaries,
        }
    }

    /// What the node does; `None` after a problem.
    fn kind<'a, 'i>(&self, element: Xml<'a, 'i>, reader: &mut Reader<'_, 'a, 'i>) -> Option<NodeKind> {
        let id = element.attribute("id").unwrap_or_default();
        let name = bpmn_name(element).unwrap_or_default();
        if let Some(loops) = child(element, "multiInstanceLoopCharacteristics") {
            return unsupported(id, loops, reader);
        }
        match name {
            "task" | "manualTask" => Some(NodeKind::Pass),
            "startEvent" => start_event(id, element, reader),
            "serviceTask" | "sendTask" | "businessRuleTask" | "scriptTask" => reader.job(element),
            "receiveTask" => reader.message_trigger(element, element).map(NodeKind::Catch),
            "intermediateCatchEvent" => reader.trigger(element).map(NodeKind::Catch),
            "boundaryEvent" => {
                // Zeebe counts the elements inside the event, not the flows that name it.
                if child(element, "outgoing").is_none() {
                    reader.problem(id, "Must have at least one outgoing sequence flow or association");
                }
                let interrupting = element.attribute("cancelActivity") != Some("false");
                reader.trigger(element).map(|trigger| NodeKind::Boundary { trigger, interrupting })
            }
            "exclusiveGateway" => Some(NodeKind::Exclusive { default: self.default }),
            "parallelGateway" => Some(NodeKind::Parallel),
            "subProcess" if element.attribute("triggeredByEvent") != Some("true") => match self.start {
                Some(start) => Some(NodeKind::SubProcess { start }),
                None => {
                    reader.problem(id, "Must have exactly one start event");
                    None
                }
            },
            "intermediateThrowEvent" | "endEvent" => throw_event(id, element, reader),
            _ => unsupported(id, element, reader),
        }
    }
}

/// Reads a start event: none or message; which of them starts what is the process's matter.
fn start_event<'a, 'i>(id: &str, element: Xml<'a, 'i>, reader: &mut Reader<'_, 'a, 'i>) -> Option<NodeKind> {
    let in_sub_process = element.parent().is_some_and(|parent| is_bpmn(parent, "subProcess"));
    match event_definition(element) {
        None => Some(NodeKind::Pass),
        Some(_) if in_sub_process => {
            reader.problem(id, "Start events in subprocesses must be of type none");
            None
        }
        Some(definition) if is_bpmn(definition, "messageEventDefinition") => Some(NodeKind::Pass),
        Some(definition) => unsupported(id, definition, reader),
    }
}

/// Reads an event that throws or ends.
fn throw_event<'a, 'i>(id: &str, element: Xml<'a, 'i>, reader: &mut Reader<'_, 'a, 'i>) -> Option<NodeKind> {
    let ends = is_bpmn(element, "endEvent");
    let Some(definition) = event_definition(element) else {
        return Some(if ends { NodeKind::End(EndKind::None) } else { NodeKind::Pass });
    };
    match bpmn_name(definition) {
        Some("messageEventDefinition") => reader.job(element),
        Some("terminateEventDefinition") if ends => Some(NodeKind::End(EndKind::Terminate)),
        Some("errorEventDefinition") if ends => match reader.error_code(id, definition) {
            Some(code) => Some(NodeKind::End(EndKind::Error(code))),
            None => {
                reader.problem(&format!("{id} > errorEventDefinition"), "Must reference an error");
                None
            }
        },
        _ => unsupported(id, definition, reader),
    }
}

/// The event definition of an event.
fn event_definition<'a, 'i>(element: Xml<'a, 'i>) -> Option<Xml<'a, 'i>> {
    element
        .children()
        .find(|definition| bpmn_name(*definition).is_some_and(|name| name.ends_with("EventDefinition")))
}

/// Notes that the engine cannot run something.
fn unsupported(id: &str, element: Xml<'_, '_>, reader: &mut Reader<'_, '_, '_>) -> Option<NodeKind> {
    let name = bpmn_name(element).unwrap_or_default();
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase()).into_iter().collect::<String>();
    let kind = format!("{first}{}", letters.as_str());
    reader.problem(id, &format!("Elements of type '{kind}' are currently not supported by the test kit."));
    None
}
