//! The sender: batches, errors, order, deadlines.

use crate::setup::{Setup, connection, in_a_minute, send_all, within};
use connector_testkit::sqs::{Checksum, EntryFailure, Fault, FaultEffect, Operation};
use sqs_transport::{
    AttributePayload, AttributeValue, ClientPool, Connection, DigestPart, DispatchFailure, OutgoingMessage,
    PoolOptions, Sender, SenderOptions, TransportError,
};
use std::time::Duration;
use tokio::{
    io::AsyncReadExt,
    net::TcpListener,
    time::{Instant, sleep},
};

fn numbered(url: &str, count: usize) -> Vec<OutgoingMessage> {
    (0..count).map(|number| OutgoingMessage::new(url, format!("body {number}"))).collect()
}

fn full(url: &str) -> OutgoingMessage {
    let mut message = OutgoingMessage::new(url, "ä body");
    message.attributes = vec![
        (
            "text".into(),
            AttributeValue { data_type: "String".into(), value: AttributePayload::String("é".into()) },
        ),
        (
            "bytes".into(),
            AttributeValue { data_type: "Binary.png".into(), value: AttributePayload::Binary(vec![0, 255]) },
        ),
    ];
    message.trace_header = Some("Root=1-5759e988-bd862e3fe1be46a994272793".into());
    message
}

#[tokio::test(start_paused = true)]
async fn a_lone_message_goes_at_once_by_itself() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    let before = Instant::now();
    let sent = setup.pool.sender().send(&setup.connection, full(&url), in_a_minute()).await.unwrap();
    assert_eq!(before.elapsed(), Duration::ZERO, "no linger");
    assert_eq!(setup.server.request_count(Operation::SendMessage), 1);
    let stored = &setup.server.messages("q")[0];
    assert_eq!(stored.message_id, sent.message_id);
    assert_eq!((stored.body.as_str(), stored.attributes.len()), ("ä body", 2));
    assert!(stored.trace_header.is_some() && sent.sequence_number.is_none());
}

#[tokio::test(start_paused = true)]
async fn an_empty_map_of_attributes_is_on_the_wire_as_in_java() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    setup
        .pool
        .sender()
        .send(&setup.connection, OutgoingMessage::new(&url, "x"), in_a_minute())
        .await
        .unwrap();
    let request = setup.server.recorded()[0].json().unwrap();
    assert_eq!(request["MessageAttributes"], serde_json::json!({}));
    assert_eq!(request.get("MessageGroupId"), None);
}

#[tokio::test(start_paused = true)]
async fn what_arrives_during_a_request_shares_the_next_one() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    setup.server.add_fault(Fault::new(FaultEffect::None).delayed(Duration::from_millis(20)).times(1));
    let sender = setup.pool.sender();
    let first = tokio::spawn({
        let (sender, connection, url) = (sender.clone(), setup.connection.clone(), url.clone());
        async move { sender.send(&connection, OutgoingMessage::new(&url, "first"), in_a_minute()).await }
    });
    sleep(Duration::from_millis(1)).await;
    let rest = send_all(&sender, &setup.connection, numbered(&url, 7)).await;
    assert!(first.await.unwrap().is_ok() && rest.iter().all(Result::is_ok));
    assert_eq!(setup.server.request_count(Operation::SendMessage), 1);
    assert_eq!(setup.server.request_count(Operation::SendMessageBatch), 1);
    let mut ids: Vec<_> = rest.into_iter().map(|sent| sent.unwrap().message_id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 7, "each caller got its own message's answer");
}

// A worker thread runs a task that another one woke before all others, a runtime of one thread does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_is_ready_at_once_shares_the_first_request() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    let (sender, connection) = (setup.pool.sender(), setup.connection.clone());
    let sent = tokio::spawn(async move { send_all(&sender, &connection, numbered(&url, 10)).await });
    assert!(sent.await.unwrap().iter().all(Result::is_ok));
    assert_eq!(setup.server.request_count(Operation::SendMessage), 0);
    assert_eq!(setup.server.request_count(Operation::SendMessageBatch), 1);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_hangs_does_not_hold_up_the_others() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    setup.server.add_fault(Fault::new(FaultEffect::None).delayed(Duration::from_secs(20)).times(1));
    let sender = setup.pool.sender();
    let first = tokio::spawn({
        let (sender, connection, url) = (sender.clone(), setup.connection.clone(), url.clone());
        async move { sender.send(&connection, OutgoingMessage::new(&url, "first"), in_a_minute()).await }
    });
    sleep(Duration::from_millis(1)).await;
    let before = Instant::now();
    sender.send(&setup.connection, OutgoingMessage::new(&url, "second"), in_a_minute()).await.unwrap();
    assert!(before.elapsed() < Duration::from_secs(1), "{:?}", before.elapsed());
    first.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_refused_entry_fails_alone_with_the_answer_that_it_gets_alone() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    let sender = lingering(&setup);
    let mut messages = numbered(&url, 4);
    messages[2].body = "forbidden \u{0}".into();
    let results = send_all(&sender, &setup.connection, messages).await;
    let error = results[2].as_ref().unwrap_err();
    let TransportError::Service(service) = error else { panic!("{error}") };
    assert_eq!(error.code(), "InvalidMessageContents");
    assert_eq!((service.http_status, service.attempts), (400, 1));
    assert!(service.request_id.is_some() && service.message.is_some());
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 3);
    assert_eq!(setup.server.request_count(Operation::SendMessage), 1);
    assert_eq!(sender.counters().resent_alone, 1);
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_failed_for_a_passing_reason_succeeds_alone() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    let failure = EntryFailure {
        count: 2,
        code: "InternalError".into(),
        message: "try again".into(),
        sender_fault: false,
    };
    setup
        .server
        .add_fault(Fault::new(FaultEffect::FailEntries(failure)).on(Operation::SendMessageBatch).times(1));
    let results = send_all(&lingering(&setup), &setup.connection, numbered(&url, 5)).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(setup.server.depth("q").unwrap().total(), 5);
    assert_eq!(setup.server.request_count(Operation::SendMessage), 2);
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_whole_queue_is_everyones_and_not_asked_for_again() {
    let setup = Setup::start().await;
    let url = setup.server.queue_url("absent");
    let results = send_all(&lingering(&setup), &setup.connection, numbered(&url, 5)).await;
    for result in results {
        let error = result.unwrap_err();
        assert_eq!(error.code(), "QueueDoesNotExist");
        let TransportError::Service(service) = &error else { panic!("{error}") };
        assert_eq!(service.query_code.as_deref(), Some("AWS.SimpleQueueService.NonExistentQueue"));
        assert_eq!(error.http_status(), Some(400));
    }
    assert_eq!(setup.server.requests().values().sum::<u64>(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_refused_as_such_is_sent_one_by_one() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    setup.server.add_fault(
        Fault::error(400, "BatchRequestTooLong", "too long").on(Operation::SendMessageBatch).times(1),
    );
    let results = send_all(&lingering(&setup), &setup.connection, numbered(&url, 3)).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(setup.server.request_count(Operation::SendMessage), 3);
}

#[tokio::test(start_paused = true)]
async fn a_batch_stays_below_one_mebibyte() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    let messages = (0..5).map(|_| OutgoingMessage::new(&url, "x".repeat(300_000))).collect();
    let results = send_all(&lingering(&setup), &setup.connection, messages).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(setup.server.request_count(Operation::SendMessageBatch), 2);
    assert_eq!(setup.server.request_count(Operation::SendMessage), 0);
}

#[tokio::test(start_paused = true)]
async fn a_group_of_a_fifo_queue_keeps_its_order_also_when_entries_fail() {
    let setup = Setup::start().await;
    let url = setup.queue("q.fifo");
    let failure =
        EntryFailure { count: 3, code: "InternalError".into(), message: String::new(), sender_fault: false };
    setup.server.add_fault(
        Fault::new(FaultEffect::FailEntries(failure)).on(Operation::SendMessageBatch).after(1).times(2),
    );
    let sender = setup.pool.sender();
    let mut messages = Vec::new();
    for number in 0..60 {
        let mut message = OutgoingMessage::new(&url, format!("{number:02}"));
        message.message_group_id = Some(format!("g{}", number % 2));
        messages.push(message);
    }
    let results = send_all(&sender, &setup.connection, messages).await;
    let stored = setup.server.messages("q.fifo");
    for group in ["g0", "g1"] {
        let bodies: Vec<_> = stored
            .iter()
            .filter(|message| message.message_group_id.as_deref() == Some(group))
            .map(|message| message.body.clone())
            .collect();
        assert!(bodies.is_sorted(), "{group}: {bodies:?}");
    }
    let failed = results.iter().filter(|result| result.is_err()).count();
    assert_eq!(stored.len() + failed, 60);
    assert!(results.iter().flatten().all(|sent| sent.sequence_number.is_some()));
    assert!(failed > 0, "entries that the group has overtaken are not sent again");
}

#[tokio::test(start_paused = true)]
async fn a_message_whose_deadline_has_passed_is_never_sent() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    setup.server.add_fault(Fault::new(FaultEffect::None).delayed(Duration::from_secs(10)).times(1));
    let sender = setup.pool.sender_with(SenderOptions { requests_in_flight: 1, ..SenderOptions::default() });
    let first = tokio::spawn({
        let (sender, connection, url) = (sender.clone(), setup.connection.clone(), url.clone());
        async move { sender.send(&connection, OutgoingMessage::new(&url, "first"), in_a_minute()).await }
    });
    sleep(Duration::from_millis(1)).await;
    let deadline = Instant::now() + Duration::from_secs(2);
    let late = sender.send(&setup.connection, OutgoingMessage::new(&url, "late"), deadline).await;
    assert_eq!(late, Err(TransportError::DeadlineExceeded { sent: false }));
    assert_eq!(Instant::now(), deadline);
    first.await.unwrap().unwrap();
    sleep(Duration::from_secs(5)).await;
    assert_eq!(setup.server.messages("q").len(), 1);
    assert_eq!(sender.counters().messages_dropped, 1);
}

#[tokio::test(start_paused = true)]
async fn a_request_under_way_ends_at_the_deadline() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    setup.server.add_fault(Fault::new(FaultEffect::None).delayed(Duration::from_secs(25)));
    let deadline = Instant::now() + Duration::from_secs(2);
    let late =
        setup.pool.sender().send(&setup.connection, OutgoingMessage::new(&url, "late"), deadline).await;
    assert_eq!(late, Err(TransportError::DeadlineExceeded { sent: true }));
    sleep(Duration::from_secs(60)).await;
    assert_eq!(setup.server.requests().values().sum::<u64>(), 1, "not sent again after the deadline");
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_goes_away_takes_its_message_along() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    setup.server.add_fault(Fault::new(FaultEffect::None).delayed(Duration::from_secs(5)).times(1));
    let sender = setup.pool.sender_with(SenderOptions { requests_in_flight: 1, ..SenderOptions::default() });
    let spawn = |body: &'static str| {
        let (sender, connection, url) = (sender.clone(), setup.connection.clone(), url.clone());
        tokio::spawn(async move {
            sender.send(&connection, OutgoingMessage::new(&url, body), in_a_minute()).await
        })
    };
    let first = spawn("first");
    sleep(Duration::from_millis(1)).await;
    let second = spawn("second");
    sleep(Duration::from_millis(1)).await;
    second.abort();
    first.await.unwrap().unwrap();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(setup.server.messages("q").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_digest_is_an_error_though_the_message_was_sent() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    for (checksum, part) in
        [(Checksum::Body, DigestPart::Body), (Checksum::Attributes, DigestPart::Attributes)]
    {
        setup.server.add_fault(Fault::new(FaultEffect::WrongMd5(checksum)).times(1));
        let error = setup.pool.sender().send(&setup.connection, full(&url), in_a_minute()).await.unwrap_err();
        let TransportError::Digest(mismatch) = &error else { panic!("{error}") };
        assert_eq!(mismatch.part, part);
        assert_ne!(Some(&mismatch.calculated), mismatch.returned.as_ref());
        assert_eq!(error.attempts(), 1);
    }
    let empty = FaultEffect::Answer {
        status: 200,
        body: "{}".into(),
        content_type: "application/x-amz-json-1.0".into(),
    };
    setup.server.add_fault(Fault::new(empty).times(1));
    let error = setup.pool.sender().send(&setup.connection, full(&url), in_a_minute()).await.unwrap_err();
    assert!(matches!(error, TransportError::Digest(mismatch) if mismatch.returned.is_none()));
}

#[tokio::test(start_paused = true)]
async fn transient_errors_get_four_attempts_and_others_one() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    let sender = setup.pool.sender();
    for (status, code, attempts) in [
        (429, "SlowDownPlease", 4),
        (500, "InternalFailure", 4),
        (502, "BadGateway", 4),
        (503, "ServiceUnavailable", 4),
        (400, "RequestThrottled", 4),
        (403, "RequestThrottled", 4),
        (400, "ThrottlingException", 4),
        (400, "OverLimit", 1),
        (403, "AccessDenied", 1),
        (301, "PermanentRedirect", 1),
    ] {
        setup.server.clear_recorded();
        setup.server.add_fault(Fault::error(status, code, "no").times(4));
        let error =
            sender.send(&setup.connection, OutgoingMessage::new(&url, "x"), in_a_minute()).await.unwrap_err();
        assert_eq!((error.code(), error.attempts()), (code, attempts), "{status} {error}");
        assert_eq!((error.http_status(), error.message()), (Some(status), Some("no")));
        assert_eq!(setup.server.request_count(Operation::SendMessage), u64::from(attempts));
        setup.server.clear_faults();
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_no_json_is_tried_again_and_told_from_a_service_error() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    let html = |status| {
        Fault::new(FaultEffect::Answer { status, body: "<html>".into(), content_type: "text/html".into() })
            .times(4)
    };
    let sender = setup.pool.sender();
    setup.server.add_fault(html(200));
    let error =
        sender.send(&setup.connection, OutgoingMessage::new(&url, "x"), in_a_minute()).await.unwrap_err();
    assert!(
        matches!(error, TransportError::UnreadableAnswer { http_status: 200, attempts: 4, .. }),
        "{error:?}"
    );
    setup.server.add_fault(html(502));
    let error =
        sender.send(&setup.connection, OutgoingMessage::new(&url, "x"), in_a_minute()).await.unwrap_err();
    let TransportError::Service(service) = &error else { panic!("{error:?}") };
    assert_eq!(
        (service.http_status, service.attempts, &service.code, &service.message),
        (502, 4, &None, &None)
    );
}

#[tokio::test(start_paused = true)]
async fn many_failures_in_a_row_do_not_take_the_attempts_away() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    setup.server.add_fault(Fault::error(500, "InternalFailure", "no"));
    let sender = setup.pool.sender();
    for _ in 0..200 {
        let error =
            sender.send(&setup.connection, OutgoingMessage::new(&url, "x"), in_a_minute()).await.unwrap_err();
        assert_eq!(error.attempts(), 4);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_after_35_seconds_leads_to_a_second_send() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    setup.server.add_fault(Fault::new(FaultEffect::None).delayed(Duration::from_secs(35)).times(1));
    setup
        .pool
        .sender()
        .send(&setup.connection, OutgoingMessage::new(&url, "x"), in_a_minute())
        .await
        .unwrap();
    assert_eq!(setup.server.request_count(Operation::SendMessage), 2);
}

#[tokio::test(start_paused = true)]
async fn idle_lanes_end_and_new_ones_begin() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    let sender = setup.pool.sender();
    for _ in 0..3 {
        sender.send(&setup.connection, OutgoingMessage::new(&url, "x"), in_a_minute()).await.unwrap();
        assert_eq!(sender.counters().lanes, 1);
        sleep(Duration::from_secs(61)).await;
        assert_eq!(sender.counters().lanes, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn shutdown_sends_what_waits_and_refuses_what_comes_later() {
    let setup = Setup::start().await;
    let url = setup.queue("q");
    setup.server.add_fault(Fault::new(FaultEffect::None).delayed(Duration::from_millis(50)));
    let sender = setup.pool.sender();
    let waiting = tokio::spawn({
        let (sender, connection, url) = (sender.clone(), setup.connection.clone(), url.clone());
        async move { send_all(&sender, &connection, numbered(&url, 25)).await }
    });
    sleep(Duration::from_millis(1)).await;
    sender.shutdown().await;
    assert!(waiting.await.unwrap().iter().all(Result::is_ok));
    let refused = sender.send(&setup.connection, OutgoingMessage::new(&url, "x"), in_a_minute()).await;
    assert_eq!(refused, Err(TransportError::Closed));
    assert_eq!(setup.server.depth("q").unwrap().total(), 25);
}

/// A sender that waits a little, so that what a test sends at once is one batch.
fn lingering(setup: &Setup) -> Sender {
    setup.pool.sender_with(SenderOptions { linger: Duration::from_millis(5), ..SenderOptions::default() })
}

// The failures of the network need a network: the real clock, and sockets of our own.

async fn failure(connection: &Connection) -> TransportError {
    let sender = ClientPool::new(PoolOptions::default()).sender();
    let message = OutgoingMessage::new("http://127.0.0.1/000000000000/q", "x");
    within(sender.send(connection, message, in_a_minute())).await.unwrap_err()
}

fn dispatch(error: &TransportError) -> (DispatchFailure, u32, &str) {
    match error {
        TransportError::Dispatch(error) => (error.failure, error.attempts, error.host.as_str()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_refused_connection_is_named_after_four_attempts() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let error = failure(&connection(format!("http://{address}"))).await;
    assert_eq!(dispatch(&error), (DispatchFailure::Refused, 4, address.as_str()));
    assert_eq!(error.code(), "ConnectionRefused");
}

/// Accepts connections and ends each after its first bytes.
async fn rude_server(reset: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut first = [0; 16];
            let _ = stream.read(&mut first).await;
            if reset {
                // Unread bytes make the close a reset.
                stream.set_zero_linger().unwrap();
            } else {
                let mut rest = vec![0; 65_536];
                let _ = stream.read(&mut rest).await;
            }
        }
    });
    address
}

#[tokio::test]
async fn a_reset_and_a_closed_connection_are_told_apart() {
    for (reset, expected) in [(true, DispatchFailure::Reset), (false, DispatchFailure::Closed)] {
        let address = rude_server(reset).await;
        let error = failure(&connection(format!("http://{address}"))).await;
        assert_eq!(dispatch(&error), (expected, 4, address.as_str()), "{error}");
    }
}

#[tokio::test]
async fn an_unknown_host_and_a_failed_handshake_are_named() {
    let error = failure(&connection("http://no-such-host.invalid".into())).await;
    assert_eq!(dispatch(&error).0, DispatchFailure::UnknownHost, "{error}");
    let address = rude_server(false).await;
    let error = failure(&connection(format!("https://{address}"))).await;
    assert_eq!(dispatch(&error).0, DispatchFailure::Tls, "{error}");
}
