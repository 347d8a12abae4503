//! The commands of job workers.

use super::Engine;
use super::keys::partition;
use super::rejection::{Rejection, RejectionKind};
use super::timers::Due;
use crate::gateway::inspect::{IncidentKind, JobState};
use serde_json::{Map, Value};
use std::sync::Arc;
use tonic::Code;
use zeebe_proto::ActivatedJob;

/// Answers of one ActivateJobs call stay below this many bytes (Zeebe: 4 MiB messages).
const BATCH_BYTES: usize = 4 * 1024 * 1024 - 8 * 1024;

/// How a worker wants its jobs.
#[derive(Clone)]
pub(crate) struct Activation {
    pub(crate) job_type: Arc<str>,
    pub(crate) worker: String,
    pub(crate) timeout_millis: i64,
    pub(crate) fetch_variables: Vec<String>,
    pub(crate) tenants: Vec<Arc<str>>,
}

/// What FailJob brings.
pub(crate) struct FailJob {
    pub(crate) retries: i32,
    pub(crate) error_message: String,
    pub(crate) backoff_millis: i64,
    pub(crate) variables: Map<String, Value>,
}

/// Refuses a key that no partition of the cluster has made, as the gateway does.
///
/// # Errors
/// `UNAVAILABLE` for keys of other partitions.
pub(crate) fn check_partition(key: i64) -> Result<(), Rejection> {
    let id = partition(key);
    if id == 1 {
        return Ok(());
    }
    Err(Rejection::new(
        Code::Unavailable,
        format!(
            "Expected to execute command on partition {id}, but either it does not exist, or the gateway is not yet aware of it"
        ),
    ))
}

impl Engine {
    /// Hands out the jobs that wait, `max` at most.
    pub(crate) fn activate_jobs(&mut self, activation: &Activation, max: i32) -> Vec<ActivatedJob> {
        let mut jobs = Vec::new();
        let mut bytes = 0;
        while jobs.len() < usize::try_from(max).unwrap_or(0) {
            let Some(key) = self.jobs.first_waiting(&activation.job_type, &activation.tenants) else { break };
            let Some(mut job) = self.activated(key, activation) else { break };
            bytes += prost_len(&job);
            if bytes > BATCH_BYTES && !jobs.is_empty() {
                break;
            }
            self.activate(key, &activation.worker, activation.timeout_millis);
            job.deadline = self.deadline_millis(key);
            jobs.push(job);
        }
        jobs
    }

    /// When a job's worker must have answered, in milliseconds since 1970.
    pub(super) fn deadline_millis(&self, key: i64) -> i64 {
        self.jobs
            .all
            .get(&key)
            .and_then(|job| job.deadline)
            .map_or(0, |deadline| self.clock.epoch_millis(deadline))
    }

    /// A job as its worker gets it, but for the deadline.
    pub(super) fn activated(&self, key: i64, activation: &Activation) -> Option<ActivatedJob> {
        let job = self.jobs.all.get(&key)?;
        Some(ActivatedJob {
            key,
            r#type: job.job_type.to_string(),
            process_instance_key: job.instance,
            bpmn_process_id: job.definition.process_id().to_string(),
            process_definition_version: job.definition.version,
            process_definition_key: job.definition.key,
            element_id: job.element_id.to_string(),
            element_instance_key: job.element,
            custom_headers: job.headers.clone(),
            worker: activation.worker.clone(),
            retries: job.retries,
            deadline: 0,
            variables: self.variables_text(job.element, &activation.fetch_variables),
            tenant_id: job.definition.tenant.to_string(),
            ..ActivatedJob::default()
        })
    }

    /// Ends a job with success.
    ///
    /// # Errors
    /// The job is gone or waits for a person.
    pub(crate) fn complete_job(&mut self, key: i64, variables: Map<String, Value>) -> Result<(), Rejection> {
        let element = self.open_job(key, "COMPLETE", "complete job")?;
        self.close_job(key, JobState::Completed);
        self.counts.jobs_completed += 1;
        self.complete(element, Some(variables));
        Ok(())
    }

    /// Ends an attempt with failure.
    ///
    /// # Errors
    /// The job is gone or has failed already.
    pub(crate) fn fail_job(&mut self, key: i64, failure: FailJob) -> Result<(), Rejection> {
        let element = self.open_job(key, "FAIL", "fail job")?;
        self.close_job(key, JobState::Failed);
        self.counts.jobs_failed += 1;
        self.set_local(element, failure.variables);
        let message = failure.error_message;
        if let Some(job) = self.jobs.all.get_mut(&key) {
            job.retries = failure.retries;
            job.error_message.clone_from(&message);
        }
        if failure.retries <= 0 {
            let message = if message.is_empty() { "No more retries left.".to_owned() } else { message };
            self.raise(element, IncidentKind::JobNoRetries, message);
        } else if failure.backoff_millis > 0 {
            let at = self.clock.after(self.clock.now(), failure.backoff_millis);
            let timer = self.timers.add(at, Due::JobBackoff(key));
            if let Some(job) = self.jobs.all.get_mut(&key) {
                job.timer = Some(timer);
            }
        } else {
            self.offer(key);
        }
        Ok(())
    }

    /// Ends a job with a BPMN error.
    ///
    /// # Errors
    /// The job is gone or waits for a person.
    pub(crate) fn throw_error(
        &mut self,
        key: i64,
        code: &str,
        message: &str,
        variables: Map<String, Value>,
    ) -> Result<(), Rejection> {
        let element = self.open_job(key, "THROW_ERROR", "throw an error for job")?;
        self.close_job(key, JobState::ErrorThrown);
        self.counts.errors_thrown += 1;
        if let Some(job) = self.jobs.all.get_mut(&key) {
            job.error_code = code.to_owned();
            job.error_message = message.to_owned();
        }
        self.throw(element, code, message, variables);
        Ok(())
    }

    /// Moves an activated job's deadline.
    ///
    /// # Errors
    /// The job is gone, or no worker has it.
    pub(crate) fn update_job_timeout(&mut self, key: i64, timeout_millis: i64) -> Result<(), Rejection> {
        let what = "update the timeout of job";
        let state = self.job_state(key, "UPDATE_TIMEOUT", "update job")?;
        if state != JobState::Activated {
            let reason = format!("Expected to {what} with key '{key}', but it is not active");
            return Err(Rejection::command("UPDATE_TIMEOUT", RejectionKind::InvalidState, &reason));
        }
        self.stop_timer(key);
        let deadline = self.clock.after(self.clock.now(), timeout_millis);
        let timer = self.timers.add(deadline, Due::JobTimeout(key));
        if let Some(job) = self.jobs.all.get_mut(&key) {
            job.deadline = Some(deadline);
            job.timer = Some(timer);
        }
        Ok(())
    }

    /// Gives back a job that did not reach its worker.
    pub(crate) fn yield_job(&mut self, key: i64) {
        if self.jobs.all.get(&key).is_some_and(|job| job.state == JobState::Activated) {
            self.stop_timer(key);
            self.offer(key);
        }
    }

    /// The state of a job that has not ended.
    fn job_state(&self, key: i64, intent: &str, what: &str) -> Result<JobState, Rejection> {
        check_partition(key)?;
        match self.jobs.all.get(&key) {
            Some(job) if !job.gone => Ok(job.state),
            _ => {
                let reason = format!("Expected to {what} with key '{key}', but no such job was found");
                Err(Rejection::command(intent, RejectionKind::NotFound, &reason))
            }
        }
    }

    /// The element of a job that may be completed, failed or thrown at.
    fn open_job(&self, key: i64, intent: &str, what: &str) -> Result<i64, Rejection> {
        let state = self.job_state(key, intent, what)?;
        let name = match state {
            JobState::Failed => "FAILED",
            JobState::ErrorThrown => "ERROR_THROWN",
            _ => return Ok(self.jobs.all.get(&key).map_or(0, |job| job.element)),
        };
        let reason = format!("Expected to {what} with key '{key}', but it is in state '{name}'");
        Err(Rejection::command(intent, RejectionKind::InvalidState, &reason))
    }

    /// Takes a job from its queue, its timer and its worker.
    fn close_job(&mut self, key: i64, state: JobState) {
        self.jobs.dequeue(key);
        self.stop_timer(key);
        if let Some(job) = self.jobs.all.get_mut(&key) {
            job.state = state;
            job.gone = state == JobState::Completed;
            job.deadline = None;
        }
    }
}

/// The bytes of a job on the wire.
fn prost_len(job: &ActivatedJob) -> usize {
    prost::Message::encoded_len(job)
}
