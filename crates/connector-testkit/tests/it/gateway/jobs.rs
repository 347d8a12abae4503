//! Jobs and their workers.

use super::bpmn::*;
use super::broker::{Broker, pass, poll, variables};
use serde_json::json;
use tonic::Code;
use zeebe_proto::*;

/// A broker with `start → task → end` deployed; the process id and the job type are the name.
async fn with_task(extensions: &str) -> (Broker, String) {
    let broker = Broker::start().await;
    let name = broker.name("task");
    broker.deploy(&one_task(&name, &name, extensions)).await.unwrap();
    (broker, name)
}

#[tokio::test]
async fn a_job_carries_what_its_worker_needs() {
    let headers = r#"<zeebe:taskHeaders><zeebe:header key="resultVariable" value="r"/></zeebe:taskHeaders>"#;
    let (broker, name) = with_task(headers).await;
    let instance = broker.create(&name, r#"{"b":1.10,"a":"x","long":12345678901234567}"#).await;
    let job = broker.job(&name).await;
    assert_eq!(job.key >> 51, 1);
    assert_eq!((job.r#type.as_str(), job.worker.as_str(), job.retries), (name.as_str(), "tests", 3));
    assert_eq!((job.process_instance_key, job.element_id.as_str()), (instance, "task"));
    assert_eq!((job.bpmn_process_id.as_str(), job.process_definition_version), (name.as_str(), 1));
    assert_eq!(job.custom_headers, r#"{"resultVariable":"r"}"#);
    assert_eq!(job.variables, r#"{"a":"x","b":1.1,"long":12345678901234567}"#);
    assert_eq!(job.tenant_id, "<default>");
    assert!(job.deadline > 1_700_000_000_000);
}

#[tokio::test]
async fn a_completed_job_lets_the_process_go_on() {
    let (broker, name) = with_task("").await;
    let client = async { broker.run(&name, r#"{"a":1}"#).await.unwrap() };
    let worker = async {
        let job = broker.job(&name).await;
        broker.complete(job.key, r#"{"b":2}"#).await.unwrap();
    };
    let (result, ()) = tokio::join!(client, worker);
    assert_eq!(result, json!({"a": 1, "b": 2}));
}

#[tokio::test]
async fn only_the_variables_that_are_asked_for_come() {
    let (broker, name) = with_task("").await;
    broker.create(&name, r#"{"a":1,"b":2,"c":3}"#).await;
    let fetch_variable = vec!["a".to_owned(), "c".to_owned(), "none".to_owned()];
    let jobs = broker.activate(ActivateJobsRequest { fetch_variable, ..poll(&name) }).await.unwrap();
    assert_eq!(variables(&jobs[0]), json!({"a": 1, "c": 3}));
}

#[tokio::test]
async fn a_poll_gets_no_more_than_it_asks_for_the_oldest_first() {
    let (broker, name) = with_task("").await;
    for n in 0..3 {
        broker.create(&name, &format!(r#"{{"n":{n}}}"#)).await;
    }
    // A real broker hands out what it has; let it have all.
    pass(300).await;
    let seen: Vec<_> = broker.jobs(&name, 2).await.iter().map(|job| variables(job)["n"].clone()).collect();
    assert_eq!(seen, [json!(0), json!(1)]);
    assert_eq!(variables(&broker.job(&name).await)["n"], json!(2));
}

#[tokio::test]
async fn a_long_poll_returns_as_soon_as_a_job_comes() {
    let (broker, name) = with_task("").await;
    let (job, _) = tokio::join!(broker.job(&name), async {
        pass(100).await;
        broker.create(&name, "").await
    });
    assert_eq!(job.r#type, name);
}

#[tokio::test]
async fn a_poll_without_waiting_is_over_at_once() {
    let (broker, name) = with_task("").await;
    let before = tokio::time::Instant::now();
    let jobs = broker.activate(ActivateJobsRequest { request_timeout: -1, ..poll(&name) }).await.unwrap();
    assert_eq!(jobs, []);
    assert!(before.elapsed().as_millis() < 1000);
}

#[tokio::test]
async fn wrong_polls_are_refused() {
    let (broker, name) = with_task("").await;
    let head =
        "Command 'ACTIVATE' rejected with code 'INVALID_ARGUMENT': Expected to activate job batch with";
    for (request, text) in [
        (poll(""), "type to be present, but it was blank"),
        (
            ActivateJobsRequest { timeout: 0, ..poll(&name) },
            "timeout to be greater than zero, but it was '0'",
        ),
    ] {
        let refused = broker.activate(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert_eq!(refused.message(), format!("{head} {text}"));
    }
}

#[tokio::test]
async fn wrong_streams_are_refused() {
    let broker = Broker::start().await;
    let refused = broker.stream("").next().await.unwrap().unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(
        refused.message(),
        "Expected to stream activated jobs with type to be present, but it was blank"
    );
}

#[tokio::test]
async fn a_stream_gets_jobs_as_they_are_created() {
    let (broker, name) = with_task("").await;
    let mut stream = broker.stream(&name);
    // A real gateway tells its brokers of the stream a little later.
    pass(500).await;
    broker.create(&name, r#"{"a":1}"#).await;
    let job = stream.job().await;
    assert_eq!((job.worker.as_str(), variables(&job)), ("streamer", json!({"a": 1})));
    broker.no_job(&name).await;
    broker.complete(job.key, "").await.unwrap();
}

#[tokio::test]
async fn a_stream_gets_a_failed_job_again() {
    let (broker, name) = with_task("").await;
    let mut stream = broker.stream(&name);
    pass(500).await;
    broker.create(&name, "").await;
    let job = stream.job().await;
    broker.fail(job.key, 2, 0, "").await.unwrap();
    let again = stream.job().await;
    assert_eq!((again.key, again.retries), (job.key, 2));
}

#[tokio::test]
async fn a_stream_does_not_get_the_backlog() {
    let (broker, name) = with_task("").await;
    broker.create(&name, r#"{"n":1}"#).await;
    pass(300).await;
    let mut stream = broker.stream(&name);
    pass(500).await;
    broker.create(&name, r#"{"n":2}"#).await;
    assert_eq!(variables(&stream.job().await), json!({"n": 2}));
    assert_eq!(variables(&broker.job(&name).await), json!({"n": 1}));
}

#[tokio::test]
async fn a_job_that_is_not_answered_comes_again() {
    let (broker, name) = with_task("").await;
    broker.create(&name, "").await;
    let first = broker.activate(ActivateJobsRequest { timeout: 200, ..poll(&name) }).await.unwrap();
    let again = broker.activate(ActivateJobsRequest { request_timeout: 5000, ..poll(&name) }).await.unwrap();
    assert_eq!((again[0].key, again[0].retries), (first[0].key, 3));
}

#[tokio::test]
async fn a_job_may_be_completed_after_its_timeout() {
    let (broker, name) = with_task("").await;
    broker.create(&name, "").await;
    let job = broker.activate(ActivateJobsRequest { timeout: 100, ..poll(&name) }).await.unwrap();
    pass(2500).await;
    broker.complete(job[0].key, "").await.unwrap();
    broker.no_job(&name).await;
}

#[tokio::test]
async fn a_longer_timeout_keeps_the_job() {
    let (broker, name) = with_task("").await;
    broker.create(&name, "").await;
    let job = broker.activate(ActivateJobsRequest { timeout: 1500, ..poll(&name) }).await.unwrap();
    broker.update_timeout(job[0].key, 60_000).await.unwrap();
    pass(3500).await;
    broker.no_job(&name).await;
}

#[tokio::test]
async fn only_an_activated_job_has_a_timeout_to_move() {
    let (broker, name) = with_task("").await;
    broker.create(&name, "").await;
    let job = broker.job(&name).await;
    broker.fail(job.key, 1, 0, "").await.unwrap();
    let refused = broker.update_timeout(job.key, 1000).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert_eq!(
        refused.message(),
        format!(
            "Command 'UPDATE_TIMEOUT' rejected with code 'INVALID_STATE': Expected to update the timeout of job with key '{}', but it is not active",
            job.key
        )
    );
}

#[tokio::test]
async fn a_failed_job_comes_again_with_its_retries_and_local_variables() {
    let (broker, name) = with_task("").await;
    broker.create(&name, r#"{"a":1}"#).await;
    let job = broker.job(&name).await;
    broker.fail(job.key, 2, 0, r#"{"a":2,"seen":true}"#).await.unwrap();
    let again = broker.job(&name).await;
    assert_eq!((again.key, again.retries), (job.key, 2));
    assert_eq!(variables(&again), json!({"a": 2, "seen": true}));
}

#[tokio::test]
async fn a_failed_job_waits_for_its_backoff() {
    let (broker, name) = with_task("").await;
    broker.create(&name, "").await;
    let job = broker.job(&name).await;
    broker.fail(job.key, 2, 1500, "").await.unwrap();
    broker.no_job(&name).await;
    let again = broker.activate(ActivateJobsRequest { request_timeout: 6000, ..poll(&name) }).await.unwrap();
    assert_eq!(again[0].key, job.key);
}

#[tokio::test]
async fn a_job_that_failed_takes_no_command_until_it_comes_again() {
    let (broker, name) = with_task("").await;
    for (retries, backoff) in [(0, 0), (-1, 0), (1, 60_000)] {
        broker.create(&name, "").await;
        let job = broker.job(&name).await;
        broker.fail(job.key, retries, backoff, "").await.unwrap();
        let refusals = [
            (broker.complete(job.key, "").await, "COMPLETE", "complete job"),
            (broker.fail(job.key, 1, 0, "").await, "FAIL", "fail job"),
            (broker.throw(job.key, "X", "").await, "THROW_ERROR", "throw an error for job"),
        ];
        for (answer, intent, what) in refusals {
            let refused = answer.unwrap_err();
            assert_eq!(refused.code(), Code::FailedPrecondition);
            assert_eq!(
                refused.message(),
                format!(
                    "Command '{intent}' rejected with code 'INVALID_STATE': Expected to {what} with key '{}', but it is in state 'FAILED'",
                    job.key
                )
            );
        }
        broker.no_job(&name).await;
    }
}

#[tokio::test]
async fn a_completed_job_is_not_found() {
    let (broker, name) = with_task("").await;
    broker.create(&name, "").await;
    let job = broker.job(&name).await;
    broker.complete(job.key, "").await.unwrap();
    let refusals = [
        (broker.complete(job.key, "").await, "COMPLETE", "complete job"),
        (broker.fail(job.key, 1, 0, "").await, "FAIL", "fail job"),
        (broker.throw(job.key, "X", "").await, "THROW_ERROR", "throw an error for job"),
        (broker.update_timeout(job.key, 1).await, "UPDATE_TIMEOUT", "update job"),
    ];
    for (answer, intent, what) in refusals {
        let refused = answer.unwrap_err();
        assert_eq!(refused.code(), Code::NotFound);
        assert_eq!(
            refused.message(),
            format!(
                "Command '{intent}' rejected with code 'NOT_FOUND': Expected to {what} with key '{}', but no such job was found",
                job.key
            )
        );
    }
}

#[tokio::test]
async fn a_key_of_no_partition_is_unavailable() {
    let broker = Broker::start().await;
    assert_eq!(broker.complete(99, "").await.unwrap_err().code(), Code::Unavailable);
}

#[tokio::test]
async fn an_uncaught_error_stops_the_job() {
    let (broker, name) = with_task("").await;
    broker.create(&name, "").await;
    let job = broker.job(&name).await;
    broker.throw(job.key, "NOBODY", "").await.unwrap();
    let refused = broker.complete(job.key, "").await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert!(refused.message().ends_with("but it is in state 'ERROR_THROWN'"), "{}", refused.message());
    broker.no_job(&name).await;
}

#[tokio::test]
async fn retries_and_type_may_be_expressions() {
    let broker = Broker::start().await;
    let name = broker.name("p");
    let xml = one_task(&name, "=kind", "").replace(r#"type="=kind""#, r#"type="=kind" retries="=tries""#);
    broker.deploy(&xml).await.unwrap();
    broker.create(&name, &format!(r#"{{"kind":"{name}","tries":7}}"#)).await;
    assert_eq!(broker.job(&name).await.retries, 7);
}
