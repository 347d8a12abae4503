//! What only the test kit has: faults, inspection, tenants, broken connections.

use super::bpmn::*;
use super::broker::{Broker, poll, variables};
use connector_testkit::gateway::*;
use serde_json::json;
use std::time::Duration;
use tonic::transport::Endpoint;
use tonic::{Code, Request};
use zeebe_proto::gateway_client::GatewayClient;
use zeebe_proto::*;

/// The kit with a paused clock and `start → task → end`.
async fn with_task() -> (Broker, String) {
    tokio::time::pause();
    let broker = Broker::start_kit(GatewayServerOptions::default()).await;
    let name = broker.name("task");
    broker.deploy(&one_task(&name, &name, "")).await.unwrap();
    (broker, name)
}

#[tokio::test]
async fn listens_on_a_free_port_and_stops() {
    let server = GatewayServer::start(GatewayServerOptions::default()).await.unwrap();
    let endpoint = Endpoint::from_shared(server.address()).unwrap();
    let mut client = GatewayClient::new(endpoint.connect().await.unwrap());
    let topology = client.topology(TopologyRequest {}).await.unwrap().into_inner();
    assert_eq!(topology.gateway_version, "8.6.0");
    assert_eq!(format!("http://{}:{}", topology.brokers[0].host, topology.brokers[0].port), server.address());
    server.shutdown().await;
    assert!(endpoint.connect().await.is_err());
}

#[tokio::test]
async fn shows_an_instance_from_start_to_end() {
    let (broker, name) = with_task().await;
    let key = broker.create(&name, r#"{"a":1}"#).await;
    let seen = broker.server().view(|state| state.instance(key)).unwrap();
    assert_eq!(
        (seen.state, seen.visited.as_slice()),
        (InstanceState::Active, &["start".to_owned(), "task".to_owned()][..])
    );
    let job = broker.job(&name).await;
    broker.complete(job.key, r#"{"b":2}"#).await.unwrap();
    let seen = broker.server().view(|state| state.instance(key)).unwrap();
    assert_eq!(seen.state, InstanceState::Completed);
    assert_eq!(seen.visited, ["start", "task", "end"]);
    assert_eq!(serde_json::Value::Object(seen.variables), json!({"a": 1, "b": 2}));
    let counts = broker.server().view(|state| state.counts());
    assert_eq!((counts.instances_created, counts.instances_completed, counts.instances_active), (1, 1, 0));
    assert_eq!((counts.jobs_created, counts.jobs_activated, counts.jobs_completed), (1, 1, 1));
}

#[tokio::test]
async fn waits_for_a_state_without_a_clock() {
    let (broker, name) = with_task().await;
    let server = broker.server();
    let waits = server.wait_until(|state| state.counts().instances_completed == 1);
    let works = async {
        broker.create(&name, "").await;
        let job = broker.job(&name).await;
        broker.complete(job.key, "").await.unwrap();
    };
    tokio::join!(waits, works);
}

#[tokio::test]
async fn shows_incidents_with_their_messages() {
    let (broker, name) = with_task().await;
    let failed = broker.create(&name, "").await;
    let job = broker.job(&name).await;
    broker.fail(job.key, 0, 0, "").await.unwrap();
    broker.create(&name, "").await;
    let thrown = broker.job(&name).await;
    broker.throw(thrown.key, "NOBODY", "").await.unwrap();
    let incidents = broker.server().view(|state| state.incidents());
    assert_eq!(incidents[0].kind, IncidentKind::JobNoRetries);
    assert_eq!(incidents[0].message, "it did not work");
    assert_eq!((incidents[0].process_instance_key, incidents[0].job_key), (failed, Some(job.key)));
    assert_eq!(incidents[1].kind, IncidentKind::UnhandledErrorEvent);
    assert_eq!(
        incidents[1].message,
        "Expected to throw an error event with the code 'NOBODY' with message 'thrown', but it was not caught. No error events are available in the scope."
    );
    let jobs = broker.server().view(|state| state.jobs());
    assert_eq!((jobs[0].state, jobs[1].state), (JobState::Failed, JobState::ErrorThrown));
    assert_eq!((jobs[1].error_code.as_str(), jobs[1].activations), ("NOBODY", 1));
    assert!(broker.server().cancel_instance(failed));
    assert!(broker.server().view(|state| state.incidents())[0].resolved);
    assert!(!broker.server().cancel_instance(failed));
}

#[tokio::test]
async fn a_cancelled_instance_takes_its_jobs_along() {
    let (broker, name) = with_task().await;
    let key = broker.create(&name, "").await;
    let job = broker.job(&name).await;
    assert!(broker.server().cancel_instance(key));
    assert_eq!(broker.complete(job.key, "").await.unwrap_err().code(), Code::NotFound);
    assert_eq!(broker.server().view(|state| state.job(job.key)).unwrap().state, JobState::Canceled);
}

#[tokio::test]
async fn wrong_expressions_raise_incidents() {
    tokio::time::pause();
    let broker = Broker::start_kit(GatewayServerOptions::default()).await;
    broker.deploy(&message_catch("catch", "m", "t")).await.unwrap();
    broker.create("catch", "{}").await;
    broker.deploy(&one_task("kind", "=kind", "")).await.unwrap();
    broker.create("kind", "{}").await;
    let gate = [
        start(),
        r#"<bpmn:exclusiveGateway id="gate"/>"#.to_owned(),
        end("end"),
        end("end2"),
        flows("start gate"),
        flow("a", "gate", "end", "=go"),
        flow("b", "gate", "end2", "=go"),
    ];
    broker.deploy(&file("gate", &gate.concat(), "")).await.unwrap();
    broker.create("gate", r#"{"go":false}"#).await;
    broker.create("gate", r#"{"go":1}"#).await;
    let incidents = broker.server().view(|state| state.incidents());
    let seen: Vec<(IncidentKind, &str)> =
        incidents.iter().map(|incident| (incident.kind, incident.message.as_str())).collect();
    assert_eq!(
        seen,
        [
            (
                IncidentKind::ExtractValueError,
                "Failed to extract the correlation key for 'key': The value must be either a string or a number, but was 'NULL'."
            ),
            (
                IncidentKind::ExtractValueError,
                "Expected result of the expression 'kind' to be 'STRING', but was 'NULL'."
            ),
            (
                IncidentKind::ConditionError,
                "Expected at least one condition to evaluate to true, or to have a default flow"
            ),
            (
                IncidentKind::ExtractValueError,
                "Expected result of the expression 'go' to be 'BOOLEAN', but was 'NUMBER'."
            ),
        ]
    );
}

#[tokio::test]
async fn shows_messages_and_who_waits_for_them() {
    tokio::time::pause();
    let broker = Broker::start_kit(GatewayServerOptions::default()).await;
    broker.deploy(&message_start("starts", "m", "t")).await.unwrap();
    broker.deploy(&message_catch("catches", "m", "t")).await.unwrap();
    let waiting = broker.create("catches", r#"{"key":"k"}"#).await;
    let subscriptions = broker.server().view(|state| state.message_subscriptions());
    assert_eq!(
        (subscriptions[0].bpmn_process_id.as_str(), &subscriptions[0].correlation_key),
        ("starts", &None)
    );
    assert_eq!(subscriptions[1].correlation_key.as_deref(), Some("k"));
    assert_eq!(subscriptions[1].process_instance_key, Some(waiting));
    broker.publish_kept("m", "k", "id", 1000, r#"{"a":1}"#).await.unwrap();
    let message = broker.server().view(|state| state.messages()).remove(0);
    assert_eq!((message.message_id.as_str(), message.buffered, message.correlated[0]), ("id", true, waiting));
    assert_eq!(message.correlated.len(), 2);
    tokio::time::sleep(Duration::from_millis(1001)).await;
    assert!(!broker.server().view(|state| state.messages())[0].buffered);
    assert_eq!(broker.server().view(|state| state.message_subscriptions()).len(), 1);
    broker.publish_kept("m", "k", "id", 1000, "").await.unwrap();
    let counts = broker.server().view(|state| state.counts());
    assert_eq!((counts.messages_published, counts.messages_correlated, counts.messages_expired), (2, 2, 1));
}

#[tokio::test]
async fn shows_deployments_and_calls() {
    let (broker, name) = with_task().await;
    let deployed = broker.server().view(|state| state.deployments()).remove(0);
    assert_eq!((deployed.bpmn_process_id, deployed.version), (name.clone(), 1));
    assert!(deployed.xml.contains(&name));
    let mut request = Request::new(TopologyRequest {});
    request.metadata_mut().insert("authorization", "Bearer x".parse().unwrap());
    broker.client.clone().topology(request).await.unwrap();
    broker.server().wait_for_calls(Rpc::Topology, 1).await;
    assert_eq!((broker.server().calls(Rpc::Topology), broker.server().calls(Rpc::FailJob)), (1, 0));
    let metadata = broker.server().last_metadata(Rpc::Topology).unwrap();
    assert_eq!(metadata.get("authorization").unwrap(), "Bearer x");
}

#[tokio::test]
async fn a_planned_status_has_no_effect_and_ends_after_its_calls() {
    let (broker, name) = with_task().await;
    broker.server().faults().next(Rpc::PublishMessage, 2, Fault::back_pressure());
    for _ in 0..2 {
        assert_eq!(broker.publish("m", "k", "").await.unwrap_err().code(), Code::ResourceExhausted);
    }
    broker.publish("m", "k", "").await.unwrap();
    assert_eq!(broker.server().view(|state| state.counts().messages_published), 1);
    assert_eq!(broker.server().calls(Rpc::PublishMessage), 3);
    broker.server().faults().always(Rpc::CreateProcessInstance, Fault::unavailable());
    for _ in 0..3 {
        assert_eq!(broker.try_create(&name, -1, "").await.unwrap_err().code(), Code::Unavailable);
    }
    broker.server().faults().clear(Rpc::CreateProcessInstance);
    broker.create(&name, "").await;
}

#[tokio::test]
async fn a_lost_answer_has_its_effect() {
    let (broker, _) = with_task().await;
    let lost = Loss::Status(Code::Unavailable, "a proxy gave up".to_owned());
    broker.server().faults().next(Rpc::PublishMessage, 1, Fault::AnswerLost(lost));
    let refused = broker.publish_kept("m", "k", "id", 1000, "").await.unwrap_err();
    assert_eq!((refused.code(), refused.message()), (Code::Unavailable, "a proxy gave up"));
    assert_eq!(broker.publish_kept("m", "k", "id", 1000, "").await.unwrap_err().code(), Code::AlreadyExists);
    broker.server().faults().next(Rpc::PublishMessage, 1, Fault::AnswerLost(Loss::Disconnect));
    broker.publish("m", "k", "").await.unwrap_err();
    broker.server().faults().next(Rpc::PublishMessage, 1, Fault::AnswerLost(Loss::Hang));
    tokio::time::timeout(Duration::from_secs(60), broker.publish("m", "k", "")).await.unwrap_err();
    assert_eq!(broker.server().view(|state| state.counts().messages_published), 3);
}

#[tokio::test]
async fn calls_may_be_late_hang_or_break_their_connection() {
    let (broker, _) = with_task().await;
    let faults = broker.server().faults();
    faults.next(Rpc::PublishMessage, 1, Fault::Delay(Duration::from_secs(30)));
    faults.next(Rpc::PublishMessage, 1, Fault::Hang);
    faults.next(Rpc::PublishMessage, 1, Fault::Disconnect);
    let before = tokio::time::Instant::now();
    broker.publish("m", "k", "").await.unwrap();
    assert_eq!(before.elapsed().as_secs(), 30);
    tokio::time::timeout(Duration::from_secs(60), broker.publish("m", "k", "")).await.unwrap_err();
    broker.publish("m", "k", "").await.unwrap_err();
    assert_eq!(faults.pending(Rpc::PublishMessage), 0);
    assert_eq!(broker.server().view(|state| state.counts().messages_published), 1);
    broker.publish("m", "k", "").await.unwrap();
}

#[tokio::test]
async fn streams_can_be_ended_with_and_without_a_status() {
    let (broker, name) = with_task().await;
    for status in [None, Some(tonic::Status::unavailable("broker restarts"))] {
        let mut stream = broker.stream(&name);
        broker.server().wait_until(|state| state.open_streams(&name) == 1).await;
        broker.server().close_streams(status.clone());
        match status {
            None => assert!(stream.next().await.is_none()),
            Some(_) => assert_eq!(stream.next().await.unwrap().unwrap_err().code(), Code::Unavailable),
        }
        assert_eq!(broker.server().view(|state| state.open_streams(&name)), 0);
    }
}

#[tokio::test]
async fn a_stream_that_its_client_dropped_loses_no_job() {
    let (broker, name) = with_task().await;
    let stream = broker.stream(&name);
    broker.server().wait_until(|state| state.open_streams(&name) == 1).await;
    drop(stream);
    broker.server().wait_until(|state| state.open_streams(&name) == 0).await;
    broker.create(&name, "").await;
    broker.job(&name).await;
}

#[tokio::test]
async fn a_stream_is_answered_with_its_first_job() {
    let (broker, name) = with_task().await;
    let mut client = broker.client.clone();
    let request = StreamActivatedJobsRequest { r#type: name.clone(), timeout: 60_000, ..Default::default() };
    let mut opening = tokio::spawn(async move { client.stream_activated_jobs(request).await });
    tokio::time::timeout(Duration::from_secs(3600), &mut opening).await.unwrap_err();
    broker.create(&name, "").await;
    assert!(opening.await.unwrap().unwrap().into_inner().message().await.unwrap().is_some());
}

#[tokio::test]
async fn a_slow_stream_leaves_the_rest_to_polling() {
    tokio::time::pause();
    let options = GatewayServerOptions { stream_capacity: 1, ..Default::default() };
    let broker = Broker::start_kit(options).await;
    broker.deploy(&one_task("p", "t", "")).await.unwrap();
    let mut client = broker.client.clone();
    let request =
        StreamActivatedJobsRequest { r#type: "t".to_owned(), timeout: 60_000, ..Default::default() };
    // The client opens the stream and reads nothing of it.
    let _stream = tokio::spawn(async move { client.stream_activated_jobs(request).await });
    broker.server().wait_until(|state| state.open_streams("t") == 1).await;
    // Less than one of these fits the client's window.
    let text = "x".repeat(300_000);
    for _ in 0..10 {
        broker.create("p", &format!(r#"{{"text":"{text}"}}"#)).await;
    }
    assert!(!broker.jobs("t", 10).await.is_empty());
    let counts = broker.server().view(|state| state.counts());
    assert_eq!(counts.jobs_activated, 10);
    assert!(counts.jobs_pushed < 10);
}

#[tokio::test]
async fn goaway_lets_calls_finish_and_clients_reconnect() {
    let (broker, name) = with_task().await;
    let mut stream = broker.stream(&name);
    broker.server().wait_until(|state| state.open_streams(&name) == 1).await;
    broker.server().go_away();
    // A call that meets the GOAWAY fails; then a new connection takes them, and the old one keeps its stream.
    while broker.try_create(&name, -1, r#"{"a":1}"#).await.is_err() {}
    assert_eq!(variables(&stream.job().await), json!({"a": 1}));
    assert_eq!(broker.server().connections(), 2);
}

#[tokio::test]
async fn broken_connections_end_their_streams() {
    let (broker, name) = with_task().await;
    let mut stream = broker.stream(&name);
    broker.server().wait_until(|state| state.open_streams(&name) == 1).await;
    broker.server().close_connections();
    stream.next().await.unwrap().unwrap_err();
    broker.server().wait_until(|state| state.open_streams(&name) == 0).await;
    broker.create(&name, "").await;
}

#[tokio::test]
async fn an_unreachable_gateway_keeps_its_state() {
    let (broker, name) = with_task().await;
    broker.server().set_reachable(false);
    // The first call may meet the connection as it breaks.
    broker.try_create(&name, -1, "").await.unwrap_err();
    assert_eq!(broker.try_create(&name, -1, "").await.unwrap_err().code(), Code::Unavailable);
    broker.server().set_reachable(true);
    broker.create(&name, "").await;
}

#[tokio::test]
async fn a_silent_connection_stays_open_and_goes_on_where_it_stopped() {
    let (broker, name) = with_task().await;
    broker.server().set_silent(true);
    let mut creation = std::pin::pin!(broker.create(&name, ""));
    tokio::time::timeout(Duration::from_secs(60), creation.as_mut()).await.unwrap_err();
    assert_eq!(broker.server().view(|state| state.counts().instances_created), 0);
    broker.server().set_silent(false);
    creation.await;
    assert_eq!(broker.server().connections(), 1);
}

#[tokio::test]
async fn tenants_have_their_own_processes_jobs_and_messages() {
    tokio::time::pause();
    let options =
        GatewayServerOptions { tenants: vec!["a".to_owned(), "b".to_owned()], ..Default::default() };
    let broker = Broker::start_kit(options).await;
    let mut client = broker.client.clone();
    for tenant in ["a", "b"] {
        let resources = vec![
            Resource { name: "p.bpmn".to_owned(), content: message_start("p", "m", "t").into_bytes() },
            Resource { name: "q.bpmn".to_owned(), content: one_task("q", "t", "").into_bytes() },
        ];
        let request = DeployResourceRequest { resources, tenant_id: tenant.to_owned() };
        client.deploy_resource(request).await.unwrap();
    }
    let publish = |tenant: &str| PublishMessageRequest {
        name: "m".to_owned(),
        message_id: "id".to_owned(),
        time_to_live: 1000,
        tenant_id: tenant.to_owned(),
        ..Default::default()
    };
    client.publish_message(publish("a")).await.unwrap();
    let polled = |tenants: &[&str]| ActivateJobsRequest {
        tenant_ids: tenants.iter().map(|tenant| (*tenant).to_owned()).collect(),
        max_jobs_to_activate: 10,
        ..poll("t")
    };
    assert!(broker.activate(polled(&["b"])).await.unwrap().is_empty());
    client.publish_message(publish("b")).await.unwrap();
    let jobs = broker.activate(polled(&["a", "b"])).await.unwrap();
    assert_eq!(jobs.iter().map(|job| job.tenant_id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(client.publish_message(publish("")).await.unwrap_err().code(), Code::InvalidArgument);
    assert_eq!(client.publish_message(publish("c")).await.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test]
async fn the_wall_clock_is_what_the_options_say_and_follows_the_paused_clock() {
    tokio::time::pause();
    let wall = std::time::SystemTime::UNIX_EPOCH + Duration::from_millis(1_000_000_000_000);
    let broker =
        Broker::start_kit(GatewayServerOptions { wall_clock: Some(wall), ..Default::default() }).await;
    broker.deploy(&one_task("p", "t", "")).await.unwrap();
    tokio::time::advance(Duration::from_secs(10)).await;
    broker.create("p", "").await;
    assert_eq!(broker.job("t").await.deadline, 1_000_000_000_000 + 10_000 + 60_000);
}

#[tokio::test]
async fn works_off_two_thousand_messages_and_jobs() {
    tokio::time::pause();
    let broker = Broker::start_kit(GatewayServerOptions::default()).await;
    broker.deploy(&message_catch("p", "m", "t")).await.unwrap();
    for n in 0..2_000 {
        broker.create("p", &format!(r#"{{"key":"{n}"}}"#)).await;
        broker.publish_kept("m", &n.to_string(), &n.to_string(), 60_000, "").await.unwrap();
    }
    let mut done = 0;
    while done < 2_000 {
        for job in broker.jobs("t", 500).await {
            broker.complete(job.key, "").await.unwrap();
            done += 1;
        }
    }
    let counts = broker.server().view(|state| state.counts());
    assert_eq!((counts.instances_completed, counts.messages_correlated), (2_000, 2_000));
}
