//! SQS message → process instance → SQS message.

use crate::orders::{assert_relayed, order, seq_of, unique};
use e2e_tests::{Connector, Servers, process};
use std::{collections::BTreeSet, time::Duration};

const MESSAGES: usize = 2_000;

async fn relays_every_message_once(template: &str) {
    let servers = Servers::handed_in().unwrap();
    let (input, output) = (servers.queue("in").await.unwrap(), servers.queue("out").await.unwrap());
    let id = unique("relay");
    let bpmn = process(template, &[("PROCESS_ID", &id), ("IN", &input.url), ("OUT", &output.url)]).unwrap();
    let connector = Connector::start(&servers, &[("relay.bpmn", bpmn)], &[]).unwrap();
    input.send(&(0..MESSAGES).map(order).collect::<Vec<_>>()).await.unwrap();

    let relayed = output.drain(MESSAGES, Duration::from_secs(300)).await.unwrap();
    relayed.iter().for_each(assert_relayed);
    let distinct: BTreeSet<usize> = relayed.iter().map(seq_of).collect();
    let log = connector.last_words();
    assert_eq!(distinct.len(), MESSAGES, "lost {}; the connector said:\n{log}", MESSAGES - distinct.len());
    assert_eq!(relayed.len(), MESSAGES, "doubled {}", relayed.len() - MESSAGES);
    assert_eq!(input.depth().await.unwrap(), (0, 0), "every message was deleted");
    println!("{template}: {MESSAGES} messages in, {MESSAGES} instances, {} messages out", relayed.len());
    assert_eq!(connector.stop().await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_event_turns_every_message_into_one_instance_and_one_message_out() {
    relays_every_message_once("relay").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_start_event_turns_every_message_into_one_instance_and_one_message_out() {
    relays_every_message_once("message-start").await;
}
