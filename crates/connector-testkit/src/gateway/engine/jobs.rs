//! Jobs and the queues in which they wait for a worker.

use super::Engine;
use super::definitions::Definition;
use super::flow::kind_name;
use super::timers::{Due, TimerId};
use crate::gateway::bpmn::{JobDefinition, Node};
use crate::gateway::engine::events::expression_text;
use crate::gateway::inspect::{IncidentKind, JobState};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::time::Instant;

/// A job, also after its end.
pub(crate) struct Job {
    pub(crate) job_type: Arc<str>,
    pub(crate) state: JobState,
    pub(crate) retries: i32,
    pub(crate) element: i64,
    pub(crate) element_id: Arc<str>,
    pub(crate) instance: i64,
    pub(crate) definition: Arc<Definition>,
    /// The task's headers as JSON.
    pub(crate) headers: String,
    pub(crate) worker: String,
    /// Until when the worker has it.
    pub(crate) deadline: Option<Instant>,
    pub(crate) error_message: String,
    pub(crate) error_code: String,
    /// How often it was handed to a worker.
    pub(crate) activations: u32,
    /// Whether its element has ended: the engine knows the job no more.
    pub(super) gone: bool,
    pub(super) timer: Option<TimerId>,
}

/// All jobs by their keys.
#[derive(Default)]
pub(crate) struct Jobs {
    pub(crate) all: BTreeMap<i64, Job>,
    /// The jobs that wait, by job type and tenant, the oldest first.
    queues: HashMap<Arc<str>, HashMap<Arc<str>, BTreeSet<i64>>>,
    /// Wakes those who wait for a job of a type.
    waiting: HashMap<Arc<str>, Arc<Notify>>,
}

impl Jobs {
    /// What tells that a job of a type can be had.
    pub(crate) fn signal(&mut self, job_type: &str) -> Arc<Notify> {
        Arc::clone(self.waiting.entry(job_type.into()).or_default())
    }

    /// The oldest job of a type that waits, for one of the tenants.
    pub(super) fn first_waiting(&self, job_type: &str, tenants: &[Arc<str>]) -> Option<i64> {
        let queues = self.queues.get(job_type)?;
        tenants.iter().filter_map(|tenant| queues.get(tenant)?.first().copied()).min()
    }

    /// Puts a job into its queue.
    pub(super) fn enqueue(&mut self, key: i64) {
        let Some(job) = self.all.get_mut(&key) else { return };
        job.state = JobState::Activatable;
        let (job_type, tenant) = (Arc::clone(&job.job_type), Arc::clone(&job.definition.tenant));
        self.queues.entry(Arc::clone(&job_type)).or_default().entry(tenant).or_default().insert(key);
        if let Some(signal) = self.waiting.get(&job_type) {
            signal.notify_waiters();
        }
    }

    /// Takes a job out of its queue.
    pub(super) fn dequeue(&mut self, key: i64) {
        let Some(job) = self.all.get(&key) else { return };
        let queue =
            self.queues.get_mut(&job.job_type).and_then(|queues| queues.get_mut(&job.definition.tenant));
        if let Some(queue) = queue {
            queue.remove(&key);
        }
    }
}

impl Engine {
    /// Creates the job of a task and offers it to the workers.
    pub(super) fn create_job(&mut self, element: i64, node: &Node, definition: &JobDefinition) {
        let (job_type, retries) = match self.job_values(element, definition) {
            Ok(values) => values,
            Err(reason) => return self.raise(element, IncidentKind::ExtractValueError, reason),
        };
        let key = self.keys.next();
        let Some(at) = self.elements.get_mut(&element) else { return };
        at.job = Some(key);
        let job = Job {
            job_type: job_type.into(),
            state: JobState::Activatable,
            retries,
            element,
            element_id: Arc::clone(&node.id),
            instance: at.instance,
            definition: Arc::clone(&at.definition),
            headers: definition.headers.clone(),
            worker: String::new(),
            deadline: None,
            error_message: String::new(),
            error_code: String::new(),
            activations: 0,
            gone: false,
            timer: None,
        };
        self.jobs.all.insert(key, job);
        self.counts.jobs_created += 1;
        self.offer(key);
    }

    /// The type and the retries of a job.
    fn job_values(&self, element: i64, definition: &JobDefinition) -> Result<(String, i32), String> {
        let unexpected = |text: &str, wanted: &str, value: &Value| {
            let kind = kind_name(value);
            format!("Expected result of the expression '{text}' to be '{wanted}', but was '{kind}'.")
        };
        let job_type = match self.evaluate(&definition.job_type, element)? {
            Value::String(job_type) => job_type,
            other => return Err(unexpected(expression_text(&definition.job_type), "STRING", &other)),
        };
        let retries = self.evaluate(&definition.retries, element)?;
        let number = match &retries {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        match number.and_then(|number| i32::try_from(number).ok()) {
            Some(number) => Ok((job_type, number)),
            None => Err(unexpected(expression_text(&definition.retries), "NUMBER", &retries)),
        }
    }

    /// Lets a job be had: a stream gets it at once, else it waits in its queue.
    pub(super) fn offer(&mut self, key: i64) {
        if !self.push(key) {
            self.jobs.enqueue(key);
        }
    }

    /// Stops a job's timer.
    pub(super) fn stop_timer(&mut self, key: i64) {
        if let Some(timer) = self.jobs.all.get_mut(&key).and_then(|job| job.timer.take()) {
            self.timers.cancel(timer);
        }
    }

    /// The worker has not answered in time.
    pub(super) fn time_out_job(&mut self, key: i64) {
        self.counts.jobs_timed_out += 1;
        self.offer(key);
    }

    /// A failed job's pause is over.
    pub(super) fn end_backoff(&mut self, key: i64) {
        self.offer(key);
    }

    /// Ends a job whose element has ended otherwise.
    pub(super) fn cancel_job(&mut self, key: i64) {
        self.jobs.dequeue(key);
        self.stop_timer(key);
        let Some(job) = self.jobs.all.get_mut(&key) else { return };
        job.gone = true;
        if job.state.is_open() {
            job.state = JobState::Canceled;
        }
    }

    /// Marks a job as handed to a worker.
    pub(super) fn activate(&mut self, key: i64, worker: &str, timeout_millis: i64) {
        self.jobs.dequeue(key);
        self.stop_timer(key);
        let deadline = self.clock.after(self.clock.now(), timeout_millis);
        let timer = self.timers.add(deadline, Due::JobTimeout(key));
        if let Some(job) = self.jobs.all.get_mut(&key) {
            job.state = JobState::Activated;
            job.worker = worker.to_owned();
            job.deadline = Some(deadline);
            job.timer = Some(timer);
            job.activations = job.activations.saturating_add(1);
        }
        self.counts.jobs_activated += 1;
    }
}
