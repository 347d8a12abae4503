//! What a test can see, and the options that change what happens.

use connector_testkit::sqs::{AccessKey, IdScheme, Operation, SqsServerOptions, Validation};
use uuid::Uuid;

use crate::{client, config, raw, receive, send, start};

#[tokio::test]
async fn records_who_asked_for_what() {
    let server = start(SqsServerOptions::default()).await;
    let queue = server.create_queue("q", &[]).unwrap();
    send(&client(&server), &queue, "hello").await;
    let recorded = server.recorded();
    assert_eq!(recorded.len(), 1);
    let request = &recorded[0];
    assert_eq!((request.operation, request.queue.as_str()), (Some(Operation::SendMessage), "q"));
    assert_eq!(
        (request.access_key.as_deref(), request.region.as_deref()),
        (Some("AKIDTEST"), Some("eu-central-1"))
    );
    assert_eq!((request.service.as_deref(), request.path.as_str()), (Some("sqs"), "/"));
    assert_eq!(request.json().unwrap()["MessageBody"], "hello");
    assert_eq!(server.request_count(Operation::SendMessage), 1);
    server.clear_recorded();
    assert!(server.recorded().is_empty() && server.requests().is_empty());
}

#[tokio::test]
async fn keeps_only_the_newest_requests() {
    let server = start(SqsServerOptions { recorded_requests: 2, ..SqsServerOptions::default() }).await;
    let queue = server.create_queue("q", &[]).unwrap();
    for body in ["1", "2", "3"] {
        send(&client(&server), &queue, body).await;
    }
    let bodies: Vec<_> =
        server.recorded().iter().map(|request| request.json().unwrap()["MessageBody"].clone()).collect();
    assert_eq!(bodies, ["2", "3"]);
    assert_eq!(server.request_count(Operation::SendMessage), 3);
}

#[tokio::test]
async fn counts_what_happens_to_messages() {
    let server = start(SqsServerOptions::default()).await;
    let queue = server.create_queue("q", &[]).unwrap();
    let client = client(&server);
    send(&client, &queue, "a").await;
    send(&client, &queue, "b").await;
    for message in receive(&client, &queue, 0).await.iter().take(1) {
        let delete = client.delete_message().queue_url(&queue);
        delete.receipt_handle(message.receipt_handle().unwrap()).send().await.unwrap();
    }
    let counters = server.counters("q").unwrap();
    assert_eq!((counters.sent, counters.received, counters.deleted), (2, 2, 1));
    assert_eq!(server.depth("q").unwrap().in_flight, 1);
    assert!(server.depth("other").is_none() && server.messages("other").is_empty());
    let state = raw(&server, "GET", "/_testkit/state", "", "").await;
    assert!(state.contains(r#""inFlight":1"#) && state.contains(r#""SendMessage":2"#), "{state}");
}

#[tokio::test]
async fn waits_until_a_request_makes_a_condition_true() {
    let server = start(SqsServerOptions::default()).await;
    let queue = server.create_queue("q", &[]).unwrap();
    let client = client(&server);
    let wait = server.wait_until(|server| server.depth("q").is_some_and(|depth| depth.visible == 2));
    let sends = async {
        send(&client, &queue, "a").await;
        send(&client, &queue, "b").await;
    };
    tokio::join!(wait, sends);
}

#[tokio::test]
async fn derives_the_same_ids_in_every_run() {
    let options =
        SqsServerOptions { ids: IdScheme::Derived(Uuid::NAMESPACE_OID), ..SqsServerOptions::default() };
    let mut runs = Vec::new();
    for _ in 0..2 {
        let server = start(options.clone()).await;
        let queue = server.create_queue("q", &[]).unwrap();
        for body in ["1", "2"] {
            send(&client(&server), &queue, body).await;
        }
        runs.push(server.messages("q").into_iter().map(|message| message.message_id).collect::<Vec<_>>());
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0][0], runs[0][1]);
    assert_eq!(runs[0][0], Uuid::new_v5(&Uuid::NAMESPACE_OID, b"message q 1").to_string());
}

#[tokio::test]
async fn makes_queues_when_they_are_needed() {
    let server =
        start(SqsServerOptions { create_queues_on_demand: true, ..SqsServerOptions::default() }).await;
    send(&client(&server), &server.queue_url("new"), "x").await;
    assert_eq!(server.queues(), ["new"]);
    let fifo = server.queue_url("new.fifo");
    let sent = client(&server).send_message().queue_url(fifo).message_body("x").send().await;
    assert!(sent.is_err(), "it is a FIFO queue with the rules of one");
}

#[tokio::test]
async fn takes_any_message_when_checks_are_off() {
    let options = SqsServerOptions {
        validation: Validation::Off,
        create_queues_on_demand: true,
        ..SqsServerOptions::default()
    };
    let server = start(options).await;
    let url = format!("{}/000000000000/any name? x=\u{fc}", server.endpoint());
    send(&client(&server), &url, "a\u{1}").await;
    assert_eq!(server.messages("any name? x=\u{fc}")[0].body, "a\u{1}");
}

#[tokio::test]
async fn asks_for_the_session_token_of_a_key() {
    let mut key = AccessKey::new("AKIDTEST", "secret");
    key.session_token = Some("token".to_owned().into());
    let server = start(SqsServerOptions { credentials: vec![key], ..SqsServerOptions::default() }).await;
    let queue = server.create_queue("q", &[]).unwrap();
    let sent = client(&server).send_message().queue_url(&queue).message_body("x").send().await;
    assert!(sent.is_err());
    let token =
        aws_sdk_sqs::config::Credentials::new("AKIDTEST", "secret", Some("token".into()), None, "test");
    let with_token = aws_sdk_sqs::Client::from_conf(config(&server).credentials_provider(token).build());
    send(&with_token, &queue, "x").await;
    assert_eq!(server.recorded().last().unwrap().session_token.as_deref(), Some("token"));
}

#[test]
fn shows_no_secret_in_debug() {
    let options =
        SqsServerOptions { credentials: vec![AccessKey::new("id", "canary")], ..SqsServerOptions::default() };
    assert!(!format!("{options:?}").contains("canary"));
}
