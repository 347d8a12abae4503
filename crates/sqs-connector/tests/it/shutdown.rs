//! SIGTERM under load: what is in work ends, the rest is there again at once.

use crate::world::World;
use connector_testkit::{
    gateway::{Fault, Rpc},
    sqs::Operation,
};
use e2e_tests::{Connector, Received, process};
use std::{collections::BTreeSet, time::Duration};
use tokio::time::{Instant, timeout};

const MESSAGES: usize = 400;
const PATIENCE: Duration = Duration::from_secs(60);

fn message(number: usize) -> Received {
    Received { body: format!(r#"{{"seq":{number},"orderId":"o-{number}"}}"#), attributes: Default::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_under_load_ends_what_is_in_work_and_gives_back_the_rest_at_once() {
    let world = World::start().await;
    let (input, output) =
        (world.servers.queue("in").await.unwrap(), world.servers.queue("out").await.unwrap());
    let fill = [("PROCESS_ID", "load"), ("IN", input.url.as_str()), ("OUT", output.url.as_str())];
    let bpmn = process("message-start", &fill).unwrap();
    // Each command takes a while, so that there is much left when the signal comes.
    world.gateway.faults().always(Rpc::PublishMessage, Fault::Delay(Duration::from_millis(200)));
    let messages: Vec<Received> = (0..MESSAGES).map(message).collect();
    input.send(&messages).await.unwrap();
    let limits = [
        ("SQS_CONNECTOR_OUTBOUND_ENABLED", "false".to_owned()),
        ("SQS_CONNECTOR_RUNTIME_DRAIN_TIMEOUT", "20s".to_owned()),
        ("SQS_CONNECTOR_GATEWAY_REQUEST_TIMEOUT", "2s".to_owned()),
        ("SQS_CONNECTOR_HTTP_ENABLED", "false".to_owned()),
    ];
    let connector = Connector::start(&world.servers, &[("load.bpmn", bpmn)], &limits).unwrap();
    let published = |world: &World| world.gateway.view(|view| view.messages().len());
    let begun = world.gateway.wait_until(|view| view.messages().len() >= 20);
    timeout(PATIENCE, begun)
        .await
        .unwrap_or_else(|_| panic!("nothing is published: {}", connector.last_words()));
    // From here on no command gets through: what was received waits for the engine, and can only go back.
    world.gateway.faults().always(Rpc::PublishMessage, Fault::unavailable());
    let refused =
        world.gateway.wait_for_calls(Rpc::PublishMessage, world.gateway.calls(Rpc::PublishMessage) + 1);
    timeout(PATIENCE, refused).await.unwrap();
    let asked = Instant::now();
    assert_eq!(connector.stop().await.unwrap(), 0);
    assert!(asked.elapsed() < Duration::from_secs(20), "{:?}", asked.elapsed());
    // Nothing is hidden any more: what the engine took is deleted, everything else is visible.
    let depth = world.sqs.depth(input.name()).unwrap();
    let accepted = published(&world);
    assert_eq!(depth.in_flight, 0, "{depth:?}");
    assert_eq!(depth.visible, MESSAGES - accepted, "{depth:?}, {accepted} accepted");
    assert!(accepted < MESSAGES, "the signal came too late to show anything");
    assert!(world.sqs.request_count(Operation::ChangeMessageVisibilityBatch) > 0);
    let left: BTreeSet<String> =
        world.sqs.messages(input.name()).into_iter().map(|message| message.body).collect();
    assert_eq!(left.len(), MESSAGES - accepted);
}
