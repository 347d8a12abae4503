//! Stopping a worker: nothing new, nothing lost that could be given back.

use crate::kit::{Kit, next, polling, streaming};
use connector_core::{Engine, JobSource, RawJson};
use connector_testkit::gateway::{JobState, Rpc};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use zeebe_gateway::JobWorkerOptions;

const DRAIN: Duration = Duration::from_secs(20);

fn untouched(kit: &Kit) -> usize {
    let fresh = |job: &connector_testkit::gateway::JobSnapshot| {
        job.state == JobState::Activatable && job.retries == 3
    };
    kit.server.view(|state| state.jobs().into_iter().filter(fresh).count())
}

#[tokio::test(start_paused = true)]
async fn jobs_that_nobody_began_with_go_back_untouched() {
    for options in [polling(), streaming()] {
        let kit = Kit::start().await;
        let worker = kit.worker(JobWorkerOptions { max_jobs_active: 10, ..options });
        sleep(Duration::from_secs(2)).await;
        kit.create_many(10).await;
        sleep(Duration::from_secs(70)).await;
        assert_eq!(untouched(&kit), 0);
        let report = worker.shutdown(DRAIN).await;
        assert!(report.is_complete());
        assert_eq!(report.handed_back, 10);
        assert_eq!(untouched(&kit), 10);
    }
}

#[tokio::test(start_paused = true)]
async fn pushed_jobs_behind_the_last_permit_go_back_too() {
    let kit = Kit::start().await;
    let mut worker = kit.worker(JobWorkerOptions { max_jobs_active: 1, ..streaming() });
    sleep(Duration::from_secs(2)).await;
    kit.create_many(5).await;
    let held = next(&mut worker).await;
    sleep(Duration::from_secs(1)).await;
    drop(held);
    let report = worker.shutdown(DRAIN).await;
    assert_eq!(report.handed_back, 4);
    assert_eq!(untouched(&kit), 4);
}

#[tokio::test(start_paused = true)]
async fn waits_for_what_is_in_flight() {
    let kit = Kit::start().await;
    kit.create().await;
    let mut worker = kit.worker(streaming());
    let activated = next(&mut worker).await;
    let handle = worker.handle();
    let client = kit.client.clone();
    let work = tokio::spawn(async move {
        sleep(Duration::from_secs(5)).await;
        client.complete(activated.job.lease, RawJson::empty_object()).await.unwrap();
        drop(activated.permit);
    });
    let started = Instant::now();
    let report = handle.shutdown(DRAIN).await;
    assert!(report.is_complete());
    assert_eq!(started.elapsed().as_secs(), 5);
    work.await.unwrap();
    assert!(worker.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn names_what_did_not_finish_in_time() {
    let kit = Kit::start().await;
    kit.create().await;
    let mut worker = kit.worker(streaming());
    let activated = next(&mut worker).await;
    let started = Instant::now();
    let report = worker.shutdown(DRAIN).await;
    assert_eq!(report.unfinished, [activated.job.lease.key]);
    assert_eq!(started.elapsed(), DRAIN);
}

#[tokio::test(start_paused = true)]
async fn asks_for_nothing_any_more() {
    let kit = Kit::start().await;
    let worker = kit.worker(streaming());
    sleep(Duration::from_secs(2)).await;
    worker.shutdown(DRAIN).await;
    let (polls, streams) = (kit.server.calls(Rpc::ActivateJobs), kit.server.calls(Rpc::StreamActivatedJobs));
    kit.create_many(3).await;
    sleep(Duration::from_secs(600)).await;
    assert_eq!(kit.server.calls(Rpc::ActivateJobs), polls);
    assert_eq!(kit.server.calls(Rpc::StreamActivatedJobs), streams);
    assert_eq!(untouched(&kit), 3);
}
