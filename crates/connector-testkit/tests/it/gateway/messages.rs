//! Messages, subscriptions, signals.

use super::bpmn::*;
use super::broker::{Broker, pass, variables};
use serde_json::json;
use tonic::Code;
use zeebe_proto::BroadcastSignalRequest;

const MINUTE: i64 = 60_000;

/// A broker with one process deployed; the process id, the message name and the job type are the name.
async fn with(process: impl Fn(&str, &str, &str) -> String) -> (Broker, String) {
    let broker = Broker::start().await;
    let name = broker.name("p");
    broker.deploy(&process(&name, &name, &name)).await.unwrap();
    (broker, name)
}

/// Lets a real broker open its subscriptions.
async fn settle() {
    pass(300).await;
}

#[tokio::test]
async fn a_message_goes_to_the_instance_with_its_key() {
    let (broker, name) = with(message_catch).await;
    let one = broker.create(&name, r#"{"key":"one"}"#).await;
    broker.create(&name, r#"{"key":"two"}"#).await;
    settle().await;
    broker.publish(&name, "one", r#"{"body":{"n":1}}"#).await.unwrap();
    let job = broker.job(&name).await;
    assert_eq!(job.process_instance_key, one);
    assert_eq!(variables(&job), json!({"key": "one", "body": {"n": 1}}));
    broker.no_job(&name).await;
}

#[tokio::test]
async fn a_number_is_a_correlation_key_too() {
    let (broker, name) = with(message_catch).await;
    broker.create(&name, r#"{"key":4567}"#).await;
    settle().await;
    broker.publish(&name, "4567", "").await.unwrap();
    broker.job(&name).await;
}

#[tokio::test]
async fn a_message_is_kept_for_a_late_subscriber() {
    let (broker, name) = with(message_catch).await;
    broker.publish_kept(&name, "k", "", MINUTE, r#"{"a":1}"#).await.unwrap();
    broker.create(&name, r#"{"key":"k"}"#).await;
    assert_eq!(variables(&broker.job(&name).await), json!({"key": "k", "a": 1}));
}

#[tokio::test]
async fn a_message_without_time_to_live_is_not_kept() {
    let (broker, name) = with(message_catch).await;
    broker.publish(&name, "k", "").await.unwrap();
    broker.create(&name, r#"{"key":"k"}"#).await;
    broker.no_job(&name).await;
}

#[tokio::test]
async fn a_process_gets_a_kept_message_once() {
    let (broker, name) = with(message_catch).await;
    broker.publish_kept(&name, "k", "", MINUTE, "").await.unwrap();
    broker.create(&name, r#"{"key":"k"}"#).await;
    broker.job(&name).await;
    broker.create(&name, r#"{"key":"k"}"#).await;
    broker.no_job(&name).await;
}

#[tokio::test]
async fn each_process_gets_the_message() {
    let (broker, name) = with(message_catch).await;
    let other = broker.name("other");
    broker.deploy(&message_catch(&other, &name, &name)).await.unwrap();
    for process in [&name, &other, &name] {
        broker.create(process, r#"{"key":"k"}"#).await;
    }
    settle().await;
    broker.publish(&name, "k", "").await.unwrap();
    settle().await;
    let mut processes: Vec<String> =
        broker.jobs(&name, 10).await.into_iter().map(|job| job.bpmn_process_id).collect();
    processes.sort();
    let mut expected = vec![name, other];
    expected.sort();
    assert_eq!(processes, expected);
}

#[tokio::test]
async fn the_oldest_kept_message_comes_first() {
    let (broker, name) = with(message_catch).await;
    for n in 1..=2 {
        broker.publish_kept(&name, "k", "", MINUTE, &format!(r#"{{"n":{n}}}"#)).await.unwrap();
    }
    for n in 1..=2 {
        broker.create(&name, r#"{"key":"k"}"#).await;
        assert_eq!(variables(&broker.job(&name).await)["n"], json!(n));
    }
}

#[tokio::test]
async fn a_message_id_is_refused_while_the_message_is_kept() {
    let (broker, name) = with(message_catch).await;
    broker.publish_kept(&name, "k", "id", MINUTE, "").await.unwrap();
    let refused = broker.publish_kept(&name, "k", "id", MINUTE, "").await.unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists);
    assert_eq!(
        refused.message(),
        "Command 'PUBLISH' rejected with code 'ALREADY_EXISTS': Expected to publish a new message with id 'id', but a message with that id was already published"
    );
    broker.publish_kept(&name, "other key", "id", MINUTE, "").await.unwrap();
    broker.publish_kept(&broker.name("other name"), "k", "id", MINUTE, "").await.unwrap();
}

#[tokio::test]
async fn a_message_id_is_refused_also_after_the_message_was_correlated() {
    let (broker, name) = with(message_catch).await;
    broker.create(&name, r#"{"key":"k"}"#).await;
    settle().await;
    broker.publish_kept(&name, "k", "id", MINUTE, "").await.unwrap();
    broker.job(&name).await;
    assert_eq!(
        broker.publish_kept(&name, "k", "id", MINUTE, "").await.unwrap_err().code(),
        Code::AlreadyExists
    );
}

#[tokio::test]
async fn a_message_id_is_free_when_nothing_is_kept() {
    let (broker, name) = with(message_catch).await;
    for ttl in [0, 0, -5000, -5000] {
        broker.publish_kept(&name, "k", "id", ttl, "").await.unwrap();
    }
}

#[tokio::test]
async fn a_message_starts_a_process_with_its_variables() {
    let (broker, name) = with(message_start).await;
    broker.publish(&name, "", r#"{"a":1}"#).await.unwrap();
    assert_eq!(variables(&broker.job(&name).await), json!({"a": 1}));
}

#[tokio::test]
async fn messages_without_a_key_start_as_many_instances() {
    let (broker, name) = with(message_start).await;
    for _ in 0..3 {
        broker.publish(&name, "", "").await.unwrap();
    }
    settle().await;
    assert_eq!(broker.jobs(&name, 10).await.len(), 3);
}

#[tokio::test]
async fn one_instance_runs_for_a_key_and_the_kept_message_starts_the_next() {
    let (broker, name) = with(message_start).await;
    for n in 1..=2 {
        broker.publish_kept(&name, "k", "", MINUTE, &format!(r#"{{"n":{n}}}"#)).await.unwrap();
    }
    broker.publish(&name, "other", r#"{"n":3}"#).await.unwrap();
    settle().await;
    let jobs = broker.jobs(&name, 10).await;
    let seen: Vec<_> = jobs.iter().map(|job| variables(job)["n"].clone()).collect();
    assert_eq!(seen, [json!(1), json!(3)]);
    broker.complete(jobs[0].key, "").await.unwrap();
    assert_eq!(variables(&broker.job(&name).await)["n"], json!(2));
}

#[tokio::test]
async fn the_newest_version_is_started() {
    let (broker, name) = with(message_start).await;
    let other = broker.name("other");
    broker.deploy(&message_start(&name, &name, &other)).await.unwrap();
    broker.publish(&name, "", "").await.unwrap();
    assert_eq!(broker.job(&other).await.process_definition_version, 2);
    broker.no_job(&name).await;
}

#[tokio::test]
async fn a_version_without_the_message_start_ends_it() {
    let (broker, name) = with(message_start).await;
    broker.deploy(&one_task(&name, &name, "")).await.unwrap();
    broker.publish(&name, "", "").await.unwrap();
    broker.no_job(&name).await;
}

#[tokio::test]
async fn a_process_deployed_later_is_not_started_by_a_kept_message() {
    let broker = Broker::start().await;
    let name = broker.name("p");
    broker.publish_kept(&name, "k", "", MINUTE, "").await.unwrap();
    broker.deploy(&message_start(&name, &name, &name)).await.unwrap();
    broker.no_job(&name).await;
}

#[tokio::test]
async fn a_receive_task_waits_for_its_message() {
    let (broker, name) = with(|process, message_name, job_type| {
        let receive = r#"<bpmn:receiveTask id="receive" messageRef="m"/>"#.to_owned();
        let elements =
            [start(), receive, task("task", job_type, ""), end("end"), flows("start receive task end")]
                .concat();
        file(process, &elements, &message("m", message_name, "=key"))
    })
    .await;
    broker.create(&name, r#"{"key":"k"}"#).await;
    settle().await;
    broker.publish(&name, "k", r#"{"a":1}"#).await.unwrap();
    assert_eq!(variables(&broker.job(&name).await), json!({"key": "k", "a": 1}));
}

/// `start → task → end` with a message boundary event that leads to a second task.
fn boundary(process: &str, message_name: &str, job_type: &str, interrupting: bool) -> String {
    let event = format!(
        r#"<bpmn:boundaryEvent id="event" attachedToRef="task" cancelActivity="{interrupting}">{}<bpmn:messageEventDefinition messageRef="m"/></bpmn:boundaryEvent>"#,
        outgoing(&["event-after"])
    );
    let elements = [
        start(),
        task("task", &format!("{job_type}-main"), ""),
        event,
        task("after", job_type, ""),
        end("end"),
        end("end2"),
        flows("start task end"),
        flows("event after end2"),
    ]
    .concat();
    file(process, &elements, &message("m", message_name, "=key"))
}

#[tokio::test]
async fn an_interrupting_boundary_event_ends_the_activity() {
    let (broker, name) = with(|p, m, j| boundary(p, m, j, true)).await;
    broker.create(&name, r#"{"key":"k"}"#).await;
    let main = broker.job(&format!("{name}-main")).await;
    settle().await;
    broker.publish(&name, "k", r#"{"a":1}"#).await.unwrap();
    let after = broker.job(&name).await;
    assert_eq!(variables(&after), json!({"key": "k", "a": 1}));
    assert_eq!(broker.complete(main.key, "").await.unwrap_err().code(), Code::NotFound);
    broker.complete(after.key, "").await.unwrap();
}

#[tokio::test]
async fn a_non_interrupting_boundary_event_comes_beside_the_activity_each_time() {
    let (broker, name) = with(|p, m, j| boundary(p, m, j, false)).await;
    broker.create(&name, r#"{"key":"k"}"#).await;
    let main = broker.job(&format!("{name}-main")).await;
    settle().await;
    for n in 1..=2 {
        broker.publish(&name, "k", &format!(r#"{{"n":{n}}}"#)).await.unwrap();
        assert_eq!(variables(&broker.job(&name).await)["n"], json!(n));
    }
    broker.complete(main.key, "").await.unwrap();
    settle().await;
    broker.publish(&name, "k", "").await.unwrap();
    broker.no_job(&name).await;
}

#[tokio::test]
async fn output_mappings_choose_what_a_message_leaves() {
    let (broker, name) = with(|process, message_name, job_type| {
        let extensions = format!("<bpmn:extensionElements>{}</bpmn:extensionElements>", mapping(&[output("=a.b", "taken")]));
        let catch = format!(
            r#"<bpmn:intermediateCatchEvent id="catch">{extensions}<bpmn:messageEventDefinition messageRef="m"/></bpmn:intermediateCatchEvent>"#
        );
        let elements =
            [start(), catch, task("task", job_type, ""), end("end"), flows("start catch task end")].concat();
        file(process, &elements, &message("m", message_name, "=key"))
    })
    .await;
    broker.create(&name, r#"{"key":"k"}"#).await;
    settle().await;
    broker.publish(&name, "k", r#"{"a":{"b":7},"c":1}"#).await.unwrap();
    assert_eq!(variables(&broker.job(&name).await), json!({"key": "k", "taken": 7}));
}

#[tokio::test]
async fn a_signal_is_answered_with_a_key() {
    let broker = Broker::start().await;
    let request = BroadcastSignalRequest { signal_name: broker.name("s"), ..Default::default() };
    let answer = broker.client.clone().broadcast_signal(request).await.unwrap().into_inner();
    assert_eq!(answer.key >> 51, 1);
    let wrong = BroadcastSignalRequest {
        signal_name: "s".to_owned(),
        variables: "[]".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        broker.client.clone().broadcast_signal(wrong).await.unwrap_err().code(),
        Code::InvalidArgument
    );
}
