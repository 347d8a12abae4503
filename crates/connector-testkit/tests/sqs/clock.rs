//! Everything that time does, on a paused clock.

use std::time::Duration;

use connector_testkit::sqs::{MessagePhase, SqsServer, SqsServerOptions};
use tokio::time::{Instant, advance};

use crate::{direct_client, receive, send};

async fn start() -> SqsServer {
    crate::start(SqsServerOptions::default()).await
}

#[tokio::test(start_paused = true)]
async fn waits_twenty_seconds_of_the_clock_for_a_message() {
    let server = start().await;
    let queue = server.create_queue("q", &[]).unwrap();
    let started = Instant::now();
    assert!(receive(&direct_client(&server), &queue, 20).await.is_empty());
    assert_eq!(started.elapsed(), Duration::from_secs(20));
}

#[tokio::test(start_paused = true)]
async fn redelivers_at_the_end_of_the_visibility_timeout_and_not_before() {
    let server = start().await;
    let client = direct_client(&server);
    let queue = server.create_queue("q", &[("VisibilityTimeout", "600")]).unwrap();
    send(&client, &queue, "x").await;
    assert_eq!(receive(&client, &queue, 0).await.len(), 1);
    advance(Duration::from_millis(599_999)).await;
    assert_eq!(receive(&client, &queue, 0).await.len(), 0);
    assert_eq!(server.messages("q")[0].phase, MessagePhase::InFlight);
    advance(Duration::from_millis(1)).await;
    assert_eq!(server.depth("q").unwrap().visible, 1);
    assert_eq!(receive(&client, &queue, 0).await.len(), 1);
    assert_eq!(server.messages("q")[0].receive_count, 2);
}

#[tokio::test(start_paused = true)]
async fn wakes_a_waiting_receive_when_another_one_gives_up_its_message() {
    let server = start().await;
    let client = direct_client(&server);
    let queue = server.create_queue("q", &[("VisibilityTimeout", "30")]).unwrap();
    send(&client, &queue, "x").await;
    let handle = receive(&client, &queue, 0).await.remove(0).receipt_handle.unwrap();
    let started = Instant::now();
    let release = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        let change = client.change_message_visibility().queue_url(&queue).receipt_handle(handle);
        change.visibility_timeout(4).send().await.unwrap();
    };
    let (received, ()) = tokio::join!(receive(&client, &queue, 20), release);
    assert_eq!((received.len(), started.elapsed()), (1, Duration::from_secs(7)));
}

#[tokio::test(start_paused = true)]
async fn forgets_a_deduplication_id_after_five_minutes() {
    let server = start().await;
    let client = direct_client(&server);
    let queue = server.create_queue("q.fifo", &[("FifoQueue", "true")]).unwrap();
    let send = async || {
        let send = client.send_message().queue_url(&queue).message_body("x").message_group_id("g");
        send.message_deduplication_id("d").send().await.unwrap();
    };
    send().await;
    advance(Duration::from_millis(299_999)).await;
    send().await;
    let counters = server.counters("q.fifo").unwrap();
    assert_eq!((counters.sent, counters.deduplicated), (1, 1));
    advance(Duration::from_millis(1)).await;
    send().await;
    assert_eq!(server.counters("q.fifo").unwrap().sent, 2);
}

#[tokio::test(start_paused = true)]
async fn drops_messages_after_the_retention_period() {
    let server = start().await;
    let client = direct_client(&server);
    let queue = server.create_queue("q", &[("MessageRetentionPeriod", "60")]).unwrap();
    send(&client, &queue, "old").await;
    assert_eq!(receive(&client, &queue, 0).await.len(), 1);
    advance(Duration::from_secs(59)).await;
    send(&client, &queue, "new").await;
    assert_eq!(server.depth("q").unwrap().total(), 2);
    advance(Duration::from_secs(1)).await;
    let left: Vec<_> = server.messages("q").into_iter().map(|message| message.body).collect();
    assert_eq!(left, ["new"]);
}

#[tokio::test(start_paused = true)]
async fn never_hides_a_message_for_more_than_twelve_hours() {
    let server = start().await;
    let client = direct_client(&server);
    let queue = server.create_queue("q", &[("VisibilityTimeout", "43200")]).unwrap();
    send(&client, &queue, "x").await;
    let handle = receive(&client, &queue, 0).await.remove(0).receipt_handle.unwrap();
    advance(Duration::from_secs(3600)).await;
    let change = async |seconds| {
        let change = client.change_message_visibility().queue_url(&queue).receipt_handle(&handle);
        change.visibility_timeout(seconds).send().await
    };
    assert!(change(39_601).await.is_err());
    assert!(change(39_600).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn enforces_cooldowns_when_told_so() {
    let server =
        crate::start(SqsServerOptions { enforce_cooldowns: true, ..SqsServerOptions::default() }).await;
    let client = direct_client(&server);
    let queue = server.create_queue("q", &[]).unwrap();
    let purge = async || client.purge_queue().queue_url(&queue).send().await;
    purge().await.unwrap();
    assert!(purge().await.unwrap_err().into_service_error().is_purge_queue_in_progress());
    advance(Duration::from_secs(60)).await;
    purge().await.unwrap();
    client.delete_queue().queue_url(&queue).send().await.unwrap();
    assert!(server.create_queue("q", &[]).unwrap_err().to_string().contains("QueueDeletedRecently"));
    advance(Duration::from_secs(60)).await;
    server.create_queue("q", &[]).unwrap();
}
