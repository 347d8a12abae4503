//! From the gateway's job to ours, with its deadline on our own clock.

use crate::clock::after;
use connector_core::{
    ElementInstanceKey, Job, JobKey, JobLease, ProcessDefinitionKey, ProcessInstanceKey, TenantId,
};
use std::time::Duration;
use tokio::time::Instant;

/// When a job was activated, as far as we can tell without trusting two clocks to agree.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Activation {
    /// It cannot have been activated before this.
    pub(crate) earliest: Instant,
    /// It was activated before this.
    pub(crate) received: Instant,
    /// The wall clock when it was received, in milliseconds since 1970.
    pub(crate) received_millis: i64,
    /// For how long the job was asked for.
    pub(crate) timeout: Duration,
}

impl Activation {
    /// The broker's deadline on our clock: exact while the two wall clocks agree, within what is possible otherwise.
    pub(crate) fn deadline(&self, broker_millis: i64) -> Instant {
        let left = broker_millis.saturating_sub(self.received_millis);
        let left = Duration::from_millis(u64::try_from(left).unwrap_or(0)).min(self.timeout);
        let (first, last) = (after(self.earliest, self.timeout), after(self.received, self.timeout));
        after(self.received, left).max(first).min(last)
    }

    /// The job as the connectors know it.
    pub(crate) fn job(&self, job: zeebe_proto::ActivatedJob) -> Job {
        Job {
            lease: JobLease { key: JobKey::new(job.key), deadline: self.deadline(job.deadline) },
            job_type: job.r#type,
            process_instance_key: ProcessInstanceKey::new(job.process_instance_key),
            bpmn_process_id: job.bpmn_process_id,
            process_definition_version: job.process_definition_version,
            process_definition_key: ProcessDefinitionKey::new(job.process_definition_key),
            element_id: job.element_id,
            element_instance_key: ElementInstanceKey::new(job.element_instance_key),
            custom_headers: job.custom_headers,
            retries: job.retries,
            variables: job.variables,
            tenant_id: TenantId::new(job.tenant_id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn activation(now: Instant) -> Activation {
        Activation {
            earliest: now - 2 * SECOND,
            received: now,
            received_millis: 1_000_000,
            timeout: 10 * SECOND,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn follows_the_brokers_deadline_while_the_clocks_agree() {
        let now = Instant::now() + 100 * SECOND;
        assert_eq!(activation(now).deadline(1_009_000), now + 9 * SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn a_skewed_clock_cannot_move_the_deadline_out_of_what_is_possible() {
        let now = Instant::now() + 100 * SECOND;
        assert_eq!(activation(now).deadline(1_009_000 + 3_600_000), now + 10 * SECOND);
        assert_eq!(activation(now).deadline(1_009_000 - 3_600_000), now + 8 * SECOND);
        assert_eq!(activation(now).deadline(i64::MAX), now + 10 * SECOND);
        assert_eq!(activation(now).deadline(i64::MIN), now + 8 * SECOND);
    }
}
