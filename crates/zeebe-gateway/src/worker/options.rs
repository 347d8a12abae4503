//! What a worker needs to know.

use crate::GatewayError;
use connector_core::TenantId;
use std::time::Duration;

/// How a worker asks for jobs.
///
/// The defaults are those that the Java connector runtime ships (its `worker.defaults` and the client's own).
#[derive(Clone, Debug)]
pub struct JobWorkerOptions {
    /// The job type.
    pub job_type: String,
    /// The worker's name, shown by the engine's tools.
    pub worker_name: String,
    /// For how long a job is ours.
    pub timeout: Duration,
    /// How many jobs may be in flight; also the most that is asked for at once.
    pub max_jobs_active: u32,
    /// The wait before the next poll after one that brought fewer jobs than asked for.
    pub poll_interval: Duration,
    /// How long a poll waits inside the engine for a first job; only used without an open stream.
    pub request_timeout: Duration,
    /// Whether jobs are pushed to us as they are created, beside polling for the backlog.
    pub stream_enabled: bool,
    /// The age at which a stream is replaced.
    pub stream_timeout: Duration,
    /// The silence after which a stream is replaced; `None` = only when polls find jobs that it should have brought.
    pub stream_inactivity_timeout: Option<Duration>,
    /// The variables to send along; empty = all that the task sees.
    pub fetch_variables: Vec<String>,
    /// The tenants whose jobs are wanted.
    pub tenants: Tenants,
}

/// Whose jobs a worker wants.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tenants {
    /// Those of these tenants.
    Provided(Vec<TenantId>),
    /// Those of the tenants that the authenticated client is assigned to; needs a gateway of 8.9 or later.
    Assigned,
}

impl JobWorkerOptions {
    /// The defaults, for a job type.
    pub fn new(job_type: impl Into<String>) -> Self {
        Self {
            job_type: job_type.into(),
            worker_name: "zeebe-gateway".to_owned(),
            timeout: Duration::from_secs(5 * 60),
            max_jobs_active: 100,
            poll_interval: Duration::from_millis(100),
            request_timeout: Duration::from_secs(10),
            stream_enabled: true,
            stream_timeout: Duration::from_secs(8 * 60 * 60),
            stream_inactivity_timeout: Some(Duration::from_secs(10 * 60)),
            fetch_variables: Vec::new(),
            tenants: Tenants::Provided(vec![TenantId::default()]),
        }
    }

    pub(crate) fn check(&self) -> Result<(), GatewayError> {
        let reason = if self.job_type.trim().is_empty() {
            "give it a job type"
        } else if self.max_jobs_active == 0 {
            "max_jobs_active has to be at least 1"
        } else if self.timeout < Duration::from_millis(1) {
            "the job timeout has to be at least one millisecond"
        } else {
            return Ok(());
        };
        Err(GatewayError::InvalidWorker { job_type: self.job_type.clone(), reason })
    }

    /// The number of polled jobs in flight at which the next poll is due. Source: the Java client's 30 %, rounded.
    pub(crate) fn poll_threshold(&self) -> u32 {
        u32::try_from((u64::from(self.max_jobs_active) * 3 + 5) / 10).unwrap_or(u32::MAX)
    }

    pub(crate) fn tenant_ids(&self) -> Vec<String> {
        match &self.tenants {
            Tenants::Provided(tenants) => tenants.iter().map(|tenant| tenant.as_str().to_owned()).collect(),
            Tenants::Assigned => Vec::new(),
        }
    }

    pub(crate) fn tenant_filter(&self) -> i32 {
        let filter = match self.tenants {
            Tenants::Provided(_) => zeebe_proto::TenantFilter::Provided,
            Tenants::Assigned => zeebe_proto::TenantFilter::Assigned,
        };
        filter.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polls_at_thirty_percent_rounded() {
        let threshold =
            |max| JobWorkerOptions { max_jobs_active: max, ..JobWorkerOptions::new("t") }.poll_threshold();
        assert_eq!([1, 2, 5, 10, 32, 100].map(threshold), [0, 1, 2, 3, 10, 30]);
    }

    #[test]
    fn refuses_a_worker_that_could_never_work() {
        let refused = |options: JobWorkerOptions| options.check().unwrap_err().code();
        assert_eq!(refused(JobWorkerOptions::new(" ")), "GATEWAY_INVALID_WORKER");
        let none = JobWorkerOptions { max_jobs_active: 0, ..JobWorkerOptions::new("t") };
        assert_eq!(refused(none), "GATEWAY_INVALID_WORKER");
        let never = JobWorkerOptions { timeout: Duration::ZERO, ..JobWorkerOptions::new("t") };
        assert_eq!(refused(never), "GATEWAY_INVALID_WORKER");
    }
}
