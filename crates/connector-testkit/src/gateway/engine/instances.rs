//! Process instances and the element instances inside them.

use super::Engine;
use super::definitions::Definition;
use super::flow::Step;
use super::rejection::{Rejection, RejectionKind};
use super::timers::TimerId;
use crate::gateway::bpmn::{FlowId, Node, NodeId};
use crate::gateway::inspect::InstanceState;
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use tokio::sync::oneshot;

/// A process instance, also after its end.
pub(crate) struct Instance {
    pub(crate) definition: Arc<Definition>,
    pub(crate) state: InstanceState,
    /// The ids of the elements that were entered, in order.
    pub(crate) visited: Vec<Arc<str>>,
    /// The variables of the root scope once the instance has ended.
    pub(crate) final_variables: Map<String, Value>,
    /// The correlation key of the message that started it.
    pub(crate) started_by: Option<String>,
}

/// How an instance ended, for whoever waits for it.
pub(crate) struct InstanceResult {
    pub(crate) variables: Map<String, Value>,
}

/// A running element, or (without a node) the process itself.
pub(crate) struct ElementInstance {
    pub(crate) instance: i64,
    /// The scope that it is in; 0 for the process itself.
    pub(crate) scope: i64,
    pub(crate) node: Option<Arc<Node>>,
    pub(crate) definition: Arc<Definition>,
    /// The local variables: always an object.
    pub(crate) variables: Value,
    pub(crate) children: BTreeSet<i64>,
    /// The paths inside that have not ended.
    pub(crate) tokens: usize,
    /// Paths that wait at a parallel gateway, by the flow on which they came.
    pub(crate) joins: HashMap<FlowId, usize>,
    pub(crate) job: Option<i64>,
    pub(crate) subscriptions: Vec<i64>,
    pub(crate) timers: Vec<TimerId>,
}

impl ElementInstance {
    /// A fresh one.
    pub(crate) fn new(
        instance: i64,
        scope: i64,
        node: Option<Arc<Node>>,
        definition: Arc<Definition>,
    ) -> Self {
        Self {
            instance,
            scope,
            node,
            definition,
            variables: Value::Object(Map::new()),
            children: BTreeSet::new(),
            tokens: 0,
            joins: HashMap::new(),
            job: None,
            subscriptions: Vec::new(),
            timers: Vec::new(),
        }
    }
}

/// Which process to start.
pub(crate) struct NewInstance {
    pub(crate) definition_key: i64,
    pub(crate) process_id: String,
    pub(crate) version: i32,
    pub(crate) variables: Map<String, Value>,
    pub(crate) tenant: Arc<str>,
}

impl Engine {
    /// Starts a process at its none start event; answers the instance's key.
    ///
    /// # Errors
    /// Zeebe's rejection: no such process, or none that starts without an event.
    pub(crate) fn create_instance(
        &mut self,
        new: NewInstance,
        result: Option<oneshot::Sender<InstanceResult>>,
    ) -> Result<(i64, Arc<Definition>), Rejection> {
        let definition = self.find_definition(&new)?;
        let Some(start) = definition.model.none_start else {
            return Err(Rejection::command(
                "CREATE",
                RejectionKind::InvalidState,
                "Expected to create instance of process with none start event, but there is no such event",
            ));
        };
        let key = self.start(&definition, start, new.variables, None, None);
        if let Some(sender) = result {
            self.results.insert(key, sender);
        }
        Ok((key, definition))
    }

    /// Finds the version that a creation means.
    fn find_definition(&self, new: &NewInstance) -> Result<Arc<Definition>, Rejection> {
        let (found, wanted) = if new.process_id.is_empty() {
            let by_key = self.definitions.by_key(new.definition_key);
            (by_key.filter(|found| found.tenant == new.tenant), format!("key '{}'", new.definition_key))
        } else if new.version < 0 {
            (
                self.definitions.latest(&new.tenant, &new.process_id),
                format!("process ID '{}'", new.process_id),
            )
        } else {
            (
                self.definitions.version(&new.tenant, &new.process_id, new.version),
                format!("process ID '{}' and version '{}'", new.process_id, new.version),
            )
        };
        found.cloned().ok_or_else(|| {
            let reason = format!("Expected to find process definition with {wanted}, but none found");
            Rejection::command("CREATE", RejectionKind::NotFound, &reason)
        })
    }

    /// Starts a process at one of its start events.
    pub(super) fn start(
        &mut self,
        definition: &Arc<Definition>,
        start: NodeId,
        variables: Map<String, Value>,
        event_variables: Option<Map<String, Value>>,
        started_by: Option<String>,
    ) -> i64 {
        let key = self.keys.next();
        let instance = Instance {
            definition: Arc::clone(definition),
            state: InstanceState::Active,
            visited: Vec::new(),
            final_variables: Map::new(),
            started_by,
        };
        self.instances.insert(key, instance);
        let mut root = ElementInstance::new(key, 0, None, Arc::clone(definition));
        root.variables = Value::Object(variables);
        root.tokens = 1;
        self.elements.insert(key, root);
        self.counts.instances_created += 1;
        self.counts.instances_active += 1;
        if let Some(node) = definition.model.node(start) {
            let node = Arc::clone(node);
            self.steps.push_back(Step { scope: key, node, via: None, event_variables });
        }
        key
    }

    /// Ends an instance whose last path has ended.
    pub(super) fn complete_instance(&mut self, key: i64) {
        self.end_instance(key, InstanceState::Completed);
    }

    /// Stops an instance as an operator does; `false` when it is not running.
    pub(crate) fn cancel_instance(&mut self, key: i64) -> bool {
        if !self.instances.get(&key).is_some_and(|instance| instance.state == InstanceState::Active) {
            return false;
        }
        self.end_instance(key, InstanceState::Canceled);
        self.settle();
        true
    }

    /// Removes the elements of an instance and lets the next buffered message start one.
    fn end_instance(&mut self, key: i64, state: InstanceState) {
        let variables = self.elements.get_mut(&key).map(|root| std::mem::take(&mut root.variables));
        self.terminate(key);
        let Some(instance) = self.instances.get_mut(&key) else { return };
        instance.state = state;
        if let Some(Value::Object(variables)) = variables {
            instance.final_variables = variables;
        }
        self.counts.instances_active -= 1;
        match state {
            InstanceState::Canceled => self.counts.instances_canceled += 1,
            _ => self.counts.instances_completed += 1,
        }
        if let Some(sender) = self.results.remove(&key)
            && state == InstanceState::Completed
        {
            // A client that no longer waits needs no answer.
            let _ = sender.send(InstanceResult { variables: instance.final_variables.clone() });
        }
        if let Some(correlation_key) = instance.started_by.clone() {
            let definition = Arc::clone(&instance.definition);
            self.release_start(&definition, &correlation_key);
        }
    }

    /// Removes an element with all that is inside it, without going on from it.
    pub(super) fn terminate(&mut self, key: i64) {
        let Some(element) = self.elements.remove(&key) else { return };
        for child in &element.children {
            self.terminate(*child);
        }
        self.release(key, &element);
        if let Some(scope) = self.elements.get_mut(&element.scope) {
            scope.children.remove(&key);
        }
        if let Some(job) = element.job {
            self.cancel_job(job);
        }
    }

    /// Ends what an element waits for, and its incidents.
    pub(super) fn release(&mut self, key: i64, element: &ElementInstance) {
        for timer in &element.timers {
            self.timers.cancel(*timer);
        }
        for subscription in &element.subscriptions {
            self.messages.close(*subscription);
        }
        self.incidents.resolve(key);
    }
}
