//! Instances that wait for their own message.

use crate::orders::{assert_relayed, body_of, order, seq_of, unique};
use e2e_tests::{Connector, Servers, process};
use serde_json::json;
use std::{collections::BTreeSet, time::Duration};

const MESSAGES: usize = 2_000;

#[tokio::test(flavor = "multi_thread")]
async fn each_waiting_instance_gets_the_message_with_its_key_and_a_wrong_key_touches_nobody() {
    let servers = Servers::handed_in().unwrap();
    let engine = servers.engine().await.unwrap();
    let (input, output) = (servers.queue("in").await.unwrap(), servers.queue("out").await.unwrap());
    let id = unique("waiter");
    let bpmn = process("waiter", &[("PROCESS_ID", &id), ("IN", &input.url), ("OUT", &output.url)]).unwrap();
    let connector = Connector::start(&servers, &[("waiter.bpmn", bpmn)], &[]).unwrap();
    for seq in 0..MESSAGES {
        engine.create(&id, &json!({"waitsFor": format!("o-{seq}")})).await.unwrap();
    }
    // Nobody waits for this one yet.
    let stranger = MESSAGES;
    let mut messages: Vec<_> = (0..MESSAGES).map(order).collect();
    messages.insert(MESSAGES / 2, order(stranger));
    input.send(&messages).await.unwrap();

    let relayed = output.drain(MESSAGES, Duration::from_secs(300)).await.unwrap();
    relayed.iter().for_each(assert_relayed);
    for message in &relayed {
        let (body, waited) = body_of(message);
        assert_eq!(body["orderId"], waited, "an instance got another one's message");
    }
    let distinct: BTreeSet<usize> = relayed.iter().map(seq_of).collect();
    assert_eq!(distinct.len(), MESSAGES, "lost some; the connector said:\n{}", connector.last_words());
    assert_eq!(relayed.len(), MESSAGES, "doubled");
    assert_eq!(
        input.depth().await.unwrap(),
        (0, 0),
        "the uncorrelated message was published and deleted as well"
    );
    println!("catch event: {MESSAGES} instances correlated, one message uncorrelated");

    // The engine still holds it: an instance that waits for it gets it now.
    engine.create(&id, &json!({"waitsFor": format!("o-{stranger}")})).await.unwrap();
    let late = output.drain(1, Duration::from_secs(30)).await.unwrap();
    assert_eq!(late.iter().map(seq_of).collect::<Vec<_>>(), [stranger]);
    assert_eq!(connector.stop().await.unwrap(), 0);
}
