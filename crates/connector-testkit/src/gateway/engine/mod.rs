//! The process engine in memory: one partition, one thread of steps, no storage.

mod definitions;
mod documents;
mod errors;
mod events;
mod flow;
mod incidents;
mod instances;
mod job_commands;
mod jobs;
mod keys;
mod mappings;
mod messages;
mod rejection;
mod streams;
mod timers;
mod variables;

pub(crate) use definitions::Definition;
pub(crate) use instances::{InstanceResult, NewInstance};
pub(crate) use job_commands::{Activation, FailJob};
pub(crate) use jobs::Job;
pub(crate) use messages::{Message, NewMessage};
pub(crate) use rejection::Rejection;
pub(crate) use streams::StreamItem;

pub(crate) use documents::read as read_document;
pub(crate) use incidents::Incident;
pub(crate) use instances::Instance;
pub(crate) use job_commands::check_partition;

use super::clock::Clock;
use super::inspect::Counts;
use connector_feel::FeelEngine;
use definitions::Definitions;
use flow::Step;
use incidents::Incidents;
use instances::ElementInstance;
use jobs::Jobs;
use keys::Keys;
use messages::Messages;
use std::collections::{BTreeMap, HashMap, VecDeque};
use streams::Streams;
use timers::{Due, Timers};
use tokio::sync::oneshot;
use tokio::time::Instant;

/// The state of the engine and what it can do with it.
pub(crate) struct Engine {
    pub(crate) clock: Clock,
    pub(crate) counts: Counts,
    pub(crate) definitions: Definitions,
    pub(crate) instances: BTreeMap<i64, Instance>,
    pub(crate) jobs: Jobs,
    pub(crate) messages: Messages,
    pub(crate) incidents: Incidents,
    pub(crate) streams: Streams,
    feel: FeelEngine,
    keys: Keys,
    elements: HashMap<i64, ElementInstance>,
    timers: Timers,
    steps: VecDeque<Step>,
    results: HashMap<i64, oneshot::Sender<InstanceResult>>,
}

impl Engine {
    /// An engine without processes.
    pub(crate) fn new(clock: Clock, feel: FeelEngine) -> Self {
        Self {
            clock,
            counts: Counts::default(),
            definitions: Definitions::default(),
            instances: BTreeMap::new(),
            jobs: Jobs::default(),
            messages: Messages::default(),
            incidents: Incidents::default(),
            streams: Streams::default(),
            feel,
            keys: Keys::default(),
            elements: HashMap::new(),
            timers: Timers::default(),
            steps: VecDeque::new(),
            results: HashMap::new(),
        }
    }

    /// When the engine has something to do by itself.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.timers.next_at()
    }

    /// Does everything that is due.
    pub(crate) fn advance(&mut self) {
        let now = self.clock.now();
        while let Some(due) = self.timers.take_due(now) {
            match due {
                Due::Event { element, node } => self.fire_timer(element, node),
                Due::JobTimeout(job) => self.time_out_job(job),
                Due::JobBackoff(job) => self.end_backoff(job),
                Due::MessageExpiry(message) => self.expire_message(message),
            }
            self.settle();
        }
    }

    /// Takes a signal; nothing that the engine runs waits for one. Answers its key.
    pub(crate) fn broadcast_signal(&mut self) -> i64 {
        self.counts.signals_broadcast += 1;
        self.keys.next()
    }

    /// Takes steps until every path waits or has ended.
    pub(crate) fn settle(&mut self) {
        while let Some(step) = self.steps.pop_front() {
            self.take(step);
        }
    }
}
