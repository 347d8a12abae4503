//! Many jobs at a time.

use crate::support::Setup;
use async_trait::async_trait;
use connector_core::{ActivatedJob, Job, JobSource, Permit};
use sqs_outbound::{Handled, OutboundCounters};
use std::{collections::VecDeque, sync::Arc};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Gives out jobs while there are permits, then ends or waits.
struct Jobs {
    jobs: VecDeque<Job>,
    permits: Arc<Semaphore>,
    endless: bool,
}

#[async_trait]
impl JobSource for Jobs {
    async fn next(&mut self) -> Option<ActivatedJob> {
        let permit = Permit::from_semaphore(Arc::clone(&self.permits).acquire_owned().await.ok()?);
        match self.jobs.pop_front() {
            Some(job) => Some(ActivatedJob { job, permit }),
            None if self.endless => std::future::pending().await,
            None => None,
        }
    }
}

fn jobs(setup: &Setup, keys: impl IntoIterator<Item = i64>, permits: usize) -> Jobs {
    let jobs = keys.into_iter().map(|key| setup.job(key)).collect();
    Jobs { jobs, permits: Arc::new(Semaphore::new(permits)), endless: false }
}

#[tokio::test]
async fn all_jobs_are_handled_and_their_permits_come_back() {
    let setup = Setup::start().await;
    let jobs = jobs(&setup, 1_000..1_040, 4);
    let permits = Arc::clone(&jobs.permits);
    setup.outbound.run(jobs, CancellationToken::new()).await;
    assert_eq!(setup.commands.taken().len(), 40);
    assert_eq!(permits.available_permits(), 4);
    let counters = OutboundCounters { activated: 40, completed: 40, ..OutboundCounters::default() };
    assert_eq!(setup.outbound.counters(), counters);
}

#[tokio::test]
async fn a_panic_in_one_job_never_stops_the_others() {
    let setup = Setup::start().await;
    let jobs = jobs(&setup, [1, 666, 2, 3], 1);
    let permits = Arc::clone(&jobs.permits);
    setup.outbound.run(jobs, CancellationToken::new()).await;
    assert_eq!(setup.commands.taken().len(), 3);
    assert_eq!(permits.available_permits(), 1);
    assert_eq!(setup.outbound.counters().panicked, 1);
}

#[tokio::test]
async fn a_refused_command_is_counted_and_not_repeated() {
    let setup = Setup::start().await;
    assert_eq!(setup.outbound.handle(&setup.job(13)).await, Handled::Refused);
    assert_eq!(setup.outbound.counters().refused, 1);
}

#[tokio::test]
async fn shutdown_waits_for_the_jobs_that_were_begun() {
    let setup = Setup::start().await;
    let shutdown = CancellationToken::new();
    let source = Jobs { endless: true, ..jobs(&setup, 1..=3, 8) };
    let outbound = setup.outbound.clone();
    let running = tokio::spawn({
        let shutdown = shutdown.clone();
        async move { outbound.run(source, shutdown).await }
    });
    while setup.outbound.counters().activated < 3 {
        tokio::task::yield_now().await;
    }
    shutdown.cancel();
    running.await.unwrap();
    assert_eq!(setup.commands.taken().len(), 3);
}
