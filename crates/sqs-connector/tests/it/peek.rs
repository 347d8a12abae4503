//! `receive --peek`: messages are explained and stay.

use crate::world::{BINARY, World};
use connector_testkit::sqs::Operation;
use e2e_tests::{Received, process};
use serde_json::Value;
use tokio::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn says_what_messages_would_do_and_leaves_them() {
    let world = World::start().await;
    let queue = world.servers.queue("in").await.unwrap();
    let fill = [("PROCESS_ID", "peeked"), ("IN", queue.url.as_str()), ("OUT", queue.url.as_str())];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("peeked.bpmn");
    std::fs::write(&file, process("message-start", &fill).unwrap()).unwrap();
    let bodies = [r#"{"seq":1,"orderId":"o-1"}"#, r#"{"seq":-1}"#];
    let message = |body: &&str| Received { body: (*body).to_owned(), attributes: Default::default() };
    queue.send(&bodies.iter().map(message).collect::<Vec<_>>()).await.unwrap();
    let peek = async |element: &str| {
        let output = Command::new(BINARY)
            .args(["receive", "--peek", "--wait", "1", "--element", element, "--process"])
            .arg(&file)
            .env("AWS_ENDPOINT_URL_SQS", &world.servers.sqs)
            .env("SECRET_AWS_ACCESS_KEY", "test")
            .env("SECRET_AWS_SECRET_KEY", "test")
            .output()
            .await
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.success(), text(output.stdout), text(output.stderr))
    };
    let (success, lines, complaint) = peek("arrived").await;
    assert!(success, "{complaint}");
    let mut lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    lines.sort_by_key(|line| line["outcome"].to_string());
    let [published, consumed] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!(published["outcome"], "is published for 'arrived'");
    assert_eq!(published["messageName"], "peeked-message");
    assert_eq!(published["variables"]["orderId"], "o-1");
    assert_eq!(published["activationConditions"]["arrived"], "met");
    assert_eq!(consumed["outcome"], "no element wants it: it is deleted");
    assert_eq!(consumed["activationConditions"]["arrived"], "not met");
    assert_eq!(world.sqs.depth(queue.name()).unwrap().visible, 2);
    assert_eq!(world.sqs.request_count(Operation::DeleteMessageBatch), 0);
    assert!(world.gateway.view(|view| view.messages().is_empty() && view.deployments().is_empty()));

    let (success, _, complaint) = peek("nobody").await;
    assert!(!success && complaint.contains("no inbound element 'nobody'"), "{complaint}");
}
