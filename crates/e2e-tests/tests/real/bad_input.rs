//! What is wrong is said once, clearly, on the right side; everything else goes on.

use crate::orders::{order, seq_of, unique};
use e2e_tests::{Connector, Servers, process};
use serde_json::{Value, json};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn broken_files_and_queues_are_named_and_stop_nobody_else() {
    let servers = Servers::handed_in().unwrap();
    let (input, output) = (servers.queue("in").await.unwrap(), servers.queue("out").await.unwrap());
    let (good, missing) = (unique("good"), unique("missing"));
    let nowhere = format!("{}-nowhere", input.url);
    let fill = |template: &str, id: &str, from: &str| {
        process(template, &[("PROCESS_ID", id), ("IN", from), ("OUT", &output.url)]).unwrap()
    };
    let unkeyed =
        fill("waiter", &unique("unkeyed"), &input.url).replace("correlationKeyExpression", "nothing");
    let unsecret =
        fill("relay", &unique("unsecret"), &input.url).replace("secrets.AWS_SECRET_KEY", "secrets.NOT_THERE");
    let files = [
        ("a-not-xml.bpmn", "this is no XML".to_owned()),
        ("b-missing-queue.bpmn", fill("relay", &missing, &nowhere)),
        ("c-missing-key.bpmn", unkeyed),
        ("d-missing-secret.bpmn", unsecret),
        ("e-good.bpmn", fill("relay", &good, &input.url)),
    ];
    let mut connector = Connector::start(&servers, &files, &[]).unwrap();
    input.send(&[order(1)]).await.unwrap();
    let relayed = output.drain(1, PATIENCE).await.unwrap();
    assert_eq!(relayed.iter().map(seq_of).collect::<Vec<_>>(), [1], "{}", connector.last_words());
    for text in ["a-not-xml.bpmn", &nowhere, "correlationKeyExpression", "NOT_THERE"] {
        connector.wait_for_log(text).await.unwrap();
    }
    assert_eq!(connector.stop().await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outbound_error_reaches_the_boundary_event_with_its_text_and_code() {
    let servers = Servers::handed_in().unwrap();
    let engine = servers.engine().await.unwrap();
    let queue = servers.queue("in").await.unwrap();
    let id = unique("once");
    let bpmn =
        process("send-once", &[("PROCESS_ID", &id), ("OUT", &format!("{}-nowhere", queue.url))]).unwrap();
    let connector = Connector::start(&servers, &[("once.bpmn", bpmn)], &[]).unwrap();
    engine.create(&id, &json!({"n": 1})).await.unwrap();
    let jobs = engine.activate(&format!("{id}-report"), 1, PATIENCE).await.unwrap();
    assert_eq!(jobs.len(), 1, "{}", connector.last_words());
    let variables: Value = serde_json::from_str(&jobs[0].variables).unwrap();
    let why = variables["why"].as_str().unwrap();
    assert!(why.contains("Status Code: 400"), "{why}");
    assert_eq!(variables["code"], "QueueDoesNotExist", "{why}");
    assert_eq!(connector.stop().await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_that_is_no_setting_ends_the_start_with_its_name() {
    let servers = Servers::handed_in().unwrap();
    let environment = [("SQS_CONNECTOR_AWS_ALOWED_ENDPOINTS", "localhost:1".to_owned())];
    let mut connector = Connector::start(&servers, &[], &environment).unwrap();
    assert_eq!(connector.exit_code().await.unwrap(), 1);
    assert!(connector.log().contains("SQS_CONNECTOR_AWS_ALOWED_ENDPOINTS"), "{}", connector.last_words());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_engine_is_named_with_the_setting_and_waited_for() {
    let servers = Servers::handed_in().unwrap();
    let environment = [("ZEEBE_ADDRESS", "http://127.0.0.1:1".to_owned())];
    let mut connector = Connector::start(&servers, &[], &environment).unwrap();
    connector.wait_for_log("http://127.0.0.1:1").await.unwrap();
    assert!(connector.log().contains("ZEEBE_ADDRESS"), "{}", connector.last_words());
    assert_eq!(connector.stop().await.unwrap(), 0);
}
