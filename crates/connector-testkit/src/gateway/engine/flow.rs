//! Walks the sequence flows: entering elements and leaving them.

use super::Engine;
use super::instances::ElementInstance;
use crate::gateway::bpmn::{EndKind, FlowId, Node, NodeKind, Trigger};
use crate::gateway::inspect::IncidentKind;
use serde_json::{Map, Value};
use std::sync::Arc;

/// One step to take: a path that arrives at a node.
pub(crate) struct Step {
    pub(crate) scope: i64,
    pub(crate) node: Arc<Node>,
    /// The flow on which the path comes.
    pub(crate) via: Option<FlowId>,
    /// What the event that brings the path here carries.
    pub(crate) event_variables: Option<Map<String, Value>>,
}

impl Engine {
    /// Takes one step.
    pub(super) fn take(&mut self, step: Step) {
        let Step { scope, node, via, event_variables } = step;
        if matches!(node.kind, NodeKind::Parallel) && !self.join(scope, &node, via) {
            return;
        }
        let Some(key) = self.enter(scope, &node) else { return };
        if let Err(reason) = self.apply_inputs(key, &node.inputs) {
            self.raise(key, IncidentKind::IoMappingError, reason);
            return;
        }
        match &node.kind {
            NodeKind::Boundary { trigger: Trigger::Error(_), .. } => {
                // What an error carries is the catching event's own: only output mappings bring it further.
                self.set_local(key, event_variables.unwrap_or_default());
                self.complete(key, None);
            }
            NodeKind::Pass | NodeKind::Boundary { .. } | NodeKind::Parallel => {
                self.complete(key, event_variables);
            }
            NodeKind::Exclusive { default } => self.choose(key, &node, *default),
            NodeKind::Job(job) => {
                if self.open_boundaries(key, &node) {
                    self.create_job(key, &node, job);
                }
            }
            NodeKind::Catch(trigger) => {
                if self.open_boundaries(key, &node) {
                    self.open_own(key, trigger);
                }
            }
            NodeKind::SubProcess { start } => {
                if self.open_boundaries(key, &node) {
                    self.enter_sub_process(key, *start);
                }
            }
            NodeKind::End(EndKind::None) => self.complete(key, None),
            NodeKind::End(EndKind::Terminate) => self.terminate_scope(key, scope),
            NodeKind::End(EndKind::Error(code)) => self.end_with_error(key, code),
        }
    }

    /// Counts a path at a parallel gateway; `true` when all its flows have brought one.
    fn join(&mut self, scope: i64, node: &Node, via: Option<FlowId>) -> bool {
        let Some(element) = self.elements.get_mut(&scope) else { return false };
        if let Some(via) = via {
            *element.joins.entry(via).or_default() += 1;
        }
        if !node.incoming.iter().all(|flow| element.joins.get(flow).is_some_and(|waiting| *waiting > 0)) {
            return false;
        }
        for flow in &node.incoming {
            if let Some(waiting) = element.joins.get_mut(flow) {
                *waiting -= 1;
            }
        }
        element.tokens -= node.incoming.len().saturating_sub(1);
        true
    }

    /// Makes the element instance; `None` when the scope has ended meanwhile.
    fn enter(&mut self, scope: i64, node: &Arc<Node>) -> Option<i64> {
        let key = self.keys.next();
        let parent = self.elements.get_mut(&scope)?;
        parent.children.insert(key);
        let (instance, definition) = (parent.instance, Arc::clone(&parent.definition));
        if let Some(instance) = self.instances.get_mut(&instance) {
            instance.visited.push(Arc::clone(&node.id));
        }
        self.elements.insert(key, ElementInstance::new(instance, scope, Some(Arc::clone(node)), definition));
        Some(key)
    }

    /// Starts what is inside a sub-process.
    fn enter_sub_process(&mut self, key: i64, start: usize) {
        let Some(element) = self.elements.get_mut(&key) else { return };
        element.tokens = 1;
        if let Some(node) = element.definition.model.node(start) {
            let node = Arc::clone(node);
            self.steps.push_back(Step { scope: key, node, via: None, event_variables: None });
        }
    }

    /// Leaves an element with success.
    pub(super) fn complete(&mut self, key: i64, variables: Option<Map<String, Value>>) {
        let Some(node) = self.elements.get(&key).and_then(|element| element.node.clone()) else { return };
        if let Err(reason) = self.apply_outputs(key, &node.outputs, variables) {
            self.raise(key, IncidentKind::IoMappingError, reason);
            return;
        }
        self.leave(key, &node.outgoing);
    }

    /// Removes an element and goes on along flows; the scope ends with its last path.
    fn leave(&mut self, key: i64, flows: &[FlowId]) {
        let Some(element) = self.elements.remove(&key) else { return };
        self.release(key, &element);
        for flow in flows {
            let flow_target = element.definition.model.flows.get(*flow).map(|flow| flow.target);
            if let Some(node) = flow_target.and_then(|target| element.definition.model.node(target)) {
                let (scope, node) = (element.scope, Arc::clone(node));
                self.steps.push_back(Step { scope, node, via: Some(*flow), event_variables: None });
            }
        }
        let Some(scope) = self.elements.get_mut(&element.scope) else { return };
        scope.children.remove(&key);
        scope.tokens = (scope.tokens + flows.len()).saturating_sub(1);
        if scope.tokens == 0 {
            let is_process = scope.node.is_none();
            if is_process {
                self.complete_instance(element.scope)
            } else {
                self.complete(element.scope, None)
            }
        }
    }

    /// Takes a flow whose condition is true, else the default. As Zeebe does, it asks the flow that stands last
    /// in the file first.
    fn choose(&mut self, key: i64, node: &Node, default: Option<FlowId>) {
        let Some(definition) = self.elements.get(&key).map(|element| Arc::clone(&element.definition)) else {
            return;
        };
        let mut chosen = None;
        for flow_id in node.outgoing.iter().rev().filter(|flow| Some(**flow) != default) {
            let Some(flow) = definition.model.flows.get(*flow_id) else { continue };
            let Some(condition) = &flow.condition else {
                // A single flow needs no condition.
                chosen = Some(*flow_id);
                break;
            };
            match condition.evaluate(&self.contexts(key)) {
                Ok(Value::Bool(true)) => {
                    chosen = Some(*flow_id);
                    break;
                }
                Ok(Value::Bool(false)) => {}
                Ok(other) => {
                    let text = condition.text().trim_start_matches('=').trim();
                    let kind = kind_name(&other);
                    let reason = format!(
                        "Expected result of the expression '{text}' to be 'BOOLEAN', but was '{kind}'."
                    );
                    return self.raise(key, IncidentKind::ExtractValueError, reason);
                }
                Err(error) => {
                    let reason = format!("{error} (condition of the flow '{}')", flow.id);
                    return self.raise(key, IncidentKind::ExtractValueError, reason);
                }
            }
        }
        match chosen.or(default) {
            Some(flow) => self.leave(key, &[flow]),
            None if node.outgoing.is_empty() => self.leave(key, &[]),
            None => self.raise(
                key,
                IncidentKind::ConditionError,
                "Expected at least one condition to evaluate to true, or to have a default flow".to_owned(),
            ),
        }
    }

    /// Ends every other path of the scope, then this one.
    fn terminate_scope(&mut self, key: i64, scope: i64) {
        let others: Vec<i64> = self
            .elements
            .get(&scope)
            .map(|scope| scope.children.iter().copied().filter(|child| *child != key).collect())
            .unwrap_or_default();
        for other in others {
            self.terminate(other);
        }
        self.steps.retain(|step| step.scope != scope);
        if let Some(scope) = self.elements.get_mut(&scope) {
            scope.tokens = 1;
            scope.joins.clear();
        }
        self.complete(key, None);
    }
}

/// The name of a JSON value's kind in Zeebe's messages.
pub(super) fn kind_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "NULL",
        Value::Bool(_) => "BOOLEAN",
        Value::Number(_) => "NUMBER",
        Value::String(_) => "STRING",
        Value::Array(_) => "ARRAY",
        Value::Object(_) => "OBJECT",
    }
}
