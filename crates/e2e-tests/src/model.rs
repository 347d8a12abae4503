//! Processes of inbound elements, written by a test.

use std::fmt::Write;

/// A process that a test puts together: nodes, the flows between them, and messages.
#[derive(Clone, Debug)]
pub struct Model {
    process: String,
    nodes: Vec<Node>,
    flows: Vec<(&'static str, &'static str)>,
    messages: String,
}

#[derive(Clone, Debug)]
struct Node {
    kind: &'static str,
    id: &'static str,
    attributes: String,
    extension: String,
    definition: String,
}

/// An element that consumes a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inbound {
    /// A plain start event.
    Start,
    /// A message start event.
    MessageStart,
    /// An intermediate catch event.
    Catch,
    /// An interrupting boundary event of the node with this id.
    Boundary(&'static str),
    /// A receive task.
    Receive,
}

impl Model {
    /// A process with this id, still empty.
    pub fn new(process: &str) -> Self {
        Self { process: process.to_owned(), nodes: Vec::new(), flows: Vec::new(), messages: String::new() }
    }

    /// Adds a node of any kind, such as `startEvent` or `endEvent`.
    #[must_use]
    pub fn node(self, kind: &'static str, id: &'static str) -> Self {
        self.add(Node {
            kind,
            id,
            attributes: String::new(),
            extension: String::new(),
            definition: String::new(),
        })
    }

    /// Adds a service task for jobs of the type that [`Model::job_type`] gives for it.
    #[must_use]
    pub fn job(self, id: &'static str) -> Self {
        let extension =
            format!(r#"<zeebe:taskDefinition type="{}" retries="3" />"#, Self::job_type(&self.process, id));
        self.add(Node {
            kind: "serviceTask",
            id,
            attributes: String::new(),
            extension,
            definition: String::new(),
        })
    }

    /// The job type of the service task `id` of a process.
    pub fn job_type(process: &str, id: &str) -> String {
        format!("{process}-{id}")
    }

    /// Adds an element that consumes a queue; its message is the one that [`Model::message`] gives the element's id.
    /// Without other properties its variables are `seq` and `key` of the body, and unmatched messages stay.
    #[must_use]
    pub fn inbound(
        self,
        what: Inbound,
        id: &'static str,
        queue_url: &str,
        properties: &[(&str, &str)],
    ) -> Self {
        let event = format!(r#"<bpmn:messageEventDefinition id="{id}-event" messageRef="{id}-message" />"#);
        let (kind, attributes, definition) = match what {
            Inbound::Start => ("startEvent", String::new(), String::new()),
            Inbound::MessageStart => ("startEvent", String::new(), event),
            Inbound::Catch => ("intermediateCatchEvent", String::new(), event),
            Inbound::Boundary(host) => ("boundaryEvent", format!(r#" attachedToRef="{host}""#), event),
            Inbound::Receive => ("receiveTask", format!(r#" messageRef="{id}-message""#), String::new()),
        };
        self.add(Node { kind, id, attributes, extension: consumer(queue_url, properties), definition })
    }

    /// Adds the message of an element; instances wait for it under a correlation key, but for a start event.
    #[must_use]
    pub fn message(mut self, element: &str, name: &str, correlation_key: Option<&str>) -> Self {
        let subscription = correlation_key.map_or_else(String::new, |key| {
            format!(
                r#"<bpmn:extensionElements><zeebe:subscription correlationKey="{}" /></bpmn:extensionElements>"#,
                escape(key)
            )
        });
        let _ = writeln!(
            self.messages,
            r#"<bpmn:message id="{element}-message" name="{name}">{subscription}</bpmn:message>"#
        );
        self
    }

    /// Adds flows from each of these nodes to the next one.
    #[must_use]
    pub fn flow(mut self, path: &[&'static str]) -> Self {
        self.flows.extend(path.windows(2).filter_map(|pair| Some((*pair.first()?, *pair.last()?))));
        self
    }

    /// The BPMN.
    pub fn xml(&self) -> String {
        let mut body = String::new();
        for node in &self.nodes {
            let Node { kind, id, attributes, extension, definition } = node;
            let extension = if extension.is_empty() {
                String::new()
            } else {
                format!("<bpmn:extensionElements>{extension}</bpmn:extensionElements>")
            };
            // The schema wants what comes in before what goes out.
            let (incoming, outgoing) =
                (self.ends("incoming", |(_, to)| to == id), self.ends("outgoing", |(from, _)| from == id));
            let _ = writeln!(
                body,
                r#"<bpmn:{kind} id="{id}"{attributes}>{extension}{incoming}{outgoing}{definition}</bpmn:{kind}>"#
            );
        }
        for (number, (from, to)) in self.flows.iter().enumerate() {
            let _ =
                writeln!(body, r#"<bpmn:sequenceFlow id="f{number}" sourceRef="{from}" targetRef="{to}" />"#);
        }
        format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="definitions" targetNamespace="http://sqs-connector/e2e">
{}<bpmn:process id="{}" isExecutable="true">
{body}</bpmn:process>
</bpmn:definitions>
"#,
            self.messages, self.process
        )
    }

    /// The flows at one side of a node, as its children.
    fn ends(&self, name: &str, is_there: impl Fn(&(&'static str, &'static str)) -> bool) -> String {
        let flows = self.flows.iter().enumerate().filter(|(_, flow)| is_there(flow));
        flows.map(|(number, _)| format!("<bpmn:{name}>f{number}</bpmn:{name}>")).collect()
    }

    fn add(mut self, node: Node) -> Self {
        self.nodes.push(node);
        self
    }
}

/// The properties of an element that consumes a queue; an empty value takes one of ours away.
fn consumer(queue_url: &str, properties: &[(&str, &str)]) -> String {
    let ours = [
        ("inbound.type", "io.camunda:aws-sqs-inbound:1"),
        ("authentication.type", "credentials"),
        ("authentication.accessKey", "{{secrets.AWS_ACCESS_KEY}}"),
        ("authentication.secretKey", "{{secrets.AWS_SECRET_KEY}}"),
        ("configuration.region", "us-east-1"),
        ("queue.url", queue_url),
        ("queue.pollingWaitTime", "5"),
        ("deduplicationMode", "AUTO"),
        ("resultExpression", "={seq: body.seq, key: body.key}"),
    ];
    let mut all: Vec<(&str, &str)> =
        ours.into_iter().filter(|(name, _)| !properties.iter().any(|(other, _)| other == name)).collect();
    all.extend(properties.iter().copied().filter(|(_, value)| !value.is_empty()));
    let all = all
        .into_iter()
        .map(|(name, value)| format!(r#"<zeebe:property name="{name}" value="{}" />"#, escape(value)));
    format!("<zeebe:properties>{}</zeebe:properties>", all.collect::<String>())
}

fn escape(value: &str) -> String {
    value.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&#34;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_know_their_flows_and_elements_their_message() {
        let xml = Model::new("p")
            .inbound(Inbound::MessageStart, "arrived", "http://q", &[("activationCondition", "=a < \"b\"")])
            .node("endEvent", "end")
            .message("arrived", "order", None)
            .flow(&["arrived", "end"])
            .xml();
        assert!(xml.contains("<bpmn:outgoing>f0</bpmn:outgoing><bpmn:messageEventDefinition"), "{xml}");
        assert!(xml.contains(r#"<bpmn:endEvent id="end"><bpmn:incoming>f0</bpmn:incoming></bpmn:endEvent>"#));
        assert!(xml.contains(r#"value="=a &lt; &#34;b&#34;""#), "{xml}");
        assert!(xml.contains(r#"<bpmn:message id="arrived-message" name="order"></bpmn:message>"#));
    }
}
