//! A job of the engine and where jobs come from.

use crate::{ElementInstanceKey, JobKey, ProcessDefinitionKey, ProcessInstanceKey, TenantId};
use async_trait::async_trait;
use std::{any::Any, fmt};
use tokio::{sync::OwnedSemaphorePermit, time::Instant};

/// A job as the engine activated it.
#[derive(Clone)]
pub struct Job {
    /// The key of the job, and until when it is ours.
    pub lease: JobLease,
    /// The job type, for instance `io.camunda:aws-sqs:1`.
    pub job_type: String,
    /// The process instance that waits for the job.
    pub process_instance_key: ProcessInstanceKey,
    /// The id of the process in its BPMN.
    pub bpmn_process_id: String,
    /// The version of the process definition.
    pub process_definition_version: i32,
    /// The key of the process definition.
    pub process_definition_key: ProcessDefinitionKey,
    /// The id of the task in the BPMN.
    pub element_id: String,
    /// The element instance whose scope the job's variables are in.
    pub element_instance_key: ElementInstanceKey,
    /// The task headers: a JSON object as text.
    pub custom_headers: String,
    /// How many attempts are left, this one included.
    pub retries: i32,
    /// The variables that were asked for: a JSON object as text.
    pub variables: String,
    /// The tenant of the process instance.
    pub tenant_id: TenantId,
}

/// A job's key with the time until which the engine leaves the job to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobLease {
    /// The job's key.
    pub key: JobKey,
    /// After this no command for the job may be sent: the engine hands it to somebody else.
    pub deadline: Instant,
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("key", &self.lease.key)
            .field("job_type", &self.job_type)
            .field("bpmn_process_id", &self.bpmn_process_id)
            .field("element_id", &self.element_id)
            .field("process_instance_key", &self.process_instance_key)
            .field("retries", &self.retries)
            .field("tenant_id", &self.tenant_id)
            .finish_non_exhaustive()
    }
}

/// The right to work on one job; dropping it lets the worker ask for another.
#[derive(Debug)]
pub struct Permit(#[allow(dead_code)] Option<Box<dyn Any + Send + Sync>>);

impl Permit {
    /// A permit whose end is the drop of `guard`: a worker counts with it what is in flight.
    pub fn from_guard(guard: impl Any + Send + Sync) -> Self {
        Self(Some(Box::new(guard)))
    }

    /// A permit that returns to its semaphore when dropped.
    pub fn from_semaphore(permit: OwnedSemaphorePermit) -> Self {
        Self::from_guard(permit)
    }

    /// A permit that nothing counts, for callers without a limit.
    pub fn unlimited() -> Self {
        Self(None)
    }
}

/// A job together with the permit that its worker took before it asked for it.
#[derive(Debug)]
pub struct ActivatedJob {
    /// The job.
    pub job: Job,
    /// Returned to the worker when the job is done with.
    pub permit: Permit,
}

/// Where jobs come from.
#[async_trait]
pub trait JobSource: Send {
    /// The next job; `None` after shutdown, when no more will come.
    async fn next(&mut self) -> Option<ActivatedJob>;
}
