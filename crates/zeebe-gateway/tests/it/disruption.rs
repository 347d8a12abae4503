//! Everything at once: whatever breaks, each job is completed exactly once in the end.

use crate::kit::{JOB_TYPE, Kit, instance, streaming};
use connector_core::{Engine, EngineErrorCode, JobSource, RawJson};
use connector_testkit::gateway::{Fault, Loss, Rpc};
use std::time::Duration;
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};
use tonic::Status;
use zeebe_gateway::JobWorkerOptions;

const INSTANCES: u32 = 400;

fn disrupt(kit: &Kit, round: u32) {
    let faults = kit.server.faults();
    match round % 23 {
        3 => faults.next(Rpc::CompleteJob, 2, Fault::AnswerLost(Loss::Disconnect)),
        5 => kit.server.close_connections(),
        7 => kit.server.go_away(),
        9 => kit.server.close_streams(Some(Status::unavailable("a proxy"))),
        11 => faults.next(Rpc::ActivateJobs, 3, Fault::back_pressure()),
        13 => faults.next(Rpc::CompleteJob, 2, Fault::AnswerLost(Loss::Hang)),
        15 => faults.next(Rpc::StreamActivatedJobs, 1, Fault::Hang),
        17 => kit.server.set_reachable(false),
        19 => kit.server.set_reachable(true),
        21 => faults.next(Rpc::ActivateJobs, 1, Fault::AnswerLost(Loss::Disconnect)),
        _ => {}
    }
}

#[tokio::test(start_paused = true)]
async fn each_job_is_completed_once_whatever_breaks() {
    let kit = Kit::start().await;
    let mut worker = kit.worker(JobWorkerOptions { max_jobs_active: 8, ..streaming() });
    let handle = worker.handle();
    let client = kit.client.clone();
    let working = tokio::spawn(async move {
        let mut running = JoinSet::new();
        while let Some(activated) = worker.next().await {
            let client = client.clone();
            running.spawn(async move {
                sleep(Duration::from_millis(300)).await;
                if let Err(error) = client.complete(activated.job.lease, RawJson::empty_object()).await {
                    // The answer to an earlier attempt was lost: the job is done.
                    assert_eq!(error.code, EngineErrorCode::NotFound, "{error}");
                }
                drop(activated.permit);
            });
        }
        while let Some(done) = running.join_next().await {
            done.unwrap();
        }
    });
    for round in 0..INSTANCES {
        disrupt(&kit, round);
        // A lost answer or a vanished gateway: whether the instance exists is the engine's secret.
        let _ = kit.client.create(instance()).await;
        sleep(Duration::from_millis(100)).await;
    }
    kit.server.set_reachable(true);
    kit.server.faults().clear_all();
    let idle = kit.server.wait_until(|state| state.counts().instances_active == 0);
    timeout(Duration::from_secs(3600), idle).await.expect("no job is forgotten");
    let counts = kit.server.view(|state| state.counts());
    assert!(counts.instances_created > u64::from(INSTANCES / 2), "{counts:?}");
    assert_eq!(counts.jobs_completed, counts.jobs_created);
    assert_eq!(counts.incidents, 0);
    let report = handle.shutdown(Duration::from_secs(60)).await;
    assert!(report.is_complete(), "{report:?}");
    working.await.unwrap();
    assert_eq!(kit.server.view(|state| state.open_streams(JOB_TYPE)), 0);
}
