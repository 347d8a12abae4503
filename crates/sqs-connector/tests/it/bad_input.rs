//! One clear line on the right side, and everything else goes on.

use crate::world::World;
use e2e_tests::{Connector, process};
use serde_json::json;
use std::time::Duration;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_pair_takes_the_consumer_down_with_the_code_of_aws() {
    let world = World::start().await;
    let queue = world.servers.queue("in").await.unwrap();
    let bpmn =
        process("relay", &[("PROCESS_ID", "wrong-keys"), ("IN", &queue.url), ("OUT", &queue.url)]).unwrap();
    let wrong = [("SECRET_AWS_SECRET_KEY", "not the secret".to_owned())];
    let mut connector = Connector::start(&world.servers, &[("relay.bpmn", bpmn)], &wrong).unwrap();
    connector.wait_for_log("consumer DOWN").await.unwrap();
    let log = connector.log();
    assert!(log.contains("InvalidSignatureException"), "{log}");
    assert!(!log.contains("not the secret"), "the log shows a secret");
    assert_eq!(connector.stop().await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_pair_counts_a_jobs_retries_down_and_a_missing_secret_ends_them() {
    let world = World::start().await;
    let queue = world.servers.queue("out").await.unwrap();
    let fill = |id: &str| process("send-once", &[("PROCESS_ID", id), ("OUT", &queue.url)]).unwrap();
    let without_boundary = |bpmn: String| bpmn.replace("if error != null", "if error = 1");
    let files = [
        ("keys.bpmn", without_boundary(fill("keys")).replace("secrets.AWS_SECRET_KEY", "secrets.WRONG")),
        (
            "missing.bpmn",
            without_boundary(fill("missing")).replace("secrets.AWS_SECRET_KEY", "secrets.NOT_THERE"),
        ),
        ("good.bpmn", fill("good")),
    ];
    let wrong = [("SECRET_WRONG", "not the secret".to_owned())];
    let connector = Connector::start(&world.servers, &files, &wrong).unwrap();
    let engine = world.servers.engine().await.unwrap();
    for id in ["keys", "missing", "good"] {
        engine.create(id, &json!({"n": 1})).await.unwrap();
    }
    let sent = queue.drain(1, PATIENCE).await.unwrap();
    assert_eq!(sent.len(), 1, "the good one was sent: {}", connector.log());
    for text in ["Secret with name 'NOT_THERE' is not available", "Status Code: 403"] {
        let waiting = world
            .gateway
            .wait_until(|view| view.incidents().iter().any(|incident| incident.message.contains(text)));
        timeout(PATIENCE, waiting)
            .await
            .unwrap_or_else(|_| panic!("no incident with `{text}`: {}", connector.log()));
    }
    assert_eq!(connector.stop().await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_heals_when_its_queue_appears() {
    let world = World::start().await;
    let bpmn = process(
        "relay",
        &[
            ("PROCESS_ID", "healing"),
            ("IN", &format!("{}/000000000000/late", world.sqs.endpoint())),
            ("OUT", &format!("{}/000000000000/late", world.sqs.endpoint())),
        ],
    )
    .unwrap();
    let mut connector = Connector::start(&world.servers, &[("relay.bpmn", bpmn)], &[]).unwrap();
    connector.wait_for_log("Queue does not exist").await.unwrap();
    world.sqs.create_queue("late", &[]).unwrap();
    connector.wait_for_log("consumer UP").await.unwrap();
    assert_eq!(connector.stop().await.unwrap(), 0);
}
