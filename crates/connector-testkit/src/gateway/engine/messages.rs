//! Published messages and who waits for them.

use super::Engine;
use super::definitions::Definition;
use super::rejection::{Rejection, RejectionKind};
use super::timers::{Due, TimerId};
use crate::gateway::bpmn::{Node, NodeId};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// A message's address: tenant, name, correlation key.
type Address = (Arc<str>, String, String);

/// What PublishMessage brings.
pub(crate) struct NewMessage {
    pub(crate) name: String,
    pub(crate) correlation_key: String,
    pub(crate) message_id: String,
    pub(crate) time_to_live_millis: i64,
    pub(crate) variables: Map<String, Value>,
    pub(crate) tenant: Arc<str>,
}

/// A published message, also after it has expired.
pub(crate) struct Message {
    pub(crate) name: String,
    pub(crate) correlation_key: String,
    pub(crate) message_id: String,
    pub(crate) time_to_live_millis: i64,
    pub(crate) variables: Map<String, Value>,
    pub(crate) tenant: Arc<str>,
    /// Whether it is kept for a late subscriber.
    pub(crate) buffered: bool,
    /// The instances that it went to or started.
    pub(crate) correlated: Vec<i64>,
    /// The processes that have had it: each has it once.
    processes: HashSet<Arc<str>>,
    expiry: Option<TimerId>,
}

impl Message {
    /// Where it goes to.
    fn address(&self) -> Address {
        (Arc::clone(&self.tenant), self.name.clone(), self.correlation_key.clone())
    }
}

/// An element that waits for a message.
#[derive(Clone)]
pub(crate) struct Subscription {
    pub(crate) name: String,
    pub(crate) correlation_key: String,
    pub(crate) definition: Arc<Definition>,
    pub(crate) instance: i64,
    pub(crate) element: i64,
    /// The catch event, receive task or boundary event.
    pub(crate) node: Arc<Node>,
    pub(crate) is_boundary: bool,
    pub(crate) interrupting: bool,
}

impl Subscription {
    /// Where its messages come to.
    fn address(&self) -> Address {
        (Arc::clone(&self.definition.tenant), self.name.clone(), self.correlation_key.clone())
    }
}

/// A process that a message starts.
type Start = (Arc<Definition>, NodeId);

/// All messages and subscriptions.
#[derive(Default)]
pub(crate) struct Messages {
    pub(crate) all: BTreeMap<i64, Message>,
    pub(crate) subscriptions: BTreeMap<i64, Subscription>,
    buffer: HashMap<Address, BTreeSet<i64>>,
    ids: HashSet<(Address, String)>,
    waiting: HashMap<Address, BTreeSet<i64>>,
    /// The message start events of the newest versions, by tenant and message name, then by process id.
    starts: HashMap<(Arc<str>, String), BTreeMap<Arc<str>, Start>>,
    /// The running instances that a message with a correlation key has started.
    started: HashSet<(Arc<str>, Arc<str>, String)>,
}

impl Messages {
    /// Moves a process's message starts to its newest version.
    pub(super) fn move_starts(&mut self, definition: &Arc<Definition>) {
        for ((tenant, _), processes) in &mut self.starts {
            if *tenant == definition.tenant {
                processes.remove(definition.process_id());
            }
        }
        for (node, name) in &definition.model.message_starts {
            let processes = self.starts.entry((Arc::clone(&definition.tenant), name.clone())).or_default();
            processes.insert(Arc::clone(definition.process_id()), (Arc::clone(definition), *node));
        }
    }

    /// Ends a subscription.
    pub(super) fn close(&mut self, key: i64) {
        let Some(subscription) = self.subscriptions.remove(&key) else { return };
        let address = subscription.address();
        if let Some(waiting) = self.waiting.get_mut(&address) {
            waiting.remove(&key);
            if waiting.is_empty() {
                self.waiting.remove(&address);
            }
        }
    }

    /// The message start events that are open now: message name, version, place of the start event.
    pub(crate) fn open_starts(&self) -> impl Iterator<Item = (&str, &Arc<Definition>, NodeId)> {
        self.starts.iter().flat_map(|((_, name), processes)| {
            processes.values().map(move |(definition, node)| (name.as_str(), definition, *node))
        })
    }

    /// The oldest kept message at an address that the process has not had.
    fn buffered_for(&self, address: &Address, process_id: &Arc<str>) -> Option<i64> {
        let kept = self.buffer.get(address)?;
        kept.iter()
            .copied()
            .find(|key| self.all.get(key).is_some_and(|message| !message.processes.contains(process_id)))
    }
}

impl Engine {
    /// Publishes a message; answers its key.
    ///
    /// # Errors
    /// `ALREADY_EXISTS` while a message of that name, correlation key and id is kept.
    pub(crate) fn publish(&mut self, new: NewMessage) -> Result<i64, Rejection> {
        let address = (Arc::clone(&new.tenant), new.name.clone(), new.correlation_key.clone());
        if !new.message_id.is_empty()
            && self.messages.ids.contains(&(address.clone(), new.message_id.clone()))
        {
            self.counts.messages_refused += 1;
            let reason = format!(
                "Expected to publish a new message with id '{}', but a message with that id was already published",
                new.message_id
            );
            return Err(Rejection::command("PUBLISH", RejectionKind::AlreadyExists, &reason));
        }
        let key = self.keys.next();
        self.counts.messages_published += 1;
        self.keep(key, new, &address);
        self.correlate_to_waiting(key, &address);
        self.settle();
        self.start_by(key, &address);
        self.settle();
        Ok(key)
    }

    /// Stores a message, for the time that it is to live.
    fn keep(&mut self, key: i64, new: NewMessage, address: &Address) {
        let buffered = new.time_to_live_millis > 0;
        let mut message = Message {
            name: new.name,
            correlation_key: new.correlation_key,
            message_id: new.message_id,
            time_to_live_millis: new.time_to_live_millis,
            variables: new.variables,
            tenant: new.tenant,
            buffered,
            correlated: Vec::new(),
            processes: HashSet::new(),
            expiry: None,
        };
        if buffered {
            let at = self.clock.after(self.clock.now(), message.time_to_live_millis);
            message.expiry = Some(self.timers.add(at, Due::MessageExpiry(key)));
            self.messages.buffer.entry(address.clone()).or_default().insert(key);
            if !message.message_id.is_empty() {
                self.messages.ids.insert((address.clone(), message.message_id.clone()));
            }
        }
        self.messages.all.insert(key, message);
    }

    /// Hands a new message to those who wait, to each process once.
    fn correlate_to_waiting(&mut self, message: i64, address: &Address) {
        let waiting: Vec<i64> =
            self.messages.waiting.get(address).map(|keys| keys.iter().copied().collect()).unwrap_or_default();
        for subscription in waiting {
            self.correlate(message, subscription);
        }
    }

    /// Hands a message to a subscription, unless its process has had the message; answers whether it did.
    fn correlate(&mut self, message: i64, key: i64) -> bool {
        let Some(subscription) = self.messages.subscriptions.get(&key).cloned() else { return false };
        let Some(message) = self.messages.all.get_mut(&message) else { return false };
        if !message.processes.insert(Arc::clone(subscription.definition.process_id())) {
            return false;
        }
        message.correlated.push(subscription.instance);
        let variables = message.variables.clone();
        self.counts.messages_correlated += 1;
        if subscription.interrupting {
            self.messages.close(key);
        }
        self.trigger_subscription(&subscription, variables);
        true
    }

    /// Starts the processes that wait for a message, unless one with its correlation key runs.
    fn start_by(&mut self, message: i64, address: &Address) {
        let (tenant, name, _) = address;
        let starts: Vec<Start> = self
            .messages
            .starts
            .get(&(Arc::clone(tenant), name.clone()))
            .map(|processes| processes.values().cloned().collect())
            .unwrap_or_default();
        for (definition, node) in starts {
            self.start_one_by(message, &definition, node);
        }
    }

    /// Starts one process by a message, unless it has had it or one with its correlation key runs.
    fn start_one_by(&mut self, key: i64, definition: &Arc<Definition>, node: NodeId) {
        let Some(message) = self.messages.all.get_mut(&key) else { return };
        let process_id = definition.process_id();
        let lock = (Arc::clone(&message.tenant), Arc::clone(process_id), message.correlation_key.clone());
        let locks = !message.correlation_key.is_empty();
        if locks && self.messages.started.contains(&lock) {
            return;
        }
        if !message.processes.insert(Arc::clone(process_id)) {
            return;
        }
        let variables = message.variables.clone();
        let started_by = locks.then(|| message.correlation_key.clone());
        if locks {
            self.messages.started.insert(lock);
        }
        let instance = self.start(definition, node, Map::new(), Some(variables), started_by);
        if let Some(message) = self.messages.all.get_mut(&key) {
            message.correlated.push(instance);
        }
        self.counts.messages_correlated += 1;
    }

    /// An instance that a message has started has ended: the next kept message may start the process.
    pub(super) fn release_start(&mut self, ended: &Arc<Definition>, correlation_key: &str) {
        let process_id = ended.process_id();
        let tenant = &ended.tenant;
        self.messages.started.remove(&(
            Arc::clone(tenant),
            Arc::clone(process_id),
            correlation_key.to_owned(),
        ));
        let Some(latest) = self.definitions.latest(tenant, process_id).cloned() else { return };
        let next = latest.model.message_starts.iter().filter_map(|(node, name)| {
            let address = (Arc::clone(tenant), name.clone(), correlation_key.to_owned());
            self.messages.buffered_for(&address, process_id).map(|message| (message, *node))
        });
        if let Some((message, node)) = next.min_by_key(|(message, _)| *message) {
            self.start_one_by(message, &latest, node);
        }
    }

    /// Adds a subscription; messages that are kept for it come at once.
    pub(super) fn subscribe(&mut self, subscription: Subscription) {
        let key = self.keys.next();
        let address = subscription.address();
        let process_id = Arc::clone(subscription.definition.process_id());
        if let Some(element) = self.elements.get_mut(&subscription.element) {
            element.subscriptions.push(key);
        }
        self.messages.waiting.entry(address.clone()).or_default().insert(key);
        self.messages.subscriptions.insert(key, subscription);
        while let Some(message) = self.messages.buffered_for(&address, &process_id) {
            if !self.correlate(message, key) {
                break;
            }
        }
    }

    /// A message is no longer kept.
    pub(super) fn expire_message(&mut self, key: i64) {
        let Some(message) = self.messages.all.get_mut(&key) else { return };
        message.buffered = false;
        let address = message.address();
        let id = (address.clone(), message.message_id.clone());
        self.messages.ids.remove(&id);
        if let Some(kept) = self.messages.buffer.get_mut(&address) {
            kept.remove(&key);
            if kept.is_empty() {
                self.messages.buffer.remove(&address);
            }
        }
        self.counts.messages_expired += 1;
    }
}
