//! Requests per thousand messages, the figure that the bill depends on.

use crate::setup::{Setup, in_a_minute};
use connector_testkit::sqs::Operation;
use sqs_transport::{OutgoingMessage, Receiver, ReceiverOptions};
use std::time::Duration;
use tokio::task::JoinSet;

#[tokio::test(start_paused = true)]
async fn a_thousand_sends_under_load_take_at_most_150_requests() {
    let setup = Setup::start().await;
    let url = setup.queue("load");
    let sender = setup.pool.sender();
    let mut jobs = JoinSet::new();
    for worker in 0..50 {
        let (sender, connection, url) = (sender.clone(), setup.connection.clone(), url.clone());
        jobs.spawn(async move {
            for number in 0..20 {
                let message = OutgoingMessage::new(&url, format!("{worker}-{number}"));
                sender.send(&connection, message, in_a_minute()).await.unwrap();
            }
        });
    }
    while let Some(job) = jobs.join_next().await {
        job.unwrap();
    }
    let requests = setup.server.request_count(Operation::SendMessage)
        + setup.server.request_count(Operation::SendMessageBatch);
    println!("requests per 1,000 sent messages: {requests}");
    assert_eq!(setup.server.depth("load").unwrap().total(), 1_000);
    assert!(requests <= 150, "{requests}");
    let counters = sender.counters();
    assert_eq!(counters.single_requests + counters.batch_requests, requests);
    assert_eq!(counters.messages_sent, 1_000);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_received_messages_take_at_most_220_requests() {
    let setup = Setup::start().await;
    let url = setup.queue("load");
    setup.fill(&url, 1_000).await;
    setup.server.clear_recorded();
    let mut receiver = Receiver::open(setup.client().await, ReceiverOptions::new(&url)).await.unwrap();
    let mut work = JoinSet::new();
    for _ in 0..1_000 {
        let delivery = receiver.next().await.unwrap();
        work.spawn(async move {
            tokio::time::sleep(Duration::from_millis(5)).await;
            delivery.ack();
        });
    }
    while work.join_next().await.is_some() {}
    let report = receiver.shutdown(Duration::from_secs(10)).await;
    let requests: u64 = setup.server.requests().values().sum();
    println!("requests per 1,000 received messages: {requests} {:?}", setup.server.requests());
    assert_eq!(report.lost_acks, 0);
    assert_eq!(setup.server.depth("load").unwrap().total(), 0);
    assert!(requests <= 220, "{requests}");
}
