//! BPMN errors: who catches them.

use super::Engine;
use super::flow::kind_name;
use crate::gateway::bpmn::{Node, NodeKind, Trigger, Value as Expression};
use crate::gateway::inspect::IncidentKind;
use serde_json::{Map, Value};
use std::sync::Arc;

impl Engine {
    /// Throws an error at an element; `false` when nothing around it catches the code, and an incident says so.
    pub(super) fn throw(
        &mut self,
        element: i64,
        code: &str,
        message: &str,
        variables: Map<String, Value>,
    ) -> bool {
        let mut available = Vec::new();
        let mut host = element;
        while let Some(at) = self.elements.get(&host) {
            let caught = at.node.as_ref().and_then(|node| {
                let boundaries = node.boundaries.iter().filter_map(|place| at.definition.model.node(*place));
                catcher(boundaries, code, &mut available)
            });
            if let Some(boundary) = caught {
                self.trigger_boundary(host, boundary, variables);
                return true;
            }
            host = at.scope;
        }
        let with_message =
            if message.is_empty() { String::new() } else { format!(" with message '{message}'") };
        let rest = if available.is_empty() {
            "No error events are available in the scope.".to_owned()
        } else {
            format!("Available error events are [{}]", available.join(", "))
        };
        let reason = format!(
            "Expected to throw an error event with the code '{code}'{with_message}, but it was not caught. {rest}"
        );
        self.raise(element, IncidentKind::UnhandledErrorEvent, reason);
        false
    }

    /// Throws the error of an error end event.
    pub(super) fn end_with_error(&mut self, element: i64, code: &Expression) {
        match self.evaluate(code, element) {
            Ok(Value::String(code)) => {
                self.throw(element, &code, "", Map::new());
            }
            Ok(other) => {
                let reason = format!(
                    "Expected the error code to evaluate to 'STRING', but was '{}'.",
                    kind_name(&other)
                );
                self.raise(element, IncidentKind::ExtractValueError, reason);
            }
            Err(reason) => self.raise(element, IncidentKind::ExtractValueError, reason),
        }
    }
}

/// The boundary event that catches a code: one with that code before one that catches all.
fn catcher<'a>(
    boundaries: impl Iterator<Item = &'a Arc<Node>>,
    code: &str,
    available: &mut Vec<String>,
) -> Option<Arc<Node>> {
    let mut catch_all = None;
    for boundary in boundaries {
        let NodeKind::Boundary { trigger: Trigger::Error(error), .. } = &boundary.kind else { continue };
        match &error.code {
            Some(caught) if caught == code => return Some(Arc::clone(boundary)),
            Some(other) => available.push(other.clone()),
            None => catch_all = Some(Arc::clone(boundary)),
        }
    }
    catch_all
}
