//! Fault plans, over a socket and without one.

use std::time::Duration;

use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use aws_sdk_sqs::{Client, operation::RequestId};
use connector_testkit::sqs::{
    Checksum, EntryFailure, Fault, FaultEffect, Operation, SqsServer, SqsServerOptions,
};
use tokio::time::Instant;

use crate::{client, config, direct_client, raw, receive, send};

async fn start() -> (SqsServer, String) {
    let server = crate::start(SqsServerOptions::default()).await;
    let queue = server.create_queue("q", &[]).unwrap();
    (server, queue)
}

#[tokio::test]
async fn answers_errors_as_often_as_planned() {
    let (server, queue) = start().await;
    server.add_fault(Fault::error(403, "AccessDenied", "no").on(Operation::SendMessage).queue("q").times(2));
    let client = client(&server);
    for _ in 0..2 {
        let error = client.send_message().queue_url(&queue).message_body("x").send().await.unwrap_err();
        assert_eq!((error.code(), error.message()), (Some("AccessDenied"), Some("no")));
        assert_eq!(error.raw_response().unwrap().status().as_u16(), 403);
        assert!(error.request_id().is_some());
    }
    send(&client, &queue, "x").await;
    assert_eq!(server.depth("q").unwrap().visible, 1);
    assert_eq!(server.faults()[0].times, Some(0));
}

#[tokio::test]
async fn ends_the_connection_without_an_answer() {
    for effect in [FaultEffect::Close, FaultEffect::Reset] {
        let (server, queue) = start().await;
        server.add_fault(Fault::new(effect).times(1));
        for client in [client(&server), direct_client(&server)] {
            let sent = client.send_message().queue_url(&queue).message_body("x").send().await;
            assert!(matches!(sent, Err(SdkError::DispatchFailure(_))), "{sent:?}");
            send(&client, &queue, "again").await;
            server.clear_faults();
            server.add_fault(Fault::new(FaultEffect::Close).times(1));
        }
        assert_eq!(server.depth("q").unwrap().visible, 2);
    }
}

#[tokio::test]
async fn stores_the_message_whose_answer_is_lost() {
    let (server, queue) = start().await;
    server.add_fault(Fault::new(FaultEffect::LoseAnswer).on(Operation::SendMessage).times(1));
    let retrying = Client::from_conf(config(&server).retry_config(RetryConfig::standard()).build());
    send(&retrying, &queue, "x").await;
    assert_eq!(server.depth("q").unwrap().visible, 2, "the retry of the client doubles it");
}

#[tokio::test]
async fn carries_out_what_it_never_answers() {
    let (server, queue) = start().await;
    server.add_fault(Fault::new(FaultEffect::HoldAnswer).on(Operation::SendMessage).times(1));
    let client = client(&server);
    let send = client.send_message().queue_url(&queue).message_body("x").send();
    // Dropping the send is a client that goes away; the queue must not depend on which arm ends first.
    tokio::select! {
        sent = send => panic!("answered: {sent:?}"),
        () = server.wait_until(|server| server.depth("q").unwrap().visible == 1) => {}
    }
    assert_eq!(receive(&client, &queue, 0).await.len(), 1);
}

#[tokio::test]
async fn lies_about_checksums() {
    let (server, queue) = start().await;
    let client = client(&server);
    server.add_fault(Fault::new(FaultEffect::WrongMd5(Checksum::Body)).times(2));
    let zeros = Some("00000000000000000000000000000000");
    let sent = client.send_message().queue_url(&queue).message_body("x").send().await.unwrap();
    assert_eq!(sent.md5_of_message_body(), zeros);
    assert_eq!(receive(&client, &queue, 0).await[0].md5_of_body(), zeros);
}

#[tokio::test]
async fn fails_the_first_entries_of_a_batch() {
    let (server, queue) = start().await;
    let failure =
        EntryFailure { count: 1, code: "InternalError".into(), message: "oops".into(), sender_fault: false };
    server.add_fault(Fault::new(FaultEffect::FailEntries(failure)).on(Operation::SendMessageBatch).times(1));
    let entry = |id| SendMessageBatchRequestEntry::builder().id(id).message_body(id).build().unwrap();
    let batch =
        client(&server).send_message_batch().queue_url(&queue).entries(entry("a")).entries(entry("b"));
    let sent = batch.send().await.unwrap();
    assert_eq!((sent.successful()[0].id(), sent.failed()[0].id()), ("b", "a"));
    assert_eq!((sent.failed()[0].code(), sent.failed()[0].sender_fault()), ("InternalError", false));
    assert_eq!(server.messages("q").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn stalls_for_as_long_as_planned() {
    let (server, queue) = start().await;
    server.add_fault(Fault::new(FaultEffect::None).delayed(Duration::from_secs(35)).times(2));
    let started = Instant::now();
    send(&direct_client(&server), &queue, "x").await;
    assert_eq!(started.elapsed(), Duration::from_secs(35));
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(5)).build();
    let config = config(&server).http_client(server.sdk_http_client()).timeout_config(timeouts);
    let sent =
        Client::from_conf(config.build()).send_message().queue_url(&queue).message_body("y").send().await;
    assert!(matches!(sent, Err(SdkError::TimeoutError(_))), "{sent:?}");
}

#[tokio::test]
async fn takes_plans_from_other_processes() {
    let (server, queue) = start().await;
    let plan =
        r#"[{"operation":"SendMessage","status":502,"body":"<html>","contentType":"text/html","times":1}]"#;
    let answer = raw(&server, "POST", "/_testkit/faults", "", plan).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with(r#"{"added":1}"#), "{answer}");
    let error = client(&server).send_message().queue_url(&queue).message_body("x").send().await.unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 502);
    assert!(raw(&server, "GET", "/_testkit/faults", "", "").await.contains(r#""times":0"#));
    assert!(raw(&server, "POST", "/_testkit/faults", "", r#"{"nope":1}"#).await.starts_with("HTTP/1.1 400"));
    raw(&server, "DELETE", "/_testkit/faults", "", "").await;
    assert!(server.faults().is_empty());
}
