//! Tasks with the bindings of the outbound template, and what becomes of their instances.

use crate::orders::unique;
use e2e_tests::{Connector, Engine, Queue, Servers, process};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const PATIENCE: Duration = Duration::from_secs(60);
/// On a queue that is missing a BPMN error; else nothing.
const ON_MISSING: &str = r#"=if error.code = "QueueDoesNotExist" then bpmnError("NO_QUEUE", error.message, {why: error.message}) else null"#;

/// One process at work on the real servers.
struct Scene {
    engine: Engine,
    connector: Connector,
    id: String,
}

impl Scene {
    async fn start(queue: &Queue, retries: &str, inputs: &[(&str, &str)], error: &str) -> Self {
        let servers = Servers::handed_in().unwrap();
        let id = unique("outbound");
        let inputs: String = inputs
            .iter()
            .map(|(target, source)| {
                format!(r#"<zeebe:input source="{}" target="{target}" />"#, escaped(source))
            })
            .collect();
        let values = [
            ("PROCESS_ID", id.as_str()),
            ("URL", &queue.url),
            ("RETRIES", retries),
            ("INPUTS", &inputs),
            ("ERROR", &escaped(error)),
        ];
        let bpmn = process("outbound", &values).unwrap();
        let port = [("SQS_CONNECTOR_HTTP_PORT", "0".to_owned())];
        let connector = Connector::start(&servers, &[("outbound.bpmn", bpmn)], &port).unwrap();
        Self { engine: servers.engine().await.unwrap(), connector, id }
    }

    async fn create(&self, variables: &Value) -> i64 {
        self.engine.create(&self.id, variables).await.unwrap()
    }

    /// The variables of each instance that came to this task.
    async fn at(&self, task: &str, count: usize) -> Vec<Value> {
        let mut found = Vec::new();
        while found.len() < count {
            let jobs = self.engine.activate(&format!("{}-{task}", self.id), 100, PATIENCE).await.unwrap();
            assert!(!jobs.is_empty(), "nobody comes to {task}:\n{}", self.connector.last_words());
            found.extend(jobs.iter().map(|job| serde_json::from_str::<Value>(&job.variables).unwrap()));
        }
        found
    }

    /// Waits until so many jobs have failed, as the connector counts.
    async fn failed(&mut self, count: u64) {
        self.connector.wait_for_log("endpoints at http://").await.unwrap();
        let log = self.connector.log();
        let address = log.split("endpoints at http://").nth(1).unwrap().split_whitespace().next().unwrap();
        for _ in 0..600 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream
                .write_all(b"GET /outbound/metrics HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
                .await
                .unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            let body: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
            if body[0]["job"]["failed"].as_u64().unwrap() >= count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("no job failed:\n{}", self.connector.last_words());
    }

    async fn stop(self) {
        assert_eq!(self.connector.stop().await.unwrap(), 0);
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

async fn queue(name: &str) -> Queue {
    Servers::handed_in().unwrap().queue(name).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn outbound_sends_attributes_with_the_date_of_today_in_both_spellings() {
    let queue = queue("standard").await;
    let attributes =
        r#"={day: {DataType: "String", StringValue: today()}, n: {dataType: "Number", stringValue: n}}"#;
    let inputs = [
        ("queue.type", "standard"),
        ("queue.messageBody", "={n: n, amount: 1.10}"),
        ("queue.messageAttributes", attributes),
    ];
    let scene = Scene::start(&queue, "3", &inputs, "").await;
    scene.create(&json!({"n": 7})).await;
    let message = queue.drain(1, PATIENCE).await.unwrap().remove(0);
    assert_eq!(serde_json::from_str::<Value>(&message.body).unwrap(), json!({"n": 7, "amount": 1.1}));
    assert_eq!(message.attributes["n"], ("Number".to_owned(), "7".to_owned()));
    let (kind, day) = &message.attributes["day"];
    let digits = |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = day.split('-').collect();
    assert!(
        kind == "String"
            && matches!(parts[..], [year, month, date] if digits(year, 4) && digits(month, 2) && digits(date, 2)),
        "{day}"
    );
    let done = scene.at("done", 1).await.remove(0);
    assert_eq!(done["sqsMessageId"], done["sent"]["messageId"]);
    assert!(done["sqsMessageId"].is_string(), "{done}");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn outbound_sends_each_fifo_message_once_with_its_group() {
    let queue = queue("queue.fifo").await;
    let inputs = [
        ("queue.type", "fifo"),
        ("queue.messageBody", "={n: n}"),
        ("queue.messageGroupId", "=\"g\" + string(modulo(n, 3))"),
        ("queue.messageDeduplicationId", "=\"d\" + string(n)"),
    ];
    let scene = Scene::start(&queue, "3", &inputs, "").await;
    // Each number twice: the second one is the same message to SQS.
    for n in 0..60 {
        scene.create(&json!({"n": n / 2})).await;
    }
    let done = scene.at("done", 60).await;
    let ids: BTreeSet<&str> = done.iter().map(|done| done["sqsMessageId"].as_str().unwrap()).collect();
    let messages = queue.drain(30, PATIENCE).await.unwrap();
    let bodies: BTreeSet<String> = messages.iter().map(|message| message.body.clone()).collect();
    assert_eq!((messages.len(), bodies.len()), (30, 30));
    assert!(ids.len() >= 30, "{} ids", ids.len());
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn outbound_throws_to_the_boundary_event_what_the_error_expression_says() {
    let queue = queue("gone").await;
    queue.delete().await.unwrap();
    let inputs = [("queue.type", "standard"), ("queue.messageBody", "=n")];
    let scene = Scene::start(&queue, "3", &inputs, ON_MISSING).await;
    scene.create(&json!({"n": 1})).await;
    let reported = scene.at("report", 1).await.remove(0);
    let why = reported["why"].as_str().unwrap();
    assert!(why.contains("(Service: Sqs, Status Code: 400, Request ID: "), "{why}");
    assert!(why.ends_with("(SDK Attempt Count: 1)"), "{why}");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn outbound_tries_a_failed_job_again_after_its_backoff() {
    let queue = queue("late").await;
    queue.delete().await.unwrap();
    let inputs = [("queue.type", "standard"), ("queue.messageBody", "=n")];
    let mut scene = Scene::start(&queue, "100", &inputs, "").await;
    scene.create(&json!({"n": 1})).await;
    scene.failed(2).await;
    let queue = queue.recreate().await.unwrap();
    assert_eq!(queue.drain(1, PATIENCE).await.unwrap()[0].body, "1");
    assert!(scene.at("done", 1).await[0]["sqsMessageId"].is_string());
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn outbound_leaves_an_incident_that_ends_with_new_retries() {
    let queue = queue("incident").await;
    queue.delete().await.unwrap();
    let inputs = [("queue.type", "standard"), ("queue.messageBody", "=n")];
    let mut scene = Scene::start(&queue, "1", &inputs, "").await;
    let instance = scene.create(&json!({"n": 1})).await;
    scene.failed(1).await;
    let queue = queue.recreate().await.unwrap();
    scene.engine.raise_retries_and_resolve(instance, 1).await.unwrap();
    assert_eq!(queue.drain(1, PATIENCE).await.unwrap()[0].body, "1");
    assert!(scene.at("done", 1).await[0]["sqsMessageId"].is_string());
    scene.stop().await;
}
