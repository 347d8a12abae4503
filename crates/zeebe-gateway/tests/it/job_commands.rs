//! Commands about a job: repeated until its deadline, never after it.

use crate::kit::{Kit, options};
use connector_core::{BpmnError, Engine, EngineErrorCode, JobFailure, JobLease, RawJson};
use connector_testkit::gateway::{Fault, JobState, Loss, Rpc};
use std::time::Duration;
use tokio::time::Instant;
use tonic::Code;
use zeebe_gateway::GatewayOptions;

const RETRIABLE: [Code; 6] = [
    Code::Cancelled,
    Code::DeadlineExceeded,
    Code::ResourceExhausted,
    Code::Aborted,
    Code::Unavailable,
    Code::DataLoss,
];

#[tokio::test(start_paused = true)]
async fn a_completion_is_repeated_until_the_engine_takes_it() {
    let kit = Kit::start().await;
    let lease = kit.lease().await;
    for code in RETRIABLE {
        kit.server.faults().next(Rpc::CompleteJob, 1, Fault::Status(code, "later".to_owned()));
    }
    kit.client.complete(lease, RawJson::empty_object()).await.unwrap();
    assert_eq!(kit.server.calls(Rpc::CompleteJob), 7);
    assert_eq!(kit.server.view(|state| state.counts().instances_completed), 1);
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_a_minute_loses_no_completion() {
    let kit = Kit::start().await;
    let lease = kit.lease().await;
    kit.server.set_reachable(false);
    let client = kit.client.clone();
    let completion = tokio::spawn(async move { client.complete(lease, RawJson::empty_object()).await });
    tokio::time::sleep(Duration::from_secs(60)).await;
    kit.server.set_reachable(true);
    completion.await.unwrap().unwrap();
    assert_eq!(kit.server.view(|state| state.counts().jobs_completed), 1);
}

#[tokio::test(start_paused = true)]
async fn no_command_is_sent_after_the_jobs_deadline() {
    let kit = Kit::start().await;
    let lease = kit.lease().await;
    kit.server.faults().always(Rpc::CompleteJob, Fault::unavailable());
    let error = kit.client.complete(lease, RawJson::empty_object()).await.unwrap_err();
    assert_eq!(error.code, EngineErrorCode::Unavailable);
    assert!(Instant::now() <= lease.deadline);
    tokio::time::sleep_until(lease.deadline).await;
    let sent = kit.server.calls(Rpc::CompleteJob);
    let error = kit.client.complete(lease, RawJson::empty_object()).await.unwrap_err();
    assert_eq!(error.code, EngineErrorCode::DeadlineExceeded);
    assert_eq!(kit.server.calls(Rpc::CompleteJob), sent);
    assert_eq!(kit.client.metrics().expired_jobs.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_ends_at_the_jobs_deadline_when_that_is_earlier() {
    let kit = Kit::start().await;
    let lease = JobLease { deadline: Instant::now() + Duration::from_secs(3), ..kit.lease().await };
    kit.server.faults().always(Rpc::CompleteJob, Fault::Hang);
    let started = Instant::now();
    let error = kit.client.complete(lease, RawJson::empty_object()).await.unwrap_err();
    assert_eq!(error.code, EngineErrorCode::DeadlineExceeded);
    assert_eq!(started.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn stops_after_as_many_attempts_as_configured() {
    let kit = Kit::with(GatewayOptions { job_command_attempts: Some(3), ..options() }).await;
    let lease = kit.lease().await;
    kit.server.faults().always(Rpc::CompleteJob, Fault::unavailable());
    let started = Instant::now();
    kit.client.complete(lease, RawJson::empty_object()).await.unwrap_err();
    assert_eq!(kit.server.calls(Rpc::CompleteJob), 3);
    // 100 ms and a second, the turns of an outage, each within ten percent.
    let waited = started.elapsed().as_millis();
    assert!((990..=1_215).contains(&waited), "{waited} ms");
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_not_ours_any_more_is_told_once_and_counted() {
    let kit = Kit::start().await;
    let lease = kit.lease().await;
    kit.client.complete(lease, RawJson::empty_object()).await.unwrap();
    let error = kit.client.complete(lease, RawJson::empty_object()).await.unwrap_err();
    assert_eq!(error.code, EngineErrorCode::NotFound);
    assert_eq!(kit.server.calls(Rpc::CompleteJob), 2);
    assert_eq!(kit.client.metrics().stale_jobs.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_a_failure_does_not_fail_the_job_twice() {
    let kit = Kit::start().await;
    let lease = kit.lease().await;
    kit.server.faults().next(Rpc::FailJob, 1, Fault::AnswerLost(Loss::Disconnect));
    let failure = JobFailure {
        retries: 0,
        error_message: "no such queue".to_owned(),
        retry_backoff_millis: 0,
        variables: RawJson::empty_object(),
    };
    // The second sending finds the job failed already; either answer leaves one incident.
    let _ = kit.client.fail(lease, failure).await;
    assert_eq!(kit.server.view(|state| state.incidents().len()), 1);
    let job = kit.server.view(|state| state.job(lease.key.get())).unwrap();
    assert_eq!((job.state, job.retries, job.error_message.as_str()), (JobState::Failed, 0, "no such queue"));
}

#[tokio::test(start_paused = true)]
async fn throws_an_error_with_its_code() {
    let kit = Kit::start().await;
    let lease = kit.lease().await;
    let error = BpmnError {
        error_code: "REFUSED".to_owned(),
        error_message: "not today".to_owned(),
        variables: RawJson::empty_object(),
    };
    kit.client.throw(lease, error).await.unwrap();
    let job = kit.server.view(|state| state.job(lease.key.get())).unwrap();
    assert_eq!((job.error_code.as_str(), job.error_message.as_str()), ("REFUSED", "not today"));
}

#[tokio::test(start_paused = true)]
async fn moves_a_jobs_deadline() {
    let kit = Kit::start().await;
    let lease = kit.lease().await;
    kit.client.update_timeout(lease, Duration::from_secs(3600)).await.unwrap();
    let deadline = kit.server.view(|state| state.job(lease.key.get())).unwrap().deadline.unwrap();
    assert!(deadline >= lease.deadline + Duration::from_secs(3000));
}
