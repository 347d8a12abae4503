//! Commands that belong to no job.

use crate::kit::{Kit, PROCESS, instance, options, resource};
use connector_core::{
    CreateInstance, Engine, EngineErrorCode, ErrorKind, PublishMessage, Published, RawJson, TenantId,
};
use connector_testkit::gateway::{Fault, GatewayServer, GatewayServerOptions, Loss, Rpc};
use std::time::Duration;
use tokio::time::Instant;
use tonic::Code;
use zeebe_gateway::{Credentials, GatewayClient, GatewayOptions};

fn message(id: &str) -> PublishMessage {
    PublishMessage {
        name: "paid".to_owned(),
        correlation_key: "1".to_owned(),
        message_id: id.to_owned(),
        time_to_live_millis: 3_600_000,
        variables: RawJson::empty_object(),
        tenant_id: TenantId::default(),
    }
}

#[tokio::test(start_paused = true)]
async fn tells_who_is_in_the_cluster() {
    let kit = Kit::start().await;
    let topology = kit.client.topology().await.unwrap();
    assert_eq!(topology.gateway_version, "8.6.0");
    assert_eq!(topology.led_partitions(), 1);
}

#[tokio::test(start_paused = true)]
async fn deploying_the_same_file_again_keeps_its_version() {
    let kit = Kit::start().await;
    let again = kit.client.deploy([resource()]).await.unwrap();
    assert_eq!(again.processes.len(), 1);
    assert_eq!(again.processes[0].bpmn_process_id, PROCESS);
    assert_eq!(again.processes[0].version, 1);
    assert_eq!(again.processes[0].resource_name, "order.bpmn");
}

#[tokio::test(start_paused = true)]
async fn a_call_without_an_answer_ends_at_its_deadline() {
    let kit = Kit::start().await;
    kit.server.faults().always(Rpc::Topology, Fault::Hang);
    let started = Instant::now();
    let error = kit.client.topology().await.unwrap_err();
    assert_eq!(error.code, EngineErrorCode::DeadlineExceeded);
    assert_eq!(started.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_known_message_id_is_a_duplicate_and_no_error() {
    let kit = Kit::start().await;
    assert!(matches!(kit.client.publish(message("a")).await, Ok(Published::New(_))));
    assert_eq!(kit.client.publish(message("a")).await, Ok(Published::Duplicate));
    assert_eq!(kit.client.metrics().duplicate_messages.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_message_with_an_id_is_sent_again_when_its_answer_was_lost() {
    let kit = Kit::start().await;
    kit.server.faults().next(Rpc::PublishMessage, 1, Fault::AnswerLost(Loss::Disconnect));
    assert_eq!(kit.client.publish(message("a")).await, Ok(Published::Duplicate));
    assert_eq!(kit.server.view(|state| state.counts().messages_published), 1);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_the_engine_would_not_recognise_is_never_sent_twice() {
    let kit = Kit::start().await;
    let short_lived = PublishMessage { time_to_live_millis: 0, ..message("a") };
    for message in [message(""), short_lived] {
        kit.server.faults().next(Rpc::PublishMessage, 1, Fault::AnswerLost(Loss::Disconnect));
        let error = kit.client.publish(message).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Retryable);
    }
    assert_eq!(kit.server.view(|state| state.counts().messages_published), 2);
}

#[tokio::test(start_paused = true)]
async fn an_instance_is_not_created_twice_when_an_answer_is_lost() {
    let kit = Kit::start().await;
    for loss in [Loss::Disconnect, Loss::Hang, Loss::Status(Code::Unavailable, "a proxy".to_owned())] {
        kit.server.faults().next(Rpc::CreateProcessInstance, 1, Fault::AnswerLost(loss));
        assert_eq!(kit.client.create(instance()).await.unwrap_err().kind(), ErrorKind::Retryable);
    }
    assert_eq!(kit.server.view(|state| state.counts().instances_created), 3);
}

#[tokio::test(start_paused = true)]
async fn an_instance_is_created_once_the_engine_stops_pushing_back() {
    let kit = Kit::start().await;
    kit.server.faults().next(Rpc::CreateProcessInstance, 8, Fault::back_pressure());
    kit.client.create(instance()).await.unwrap();
    assert_eq!(kit.server.calls(Rpc::CreateProcessInstance), 9);
    assert_eq!(kit.client.metrics().pushed_back.get(), 8);
}

#[tokio::test(start_paused = true)]
async fn push_back_that_does_not_end_is_told_after_the_time_of_one_call() {
    let kit = Kit::start().await;
    kit.server.faults().always(Rpc::CreateProcessInstance, Fault::back_pressure());
    let started = Instant::now();
    let error = kit.client.create(instance()).await.unwrap_err();
    assert_eq!(error.code, EngineErrorCode::ResourceExhausted);
    assert!(started.elapsed() <= Duration::from_secs(10), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_command_that_is_too_large_is_not_sent_and_says_so() {
    let kit = Kit::start().await;
    let variables = RawJson::parse(format!("{{\"text\":\"{}\"}}", "x".repeat(5 * 1024 * 1024))).unwrap();
    let error = kit.client.create(CreateInstance { variables, ..instance() }).await.unwrap_err();
    assert_eq!((error.code, error.kind()), (EngineErrorCode::InvalidArgument, ErrorKind::Terminal));
    assert!(error.message.contains("the engine takes at most 4194304"), "{error}");
    assert_eq!(kit.server.calls(Rpc::CreateProcessInstance), 0);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_result_ends_with_the_wait() {
    let kit = Kit::start().await;
    let started = Instant::now();
    let error = kit.client.create_with_result(instance(), Duration::from_secs(30)).await.unwrap_err();
    assert_eq!(error.code, EngineErrorCode::DeadlineExceeded);
    assert_eq!(started.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn broadcasts_a_signal() {
    let kit = Kit::start().await;
    kit.client.broadcast_signal("closing", RawJson::empty_object(), TenantId::default()).await.unwrap();
    assert_eq!(kit.server.view(|state| state.counts().signals_broadcast), 1);
}

#[tokio::test(start_paused = true)]
async fn sends_basic_credentials_and_hides_them_from_debug() {
    let password = "canary-password".to_owned().into();
    let credentials = Credentials::Basic { username: "demo".to_owned(), password };
    let options = GatewayOptions { credentials, ..options() };
    assert!(!format!("{options:?}").contains("canary"));
    let server = GatewayServer::start(GatewayServerOptions::default()).await.unwrap();
    let client = GatewayClient::connect_over(server.channel(), options).await.unwrap();
    client.topology().await.unwrap();
    let metadata = server.last_metadata(Rpc::Topology).unwrap();
    // "demo:canary-password" in Base64.
    assert_eq!(metadata.get("authorization").unwrap(), "Basic ZGVtbzpjYW5hcnktcGFzc3dvcmQ=");
    let shown = format!("{client:?}");
    assert!(!shown.contains("canary") && !shown.contains("ZGVtbzpj"), "{shown}");
}
