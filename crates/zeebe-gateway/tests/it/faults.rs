//! What a fault costs: how many calls while it lasts, and how long after it until the next job is done.

use crate::kit::{Kit, streaming};
use connector_core::{CreateInstance, Engine, EngineErrorCode, JobSource, RawJson};
use connector_testkit::gateway::{Fault, Rpc};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until, timeout},
};
use tonic::{Code, Status};
use zeebe_gateway::{GatewayClient, JobWorker, JobWorkerOptions, Resource};

const ALL: [Rpc; 5] = [
    Rpc::ActivateJobs,
    Rpc::StreamActivatedJobs,
    Rpc::CompleteJob,
    Rpc::CreateProcessInstance,
    Rpc::PublishMessage,
];
/// What the engine pushes back; it always takes what relieves it.
const PUSHED_BACK: [Rpc; 4] =
    [Rpc::ActivateJobs, Rpc::StreamActivatedJobs, Rpc::CreateProcessInstance, Rpc::PublishMessage];
/// How long after a fault the next job may take.
const RECOVERY: Duration = Duration::from_secs(10);

/// One task after a timer, so that jobs appear during a fault without any call.
const LATER: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="definitions" targetNamespace="tests">
  <bpmn:process id="later" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="a" sourceRef="start" targetRef="timer"/>
    <bpmn:intermediateCatchEvent id="timer">
      <bpmn:timerEventDefinition id="definition">
        <bpmn:timeDuration xsi:type="bpmn:tFormalExpression">=wait</bpmn:timeDuration>
      </bpmn:timerEventDefinition>
    </bpmn:intermediateCatchEvent>
    <bpmn:sequenceFlow id="b" sourceRef="timer" targetRef="task"/>
    <bpmn:serviceTask id="task">
      <bpmn:extensionElements><zeebe:taskDefinition type="mail"/></bpmn:extensionElements>
    </bpmn:serviceTask>
    <bpmn:sequenceFlow id="c" sourceRef="task" targetRef="end"/>
    <bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>"#;

struct Case {
    name: &'static str,
    lasts: u32,
    begin: fn(&Kit),
    end: fn(&Kit),
}

fn refuse(kit: &Kit, calls: &[Rpc], code: Code, text: &str) {
    for rpc in calls {
        kit.server.faults().always(*rpc, Fault::Status(code, text.to_owned()));
    }
    kit.server.close_streams(Some(Status::new(code, text)));
}

fn cases() -> Vec<Case> {
    let nothing: fn(&Kit) = |_| {};
    let clear: fn(&Kit) = |kit| kit.server.faults().clear_all();
    vec![
        Case { name: "GOAWAY", lasts: 0, begin: |kit| kit.server.go_away(), end: nothing },
        Case {
            name: "connections reset in the middle of the stream",
            lasts: 0,
            begin: |kit| kit.server.close_connections(),
            end: nothing,
        },
        Case {
            name: "silent stall",
            lasts: 60,
            begin: |kit| kit.server.set_silent(true),
            end: |kit| kit.server.set_silent(false),
        },
        Case {
            name: "RESOURCE_EXHAUSTED",
            lasts: 30,
            begin: |kit| refuse(kit, &PUSHED_BACK, Code::ResourceExhausted, "slow down"),
            end: clear,
        },
        Case {
            name: "UNAVAILABLE",
            lasts: 60,
            begin: |kit| refuse(kit, &ALL, Code::Unavailable, "no broker"),
            end: clear,
        },
        Case {
            name: "504 text from a proxy",
            lasts: 60,
            begin: |kit| {
                let text = "grpc-status header missing, mapped from HTTP status code 504";
                refuse(kit, &ALL, Code::Unavailable, text);
            },
            end: clear,
        },
        Case {
            name: "gateway gone, back with its state",
            lasts: 60,
            begin: |kit| kit.server.set_reachable(false),
            end: |kit| kit.server.set_reachable(true),
        },
    ]
}

/// When each job, by its number, was completed.
type Done = Arc<Mutex<BTreeMap<u64, Instant>>>;

async fn work(client: GatewayClient, mut worker: JobWorker, done: Done) {
    let mut running = JoinSet::new();
    while let Some(activated) = worker.next().await {
        let (client, done) = (client.clone(), Arc::clone(&done));
        running.spawn(async move {
            let variables: Value = serde_json::from_str(activated.job.variables.as_str()).unwrap();
            sleep(Duration::from_millis(variables["work"].as_u64().unwrap())).await;
            match client.complete(activated.job.lease, RawJson::empty_object()).await {
                // The answer to an earlier attempt was lost, or the job has come a second time.
                Err(error) if error.code != EngineErrorCode::NotFound => {}
                _ => {
                    let number = variables["number"].as_u64().unwrap();
                    done.lock().unwrap().entry(number).or_insert_with(Instant::now);
                }
            }
        });
    }
}

/// Creates an instance whose job appears after a wait and takes a while.
async fn plan(kit: &Kit, number: u32, wait: Duration, work: Duration) {
    let variables = serde_json::json!({
        "number": number, "wait": format!("PT{}S", wait.as_secs_f64()), "work": u64::try_from(work.as_millis()).unwrap(),
    });
    let variables = RawJson::parse(variables.to_string()).unwrap();
    let bpmn_process_id = "later".to_owned();
    kit.client.create(CreateInstance { bpmn_process_id, variables, ..crate::kit::instance() }).await.unwrap();
}

/// Twenty jobs under way when the fault begins, twenty that appear while it lasts, and one at its end.
async fn suffer(case: &Case) -> (f64, Duration) {
    let kit = Kit::start().await;
    let content = LATER.as_bytes().to_vec();
    kit.client.deploy([Resource { name: "later.bpmn".to_owned(), content }]).await.unwrap();
    let done = Done::default();
    let worker = kit.worker(JobWorkerOptions { timeout: Duration::from_secs(120), ..streaming() });
    let handle = worker.handle();
    let working = tokio::spawn(work(kit.client.clone(), worker, Arc::clone(&done)));
    kit.server.wait_until(|state| state.open_streams(crate::kit::JOB_TYPE) == 1).await;

    let lasts = Duration::from_secs(u64::from(case.lasts));
    let begin = Instant::now() + Duration::from_secs(5);
    let end = begin + lasts;
    let ahead = |time: Instant| time - Instant::now();
    for number in 0..20 {
        let ends = begin + (end - begin).mul_f64(f64::from(number) / 20.0);
        plan(&kit, number, ahead(begin - Duration::from_secs(1)), ends - begin + Duration::from_secs(1))
            .await;
        let appears = begin + lasts.mul_f64(f64::from(number) / 20.0);
        plan(&kit, 20 + number, ahead(appears), Duration::from_millis(10)).await;
    }
    plan(&kit, 40, ahead(end), Duration::ZERO).await;

    sleep_until(begin).await;
    // Calls that the fault leaves alone are not its cost.
    let in_vain = || kit.client.metrics().calls.get() - u64::try_from(done.lock().unwrap().len()).unwrap();
    let before = in_vain();
    (case.begin)(&kit);
    sleep_until(end).await;
    let calls = in_vain() - before;
    (case.end)(&kit);
    let next_is_done = async {
        while !done.lock().unwrap().contains_key(&40) {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(RECOVERY, next_is_done).await.unwrap_or_else(|_| panic!("{}: the next job is late", case.name));
    let recovery = end.elapsed();
    let idle = kit.server.wait_until(|state| state.counts().instances_active == 0);
    timeout(Duration::from_secs(3600), idle).await.unwrap_or_else(|_| panic!("{}: a job is lost", case.name));
    let counts = kit.server.view(|state| state.counts());
    assert_eq!((counts.jobs_completed, counts.incidents), (41, 0), "{}", case.name);
    assert!(handle.shutdown(Duration::from_secs(10)).await.is_complete());
    working.await.unwrap();
    let rate =
        if case.lasts == 0 { 0.0 } else { f64::from(u32::try_from(calls).unwrap()) / f64::from(case.lasts) };
    (rate, recovery)
}

#[tokio::test(start_paused = true)]
async fn after_every_fault_the_next_job_is_done_in_time_and_nobody_was_flooded() {
    println!("{:46} | lasts | calls/s | next job done after", "fault");
    for case in cases() {
        let (rate, recovery) = suffer(&case).await;
        println!("{:46} | {:3} s | {rate:7.2} | {recovery:?}", case.name, case.lasts);
        assert!(rate <= 1.0, "{}: {rate} calls a second", case.name);
    }
}
