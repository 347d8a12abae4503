//! How a worker gets its jobs, and what it survives.

use crate::kit::{JOB_TYPE, Kit, next, options, polling, streaming};
use connector_core::{Engine, Health, JobSource, RawJson};
use connector_testkit::gateway::{Fault, Rpc};
use std::{collections::BTreeSet, time::Duration};
use tokio::time::{Instant, advance, sleep, timeout};
use tonic::{Code, Status};
use zeebe_gateway::{GatewayClient, GatewayOptions, JobWorker, JobWorkerOptions, WallClock};

const MINUTE: Duration = Duration::from_secs(60);

async fn stream_is_open(kit: &Kit) {
    kit.server.wait_until(|state| state.open_streams(JOB_TYPE) == 1).await;
    // Beyond the time after which a silent gateway counts as having taken the stream.
    sleep(Duration::from_secs(2)).await;
}

/// Takes jobs and completes them until so many are done.
async fn complete(client: &GatewayClient, worker: &mut JobWorker, count: usize) -> BTreeSet<i64> {
    let mut keys = BTreeSet::new();
    while keys.len() < count {
        let activated = next(worker).await;
        client.complete(activated.job.lease, RawJson::empty_object()).await.unwrap();
        keys.insert(activated.job.lease.key.get());
    }
    keys
}

#[tokio::test(start_paused = true)]
async fn a_job_carries_what_the_engine_said() {
    let kit = Kit::start().await;
    let instance = kit.create().await;
    let activated = next(&mut kit.worker(polling())).await;
    let job = &activated.job;
    assert_eq!((job.job_type.as_str(), job.process_instance_key), (JOB_TYPE, instance));
    assert_eq!((job.element_id.as_str(), job.retries), ("task", 3));
    assert_eq!((job.bpmn_process_id.as_str(), job.process_definition_version), ("order", 1));
    assert_eq!((job.custom_headers.as_str(), job.variables.as_str()), (r#"{"k":"v"}"#, r#"{"amount":1.5}"#));
    assert_eq!(job.tenant_id.as_str(), "<default>");
    let left = job.lease.deadline - Instant::now();
    assert!(left <= 5 * MINUTE && left > 4 * MINUTE, "{left:?}");
}

#[tokio::test(start_paused = true)]
async fn a_wall_clock_that_is_wrong_by_hours_costs_no_job_its_deadline() {
    for skew in [-3_i64, 3] {
        let clock = WallClock::from_fn(move || {
            let hours = Duration::from_secs(3600 * skew.unsigned_abs());
            let now = std::time::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
            if skew < 0 { now - hours } else { now + hours }
        });
        let kit = Kit::with(GatewayOptions { wall_clock: clock, ..options() }).await;
        kit.create_many(2).await;
        let mut worker = kit.worker(polling());
        for _ in 0..2 {
            let left = next(&mut worker).await.job.lease.deadline - Instant::now();
            assert!(left <= 5 * MINUTE && left > 4 * MINUTE, "{skew}: {left:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_backlog_comes_by_polls_and_what_is_new_by_the_stream() {
    let kit = Kit::start().await;
    kit.create_many(250).await;
    let mut worker = kit.worker(streaming());
    let handle = worker.handle();
    assert_eq!(complete(&kit.client, &mut worker, 250).await.len(), 250);
    assert_eq!(handle.metrics().polled.get(), 250);
    stream_is_open(&kit).await;
    kit.create_many(20).await;
    assert_eq!(complete(&kit.client, &mut worker, 20).await.len(), 20);
    assert_eq!(handle.metrics().streamed.get(), 20);
    assert_eq!(kit.server.view(|state| state.counts().instances_completed), 270);
}

#[tokio::test(start_paused = true)]
async fn no_more_jobs_are_handed_out_than_permits_allow() {
    for options in [polling(), streaming()] {
        let kit = Kit::start().await;
        let mut worker = kit.worker(JobWorkerOptions { max_jobs_active: 2, ..options });
        sleep(Duration::from_secs(2)).await;
        kit.create_many(5).await;
        let (first, second) = (next(&mut worker).await, next(&mut worker).await);
        assert!(timeout(MINUTE, worker.next()).await.is_err());
        assert_eq!(worker.handle().in_flight(), [first.job.lease.key, second.job.lease.key]);
        drop(first);
        let third = next(&mut worker).await;
        assert_eq!(worker.handle().in_flight(), [second.job.lease.key, third.job.lease.key]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_for_one_job_gets_backlog_and_pushed_jobs() {
    let kit = Kit::start().await;
    kit.create_many(3).await;
    let mut worker = kit.worker(JobWorkerOptions { max_jobs_active: 1, ..streaming() });
    complete(&kit.client, &mut worker, 3).await;
    stream_is_open(&kit).await;
    kit.create_many(3).await;
    complete(&kit.client, &mut worker, 3).await;
    assert_eq!(worker.handle().metrics().streamed.get(), 3);
}

#[tokio::test(start_paused = true)]
async fn polls_ask_for_what_is_free_once_thirty_percent_are_left() {
    let kit = Kit::start().await;
    kit.create_many(30).await;
    let mut worker = kit.worker(JobWorkerOptions { max_jobs_active: 10, ..polling() });
    let mut held = Vec::new();
    for _ in 0..10 {
        held.push(next(&mut worker).await);
    }
    held.truncate(4);
    sleep(MINUTE).await;
    assert_eq!(kit.server.calls(Rpc::ActivateJobs), 1);
    held.truncate(3);
    for _ in 0..7 {
        held.push(next(&mut worker).await);
    }
    assert_eq!(kit.server.calls(Rpc::ActivateJobs), 2);
}

#[tokio::test(start_paused = true)]
async fn polls_grow_rare_beside_an_open_stream() {
    let kit = Kit::start().await;
    let _worker = kit.worker(JobWorkerOptions { stream_inactivity_timeout: None, ..streaming() });
    sleep(10 * MINUTE).await;
    let before = kit.server.calls(Rpc::ActivateJobs);
    sleep(10 * MINUTE).await;
    let polls = kit.server.calls(Rpc::ActivateJobs) - before;
    assert!((9..=12).contains(&polls), "{polls} polls in ten minutes");
}

#[tokio::test(start_paused = true)]
async fn polls_leave_all_permits_to_a_stream_that_has_just_been_opened() {
    let kit = Kit::start().await;
    let worker = kit.worker(JobWorkerOptions { max_jobs_active: 5, ..streaming() });
    kit.server.wait_until(|state| state.open_streams(JOB_TYPE) == 1).await;
    kit.server.wait_for_calls(Rpc::ActivateJobs, 1).await;
    sleep(Duration::from_millis(50)).await;
    kit.create_many(5).await;
    sleep(Duration::from_millis(50)).await;
    assert_eq!(worker.handle().in_flight().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn polls_wait_inside_the_engine_without_a_stream() {
    let kit = Kit::start().await;
    let mut worker = kit.worker(polling());
    sleep(MINUTE).await;
    let polls = kit.server.calls(Rpc::ActivateJobs);
    assert!((5..=7).contains(&polls), "{polls} polls in a minute");
    let created = Instant::now();
    kit.create().await;
    next(&mut worker).await;
    assert!(created.elapsed() < Duration::from_millis(200), "{:?}", created.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_reopened_whatever_ended_it() {
    let kit = Kit::start().await;
    let mut worker = kit.worker(streaming());
    stream_is_open(&kit).await;
    let endings: [fn(&Kit); 5] = [
        |kit| kit.server.close_streams(None),
        |kit| kit.server.close_streams(Some(Status::unavailable("HTTP 504 from a proxy"))),
        |kit| kit.server.close_streams(Some(Status::internal("broken"))),
        |kit| kit.server.go_away(),
        |kit| kit.server.close_connections(),
    ];
    for (number, end) in endings.iter().enumerate() {
        let pushed = worker.handle().metrics().streamed.get();
        end(&kit);
        sleep(MINUTE).await;
        assert_eq!(kit.server.view(|state| state.open_streams(JOB_TYPE)), 1, "ending {number}");
        kit.create().await;
        complete(&kit.client, &mut worker, 1).await;
        assert_eq!(worker.handle().metrics().streamed.get(), pushed + 1, "ending {number}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_shows_in_the_health_and_ends_by_itself() {
    let kit = Kit::start().await;
    let mut worker = kit.worker(streaming());
    let mut health = worker.handle().health();
    health.wait_for(Health::is_up).await.unwrap();
    kit.server.set_reachable(false);
    let down = timeout(5 * MINUTE, health.wait_for(|health| !health.is_up())).await.unwrap().unwrap().clone();
    assert!(matches!(&down, Health::Down { code, .. } if code == "UNAVAILABLE"), "{down:?}");
    sleep(5 * MINUTE).await;
    kit.server.set_reachable(true);
    timeout(MINUTE, health.wait_for(Health::is_up)).await.unwrap().unwrap();
    sleep(MINUTE).await;
    kit.create().await;
    complete(&kit.client, &mut worker, 1).await;
}

#[tokio::test(start_paused = true)]
async fn failing_polls_back_off_to_five_seconds() {
    let kit = Kit::start().await;
    kit.server.faults().always(Rpc::ActivateJobs, Fault::unavailable());
    let _worker = kit.worker(polling());
    sleep(MINUTE).await;
    let before = kit.server.calls(Rpc::ActivateJobs);
    sleep(10 * MINUTE).await;
    let polls = kit.server.calls(Rpc::ActivateJobs) - before;
    assert!((108..=134).contains(&polls), "{polls} polls in ten minutes");
}

#[tokio::test(start_paused = true)]
async fn a_gateway_without_streams_is_polled_with_waiting_and_rarely_asked_again() {
    let kit = Kit::start().await;
    kit.server.faults().always(Rpc::StreamActivatedJobs, Fault::Status(Code::Unimplemented, "no".to_owned()));
    let mut worker = kit.worker(streaming());
    sleep(20 * MINUTE).await;
    assert_eq!(kit.server.calls(Rpc::StreamActivatedJobs), 4);
    kit.create().await;
    let created = Instant::now();
    complete(&kit.client, &mut worker, 1).await;
    assert!(created.elapsed() < Duration::from_millis(200), "{:?}", created.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_stalls_is_replaced_once_polls_find_its_jobs() {
    let kit = Kit::start().await;
    kit.server.faults().next(Rpc::StreamActivatedJobs, 1, Fault::Hang);
    let mut worker = kit.worker(JobWorkerOptions { stream_inactivity_timeout: None, ..streaming() });
    sleep(5 * MINUTE).await;
    assert_eq!(kit.server.view(|state| state.open_streams(JOB_TYPE)), 0);
    kit.create().await;
    complete(&kit.client, &mut worker, 1).await;
    stream_is_open(&kit).await;
    assert_eq!(worker.handle().metrics().inactive_streams.get(), 1);
    kit.create().await;
    complete(&kit.client, &mut worker, 1).await;
    assert_eq!(worker.handle().metrics().streamed.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_a_new_stream_does_not_bring_is_polled_for_soon() {
    for seconds in [3, 9, 15, 21, 27] {
        let kit = Kit::start().await;
        kit.server.faults().next(Rpc::StreamActivatedJobs, 1, Fault::Hang);
        let mut worker = kit.worker(streaming());
        sleep(Duration::from_secs(seconds)).await;
        kit.create().await;
        let created = Instant::now();
        complete(&kit.client, &mut worker, 1).await;
        assert!(created.elapsed() < Duration::from_millis(2_300), "{seconds}: {:?}", created.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn streams_that_never_bring_anything_cost_one_late_job_only() {
    let kit = Kit::start().await;
    kit.server.faults().always(Rpc::StreamActivatedJobs, Fault::Hang);
    let mut worker = kit.worker(streaming());
    sleep(5 * MINUTE).await;
    kit.create().await;
    complete(&kit.client, &mut worker, 1).await;
    for _ in 0..5 {
        sleep(2 * MINUTE).await;
        kit.create().await;
        let created = Instant::now();
        complete(&kit.client, &mut worker, 1).await;
        assert!(created.elapsed() < Duration::from_millis(200), "{:?}", created.elapsed());
    }
    assert_eq!(kit.server.calls(Rpc::StreamActivatedJobs), 3);
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_is_replaced_after_its_inactivity_timeout() {
    let kit = Kit::start().await;
    let _worker = kit.worker(streaming());
    stream_is_open(&kit).await;
    sleep(31 * MINUTE).await;
    assert_eq!(kit.server.calls(Rpc::StreamActivatedJobs), 4);
    assert_eq!(kit.server.view(|state| state.open_streams(JOB_TYPE)), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_replaced_when_it_is_eight_hours_old() {
    let kit = Kit::start().await;
    let _worker = kit.worker(JobWorkerOptions { stream_inactivity_timeout: None, ..streaming() });
    stream_is_open(&kit).await;
    sleep(7 * 60 * MINUTE).await;
    assert_eq!(kit.server.calls(Rpc::StreamActivatedJobs), 1);
    sleep(60 * MINUTE).await;
    assert_eq!(kit.server.calls(Rpc::StreamActivatedJobs), 2);
    assert_eq!(kit.server.view(|state| state.open_streams(JOB_TYPE)), 1);
}

#[tokio::test(start_paused = true)]
async fn a_pushed_job_that_finds_no_permit_in_time_is_left_to_the_engine() {
    let kit = Kit::start().await;
    let short = JobWorkerOptions { max_jobs_active: 1, timeout: Duration::from_secs(30), ..streaming() };
    let mut worker = kit.worker(short);
    stream_is_open(&kit).await;
    kit.create_many(2).await;
    let _held = next(&mut worker).await;
    advance(Duration::from_secs(31)).await;
    assert!(timeout(Duration::from_secs(1), worker.next()).await.is_err());
    assert!(worker.handle().metrics().expired.get() >= 1);
    assert_eq!(kit.server.calls(Rpc::FailJob), 0);
}
