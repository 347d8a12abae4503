//! Requests per thousand messages, the figure that the bill depends on.

use crate::setup::{Setup, in_a_minute};
use connector_testkit::sqs::{Fault, FaultEffect, Operation};
use sqs_transport::{OutgoingMessage, Receiver, ReceiverOptions};
use std::time::Duration;
use tokio::task::JoinSet;

#[tokio::test(start_paused = true)]
async fn a_thousand_sends_under_load_take_at_most_150_requests_whatever_the_latency() {
    for (workers, latency) in [(50, 0), (20, 5), (50, 80)] {
        let requests = requests_for_a_thousand(workers, Duration::from_millis(latency)).await;
        println!("requests per 1,000 sent messages, {workers} at a time, {latency} ms each: {requests}");
        assert!(requests <= 150, "{requests}");
    }
}

async fn requests_for_a_thousand(workers: usize, latency: Duration) -> u64 {
    let setup = Setup::start().await;
    let url = setup.queue("load");
    setup.server.add_fault(Fault::new(FaultEffect::None).delayed(latency));
    let sender = setup.pool.sender();
    let mut jobs = JoinSet::new();
    for worker in 0..workers {
        let (sender, connection, url) = (sender.clone(), setup.connection.clone(), url.clone());
        jobs.spawn(async move {
            for number in 0..1_000 / workers {
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
    assert_eq!(setup.server.depth("load").unwrap().total(), 1_000);
    let counters = sender.counters();
    assert_eq!(counters.single_requests + counters.batch_requests, requests);
    assert_eq!(counters.messages_sent, 1_000);
    requests
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

#[tokio::test(start_paused = true)]
async fn a_thousand_received_messages_of_a_fifo_queue_take_at_most_500_requests() {
    let setup = Setup::start().await;
    let url = setup.queue("load.fifo");
    let sender = setup.pool.sender();
    for number in 0..1_000 {
        let mut message = OutgoingMessage::new(&url, number.to_string());
        message.message_group_id = Some(format!("g{}", number % 50));
        sender.send(&setup.connection, message, in_a_minute()).await.unwrap();
    }
    setup.server.clear_recorded();
    setup.server.add_fault(Fault::new(FaultEffect::None).delayed(Duration::from_millis(2)));
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
    receiver.shutdown(Duration::from_secs(10)).await;
    let requests: u64 = setup.server.requests().values().sum();
    println!(
        "requests per 1,000 received FIFO messages, 50 groups: {requests} {:?}",
        setup.server.requests()
    );
    assert!(requests <= 500, "{requests}");
    assert_eq!(setup.server.depth("load.fifo").unwrap().total(), 0);
}
