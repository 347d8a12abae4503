//! The receiver: permits, heartbeats, acks, order, outages, shutdown.

use crate::setup::{Setup, in_a_minute};
use connector_core::{Backoff, Health};
use connector_testkit::sqs::{Checksum, EntryFailure, Fault, FaultEffect, Operation};
use sqs_transport::{
    AttributePayload, AttributeValue, Delivery, NackPolicy, OutgoingMessage, Receiver, ReceiverOptions,
    TransportError, VisibilityTimeout, WaitTime,
};
use std::{collections::HashMap, time::Duration};
use tokio::time::{Instant, sleep, timeout};

const DRAIN: Duration = Duration::from_secs(5);

async fn open(setup: &Setup, options: ReceiverOptions) -> Receiver {
    Receiver::open(setup.client().await, options).await.unwrap()
}

async fn next(receiver: &mut Receiver) -> Delivery {
    timeout(Duration::from_secs(600), receiver.next())
        .await
        .expect("no message came")
        .expect("the receiver ended")
}

async fn nothing_within(receiver: &mut Receiver, seconds: u64) {
    let came = timeout(Duration::from_secs(seconds), receiver.next()).await;
    assert!(came.is_err(), "{came:?}");
}

fn refused_entries(code: &str, count: usize) -> FaultEffect {
    FaultEffect::FailEntries(EntryFailure {
        count,
        code: code.into(),
        message: String::new(),
        sender_fault: true,
    })
}

fn code(health: &Health) -> Option<String> {
    match health {
        Health::Down { code, .. } => Some(code.clone()),
        _ => None,
    }
}

#[tokio::test(start_paused = true)]
async fn deletes_only_after_the_ack() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    setup.fill(&url, 1).await;
    let mut receiver = open(&setup, ReceiverOptions::new(&url)).await;
    let delivery = next(&mut receiver).await;
    sleep(Duration::from_secs(20)).await;
    assert_eq!(setup.server.depth("q").unwrap().in_flight, 1);
    assert_eq!(setup.server.request_count(Operation::DeleteMessageBatch), 0);
    delivery.ack();
    setup.server.wait_until(|server| server.depth("q").unwrap().total() == 0).await;
    assert_eq!(receiver.shutdown(DRAIN).await.lost_acks, 0);
}

#[tokio::test(start_paused = true)]
async fn gives_the_message_as_it_was_sent() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    let mut message = OutgoingMessage::new(&url, "ä");
    message.attributes = vec![
        (
            "n".into(),
            AttributeValue { data_type: "Number".into(), value: AttributePayload::String("1.10".into()) },
        ),
        (
            "b".into(),
            AttributeValue { data_type: "Binary".into(), value: AttributePayload::Binary(vec![1, 2]) },
        ),
    ];
    let sent = setup.pool.sender().send(&setup.connection, message, in_a_minute()).await.unwrap();
    let mut options = ReceiverOptions::new(&url);
    options.message_system_attribute_names = vec!["SentTimestamp".into()];
    options.visibility_timeout = Some(VisibilityTimeout::from_seconds(77).unwrap());
    options.wait_time = WaitTime::from_seconds(7).unwrap();
    let mut receiver = open(&setup, options).await;
    let delivery = next(&mut receiver).await;
    let message = &delivery.message;
    assert_eq!((&message.message_id, &message.md5_of_body), (&sent.message_id, &sent.md5_of_body));
    assert_eq!(message.message_attributes["n"].string_value.as_deref(), Some("1.10"));
    assert_eq!(message.message_attributes["b"].binary_value.as_deref(), Some(&[1u8, 2][..]));
    assert!(message.md5_of_message_attributes.is_some());
    let names: Vec<_> = message.attributes.keys().map(String::as_str).collect();
    assert_eq!(names, ["SentTimestamp"], "only what was asked for, though more is needed");
    assert_eq!(delivery.receive_count(), 1);
    let request =
        setup.server.recorded().into_iter().find(|r| r.operation == Some(Operation::ReceiveMessage)).unwrap();
    let request = request.json().unwrap();
    assert_eq!((&request["VisibilityTimeout"], &request["WaitTimeSeconds"]), (&77.into(), &7.into()));
}

#[tokio::test(start_paused = true)]
async fn asks_for_no_more_than_it_may_hold() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    setup.fill(&url, 12).await;
    let mut options = ReceiverOptions::new(&url);
    options.max_in_flight = 3;
    let mut receiver = open(&setup, options).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(next(&mut receiver).await);
    }
    nothing_within(&mut receiver, 60).await;
    assert_eq!(setup.server.depth("q").unwrap().in_flight, 3);
    held.pop().unwrap().ack();
    next(&mut receiver).await.ack();
}

#[tokio::test(start_paused = true)]
async fn a_nack_leaves_the_message_to_its_visibility_timeout() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    setup.fill(&url, 1).await;
    let mut receiver = open(&setup, ReceiverOptions::new(&url)).await;
    let delivery = next(&mut receiver).await;
    let received = Instant::now();
    delivery.nack(None);
    let again = next(&mut receiver).await;
    assert_eq!(again.receive_count(), 2);
    assert!(received.elapsed() >= Duration::from_secs(30), "{:?}", received.elapsed());
    assert_eq!(receiver.counters().visibility_requests, 0);
}

#[tokio::test(start_paused = true)]
async fn a_nack_with_a_delay_and_the_backoff_policy_set_the_visibility() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    setup.fill(&url, 1).await;
    let mut options = ReceiverOptions::new(&url);
    options.nack =
        NackPolicy::Backoff(Backoff::new(Duration::from_secs(100), Duration::from_secs(1_000), 2.0));
    let mut receiver = open(&setup, options).await;
    let delivery = next(&mut receiver).await;
    let at = Instant::now();
    delivery.nack(Some(Duration::from_millis(3_500)));
    let delivery = next(&mut receiver).await;
    let waited = at.elapsed();
    assert!(waited >= Duration::from_secs(4) && waited < Duration::from_secs(6), "{waited:?}");
    let at = Instant::now();
    delivery.nack(None);
    next(&mut receiver).await.ack();
    let waited = at.elapsed();
    assert!(waited >= Duration::from_secs(160) && waited < Duration::from_secs(242), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn dropping_a_delivery_is_a_nack_and_is_counted() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    setup.fill(&url, 1).await;
    let mut receiver = open(&setup, ReceiverOptions::new(&url)).await;
    drop(next(&mut receiver).await);
    let counters = receiver.counters();
    assert_eq!((counters.dropped, counters.nacked), (1, 1));
    next(&mut receiver).await.ack();
    assert_eq!(receiver.counters().dropped, 1);
}

#[tokio::test(start_paused = true)]
async fn slow_work_stays_hidden_by_heartbeats() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    setup.fill(&url, 12).await;
    let mut receiver = open(&setup, ReceiverOptions::new(&url)).await;
    let mut held = Vec::new();
    for _ in 0..12 {
        held.push(next(&mut receiver).await);
    }
    nothing_within(&mut receiver, 1_200).await;
    assert!(held.iter().all(|delivery| !delivery.is_lost()));
    let counters = receiver.counters();
    assert!(counters.extended >= 12 * 75 && counters.lost == 0, "{counters:?}");
    assert!(counters.visibility_requests <= counters.extended / 5, "ten in a request: {counters:?}");
    held.into_iter().for_each(Delivery::ack);
    assert_eq!(receiver.shutdown(DRAIN).await.lost_acks, 0);
    assert_eq!(setup.server.depth("q").unwrap().total(), 0);
    assert_eq!(setup.server.counters("q").unwrap().received, 12);
}

#[tokio::test(start_paused = true)]
async fn gives_a_message_up_after_twelve_hours() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    setup.fill(&url, 1).await;
    let mut options = ReceiverOptions::new(&url);
    options.visibility_timeout = Some(VisibilityTimeout::from_seconds(3_000).unwrap());
    options.max_in_flight = 1;
    let mut receiver = open(&setup, options).await;
    let delivery = next(&mut receiver).await;
    let received = Instant::now();
    while !delivery.is_lost() {
        sleep(Duration::from_secs(10)).await;
    }
    let held = received.elapsed();
    assert!(held > Duration::from_secs(43_190) && held <= Duration::from_secs(43_210), "{held:?}");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_comes_again_while_in_flight_is_not_run_twice() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    setup.fill(&url, 1).await;
    setup
        .server
        .add_fault(Fault::error(500, "InternalError", "").on(Operation::ChangeMessageVisibilityBatch));
    let mut receiver = open(&setup, ReceiverOptions::new(&url)).await;
    let delivery = next(&mut receiver).await;
    nothing_within(&mut receiver, 50).await;
    let counters = receiver.counters();
    assert_eq!((counters.swapped, counters.delivered), (1, 1));
    assert!(!delivery.is_lost(), "the newer handle is good");
    delivery.ack();
    setup.server.wait_until(|server| server.depth("q").unwrap().total() == 0).await;
}

#[tokio::test(start_paused = true)]
async fn a_handle_that_sqs_gave_up_is_lost_and_never_deleted() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    setup.fill(&url, 1).await;
    setup.server.add_fault(
        Fault::new(refused_entries("ReceiptHandleIsInvalid", 1))
            .on(Operation::ChangeMessageVisibilityBatch)
            .times(1),
    );
    let mut receiver = open(&setup, ReceiverOptions::new(&url)).await;
    let delivery = next(&mut receiver).await;
    sleep(Duration::from_secs(16)).await;
    assert!(delivery.is_lost());
    delivery.ack();
    sleep(Duration::from_secs(5)).await;
    assert_eq!(setup.server.request_count(Operation::DeleteMessageBatch), 0);
    assert_eq!((receiver.counters().lost, receiver.counters().lost_acks), (1, 1));
    // The engine has accepted it: when it comes again it is only deleted.
    nothing_within(&mut receiver, 60).await;
    assert_eq!(receiver.counters().repeated_after_ack, 1);
    assert_eq!(setup.server.depth("q").unwrap().total(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_accepted_message_whose_delete_failed_is_only_deleted_when_it_comes_again() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    setup.fill(&url, 1).await;
    setup.server.add_fault(Fault::error(403, "AccessDenied", "no").on(Operation::DeleteMessageBatch));
    let mut receiver = open(&setup, ReceiverOptions::new(&url)).await;
    let mut health = receiver.health();
    next(&mut receiver).await.ack();
    nothing_within(&mut receiver, 200).await;
    assert_eq!(code(&health.borrow_and_update()).as_deref(), Some("AccessDenied"));
    assert!(receiver.counters().repeated_after_ack >= 3);
    setup.server.clear_faults();
    nothing_within(&mut receiver, 60).await;
    assert_eq!(setup.server.depth("q").unwrap().total(), 0);
    assert!(health.borrow_and_update().is_up());
    assert_eq!((receiver.counters().delivered, receiver.counters().acked), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn entries_whose_delete_failed_are_tried_again() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    setup.fill(&url, 10).await;
    let failure =
        EntryFailure { count: 4, code: "InternalError".into(), message: String::new(), sender_fault: false };
    setup
        .server
        .add_fault(Fault::new(FaultEffect::FailEntries(failure)).on(Operation::DeleteMessageBatch).times(2));
    let mut receiver = open(&setup, ReceiverOptions::new(&url)).await;
    for _ in 0..10 {
        next(&mut receiver).await.ack();
    }
    setup.server.wait_until(|server| server.depth("q").unwrap().total() == 0).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!((receiver.counters().acked, receiver.counters().lost_acks), (10, 0));
}

#[tokio::test(start_paused = true)]
async fn a_fifo_group_runs_in_order_and_groups_run_side_by_side() {
    let setup = Setup::start().await;
    let url = setup.queue("q.fifo");
    setup.fill(&url, 9).await;
    let mut receiver = open(&setup, ReceiverOptions::new(&url)).await;
    let mut seen: HashMap<String, Vec<usize>> = HashMap::new();
    let mut side_by_side = 0;
    for _ in 0..3 {
        let mut round = Vec::new();
        while let Ok(Some(delivery)) = timeout(Duration::from_secs(1), receiver.next()).await {
            round.push(delivery);
        }
        side_by_side = side_by_side.max(round.len());
        for delivery in round {
            let group = delivery.message.message_group_id().unwrap().to_owned();
            let number = delivery.message.body.trim_start_matches("body ").parse().unwrap();
            seen.entry(group).or_default().push(number);
            delivery.ack();
        }
    }
    assert_eq!(side_by_side, 3, "one of each group");
    assert_eq!(seen["g0"], [0, 3, 6]);
    assert_eq!(seen["g1"], [1, 4, 7]);
    assert_eq!(seen["g2"], [2, 5, 8]);
    assert_eq!(receiver.shutdown(DRAIN).await.lost_acks, 0);
    assert_eq!(setup.server.depth("q.fifo").unwrap().total(), 0);
}

#[tokio::test(start_paused = true)]
async fn after_a_fifo_failure_the_group_goes_back_and_comes_again_in_order() {
    let setup = Setup::start().await;
    let url = setup.queue("q.fifo");
    setup.fill(&url, 9).await;
    let mut options = ReceiverOptions::new(&url);
    options.max_in_flight = 30;
    let mut receiver = open(&setup, options).await;
    let mut order: HashMap<String, Vec<String>> = HashMap::new();
    let mut failed = false;
    for _ in 0..10 {
        let delivery = next(&mut receiver).await;
        let group = delivery.message.message_group_id().unwrap().to_owned();
        if group == "g1" && !failed {
            failed = true;
            assert_eq!(delivery.message.body, "body 1");
            delivery.nack(Some(Duration::from_secs(3)));
            continue;
        }
        order.entry(group).or_default().push(delivery.message.body.clone());
        delivery.ack();
    }
    assert_eq!(order["g1"], ["body 1", "body 4", "body 7"]);
    assert_eq!(order["g0"], ["body 0", "body 3", "body 6"]);
    assert_eq!(receiver.counters().released, 2);
    receiver.shutdown(DRAIN).await;
    assert_eq!(setup.server.depth("q.fifo").unwrap().total(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_fifo_message_that_always_fails_does_not_bury_its_followers() {
    for most in ["1", "2", "3", "5"] {
        let setup = Setup::start().await;
        setup.queue("dead.fifo");
        let policy = format!(
            r#"{{"deadLetterTargetArn":"{}","maxReceiveCount":{most}}}"#,
            setup.server.queue_arn("dead.fifo").unwrap()
        );
        let attributes = [
            ("FifoQueue", "true"),
            ("ContentBasedDeduplication", "true"),
            ("RedrivePolicy", policy.as_str()),
        ];
        let url = setup.server.create_queue("q.fifo", &attributes).unwrap();
        setup.fill(&url, 30).await;
        let mut receiver = open(&setup, ReceiverOptions::new(&url)).await;
        let mut handled = Vec::new();
        while handled.len() < 29 {
            let delivery = next(&mut receiver).await;
            if delivery.message.body == "body 1" {
                delivery.nack(None);
            } else {
                handled.push(delivery.message.body.clone());
                delivery.ack();
            }
        }
        receiver.shutdown(DRAIN).await;
        let buried: Vec<_> =
            setup.server.messages("dead.fifo").into_iter().map(|message| message.body).collect();
        assert_eq!(buried, ["body 1"], "maxReceiveCount {most}");
    }
}

#[tokio::test(start_paused = true)]
async fn while_paused_nothing_is_received_and_what_is_held_stays_hidden() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    let mut receiver = open(&setup, ReceiverOptions::new(&url)).await;
    nothing_within(&mut receiver, 1).await;
    receiver.pause();
    // The receive that is under way ends; what it brings is kept for later.
    setup.fill(&url, 3).await;
    nothing_within(&mut receiver, 600).await;
    let received = setup.server.counters("q").unwrap().received;
    assert!(received <= 3, "{received}");
    let receives = setup.server.request_count(Operation::ReceiveMessage);
    setup.fill(&url, 3).await;
    nothing_within(&mut receiver, 600).await;
    assert_eq!(setup.server.request_count(Operation::ReceiveMessage), receives);
    let counts: Vec<_> = setup.server.messages("q").iter().map(|message| message.receive_count).collect();
    assert!(counts.iter().all(|count| *count <= 1), "{counts:?}");
    receiver.resume();
    for _ in 0..6 {
        let delivery = next(&mut receiver).await;
        assert_eq!(delivery.receive_count(), 1);
        delivery.ack();
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_queue_costs_one_long_poll_at_a_time() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    let mut receiver = open(&setup, ReceiverOptions::new(&url)).await;
    nothing_within(&mut receiver, 600).await;
    let receives = setup.server.request_count(Operation::ReceiveMessage);
    assert!((30..=31).contains(&receives), "{receives}");
    assert_eq!(receiver.counters().requests(), receives + 1);
}

#[tokio::test(start_paused = true)]
async fn receives_run_side_by_side_while_full_batches_arrive() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    setup.fill(&url, 400).await;
    setup.server.add_fault(
        Fault::new(FaultEffect::None).on(Operation::ReceiveMessage).delayed(Duration::from_secs(1)),
    );
    let opened = Instant::now();
    let mut receiver = open(&setup, ReceiverOptions::new(&url)).await;
    for _ in 0..400 {
        next(&mut receiver).await.ack();
    }
    let took = opened.elapsed();
    assert!(
        took > Duration::from_secs(9) && took < Duration::from_secs(15),
        "{took:?}; 40 s one after another"
    );
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_down_with_its_code_and_heals_by_itself() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    setup.server.add_fault(Fault::new(FaultEffect::Close).on(Operation::ReceiveMessage));
    let mut receiver = open(&setup, ReceiverOptions::new(&url)).await;
    let mut health = receiver.health();
    nothing_within(&mut receiver, 600).await;
    assert_eq!(code(&health.borrow_and_update()).as_deref(), Some("ConnectionReset"));
    let calls = setup.server.request_count(Operation::ReceiveMessage);
    assert!((15..=40).contains(&calls), "{calls}");
    setup.server.clear_faults();
    setup.fill(&url, 1).await;
    next(&mut receiver).await.ack();
    assert!(health.borrow_and_update().is_up());
}

#[tokio::test(start_paused = true)]
async fn two_consumers_with_slow_work_do_not_get_the_same_message() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    setup.fill(&url, 60).await;
    let mut consumers = Vec::new();
    for _ in 0..2 {
        let mut receiver = open(&setup, ReceiverOptions::new(&url)).await;
        consumers.push(tokio::spawn(async move {
            let mut work = tokio::task::JoinSet::new();
            while let Ok(Some(delivery)) = timeout(Duration::from_secs(100), receiver.next()).await {
                work.spawn(async move {
                    sleep(Duration::from_secs(95)).await;
                    assert_eq!(delivery.receive_count(), 1);
                    delivery.ack();
                });
            }
            let handled = work.len();
            while let Some(done) = work.join_next().await {
                done.unwrap();
            }
            receiver.shutdown(DRAIN).await;
            handled
        }));
    }
    let mut handled = 0;
    for consumer in consumers {
        handled += consumer.await.unwrap();
    }
    assert_eq!(handled, 60);
    assert_eq!(setup.server.counters("q").unwrap().received, 60);
    assert_eq!(setup.server.depth("q").unwrap().total(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_permanent_error_is_down_and_asked_twice_a_minute_at_most_and_heals() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    let mut receiver = open(&setup, ReceiverOptions::new(&url)).await;
    let mut health = receiver.health();
    assert!(health.borrow_and_update().is_up());
    nothing_within(&mut receiver, 21).await;
    setup.server.add_fault(Fault::error(403, "AccessDenied", "not authorized").on(Operation::ReceiveMessage));
    health.changed().await.unwrap();
    assert_eq!(code(&health.borrow_and_update()).as_deref(), Some("AccessDenied"));
    assert_eq!(receiver.counters().failed_receives, 3);
    nothing_within(&mut receiver, 60).await;
    let before = setup.server.request_count(Operation::ReceiveMessage);
    nothing_within(&mut receiver, 600).await;
    let calls = setup.server.request_count(Operation::ReceiveMessage) - before;
    assert!((10..=20).contains(&calls), "{calls}");
    setup.server.clear_faults();
    setup.fill(&url, 1).await;
    next(&mut receiver).await.ack();
    assert!(health.borrow_and_update().is_up());
}

#[tokio::test(start_paused = true)]
async fn a_deleted_queue_is_down_with_its_code() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    let mut receiver = open(&setup, ReceiverOptions::new(&url)).await;
    let mut health = receiver.health();
    nothing_within(&mut receiver, 1).await;
    setup.client().await.delete_queue().queue_url(&url).send().await.unwrap();
    health.changed().await.unwrap();
    assert_eq!(code(&health.borrow_and_update()).as_deref(), Some("QueueDoesNotExist"));
}

#[tokio::test(start_paused = true)]
async fn a_receive_without_answer_is_given_up_after_its_wait_and_ten_seconds() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    setup.server.add_fault(
        Fault::new(FaultEffect::None)
            .on(Operation::ReceiveMessage)
            .delayed(Duration::from_secs(300))
            .times(1),
    );
    setup.fill(&url, 1).await;
    let mut options = ReceiverOptions::new(&url);
    options.wait_time = WaitTime::from_seconds(5).unwrap();
    let opened = Instant::now();
    let mut receiver = open(&setup, options).await;
    next(&mut receiver).await.ack();
    let waited = opened.elapsed();
    assert!(waited >= Duration::from_secs(15) && waited < Duration::from_secs(17), "{waited:?}");
    assert_eq!(receiver.counters().failed_receives, 1);
}

#[tokio::test(start_paused = true)]
async fn a_damaged_message_is_not_delivered_and_stays_in_the_queue() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    setup.fill(&url, 1).await;
    setup
        .server
        .add_fault(Fault::new(FaultEffect::WrongMd5(Checksum::Body)).on(Operation::ReceiveMessage).times(1));
    let mut receiver = open(&setup, ReceiverOptions::new(&url)).await;
    nothing_within(&mut receiver, 25).await;
    assert_eq!((receiver.counters().corrupt, receiver.counters().delivered), (1, 0));
    assert_eq!(setup.server.depth("q").unwrap().total(), 1);
    assert_eq!(next(&mut receiver).await.receive_count(), 2);
}

#[tokio::test(start_paused = true)]
async fn shutdown_gives_back_what_has_not_started_and_waits_for_what_has() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    setup.fill(&url, 10).await;
    let mut receiver = open(&setup, ReceiverOptions::new(&url)).await;
    let (quick, slow) = (next(&mut receiver).await, next(&mut receiver).await);
    let work = tokio::spawn(async move {
        sleep(Duration::from_secs(2)).await;
        quick.ack();
        sleep(Duration::from_secs(60)).await;
        slow.is_lost()
    });
    let before = Instant::now();
    let report = receiver.shutdown(DRAIN).await;
    let took = before.elapsed();
    assert!(took >= DRAIN && took < DRAIN + Duration::from_secs(1), "{took:?}");
    assert_eq!((report.released, report.finished, report.unfinished, report.lost_acks), (8, 1, 1, 0));
    let depth = setup.server.depth("q").unwrap();
    assert_eq!((depth.visible, depth.in_flight), (9, 0), "nothing waits for its visibility timeout");
    assert!(work.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn shutdown_of_an_idle_consumer_does_not_wait_for_the_long_poll() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    let mut receiver = open(&setup, ReceiverOptions::new(&url)).await;
    nothing_within(&mut receiver, 1).await;
    let before = Instant::now();
    receiver.shutdown(Duration::from_secs(30)).await;
    assert!(before.elapsed() < Duration::from_secs(1), "{:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn opening_tells_what_is_wrong_with_the_queue_and_what_it_is() {
    let setup = Setup::start().await;
    let absent =
        Receiver::open(setup.client().await, ReceiverOptions::new(setup.server.queue_url("absent"))).await;
    assert_eq!(absent.unwrap_err().code(), "QueueDoesNotExist");
    setup
        .server
        .add_fault(Fault::error(403, "AccessDenied", "no").on(Operation::GetQueueAttributes).times(1));
    let url = setup.queue("q.fifo");
    let denied = Receiver::open(setup.client().await, ReceiverOptions::new(&url)).await;
    assert!(matches!(denied, Err(TransportError::Service(error)) if error.http_status == 403));
    let receiver = open(&setup, ReceiverOptions::new(&url)).await;
    let facts = receiver.facts();
    assert!(facts.fifo && facts.arn.is_some() && facts.visibility_timeout == Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn next_is_cancel_safe() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    setup.fill(&url, 20).await;
    let mut receiver = open(&setup, ReceiverOptions::new(&url)).await;
    let mut bodies = Vec::new();
    while bodies.len() < 20 {
        if let Ok(Some(delivery)) = timeout(Duration::from_nanos(1), receiver.next()).await {
            bodies.push(delivery.message.body.clone());
            delivery.ack();
        }
    }
    bodies.sort();
    bodies.dedup();
    assert_eq!(bodies.len(), 20);
    assert_eq!(receiver.counters().dropped, 0);
}

/// Twenty consumers in a row on a queue whose every operation fails now and then: nothing is lost, and nothing is
/// handled twice by the same consumer.
#[tokio::test(start_paused = true)]
async fn loses_nothing_while_everything_fails_now_and_then() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    setup.fill(&url, 300).await;
    for operation in
        [Operation::ReceiveMessage, Operation::DeleteMessageBatch, Operation::ChangeMessageVisibilityBatch]
    {
        for number in 0..20 {
            let effect = match number % 4 {
                0 => FaultEffect::LoseAnswer,
                1 => FaultEffect::Close,
                2 => FaultEffect::None,
                _ => refused_entries("InternalError", 3),
            };
            let delay = Duration::from_secs(if number % 4 == 2 { 8 } else { 0 });
            setup.server.add_fault(Fault::new(effect).on(operation).after(number).times(1).delayed(delay));
        }
    }
    let mut options = ReceiverOptions::new(&url);
    options.visibility_timeout = Some(VisibilityTimeout::from_seconds(10).unwrap());
    let mut receiver = open(&setup, options).await;
    let mut handled: HashMap<String, usize> = HashMap::new();
    while setup.server.depth("q").unwrap().total() > 0 {
        let Ok(Some(delivery)) = timeout(Duration::from_secs(5), receiver.next()).await else { continue };
        *handled.entry(delivery.message.message_id.clone()).or_default() += 1;
        if handled.len().is_multiple_of(7) {
            sleep(Duration::from_secs(1)).await;
        }
        delivery.ack();
    }
    assert_eq!(handled.len(), 300);
    let twice = handled.values().filter(|count| **count > 1).count();
    assert_eq!(twice, 0);
    receiver.shutdown(DRAIN).await;
}
