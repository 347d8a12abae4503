//! Several receivers at once, and the end of the server.

use std::collections::BTreeSet;

use connector_testkit::sqs::{Operation, SqsServerOptions};
use tokio::task::JoinSet;

use crate::{client, direct_client, receive, send, start};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gives_each_message_to_one_of_many_receivers() {
    let server = start(SqsServerOptions::default()).await;
    let queue = server.create_queue("q", &[]).unwrap();
    let mut receivers = JoinSet::new();
    for _ in 0..4 {
        let (client, queue) = (client(&server), queue.clone());
        receivers.spawn(async move {
            let mut ids = Vec::new();
            loop {
                let messages = receive(&client, &queue, 1).await;
                if messages.is_empty() {
                    return ids;
                }
                for message in messages {
                    let delete = client.delete_message().queue_url(&queue);
                    delete.receipt_handle(message.receipt_handle.unwrap()).send().await.unwrap();
                    ids.push(message.message_id.unwrap());
                }
            }
        });
    }
    for number in 0..200 {
        send(&client(&server), &queue, &number.to_string()).await;
    }
    let ids: Vec<_> = receivers.join_all().await.into_iter().flatten().collect();
    assert_eq!((ids.len(), ids.iter().collect::<BTreeSet<_>>().len()), (200, 200));
    assert_eq!(server.depth("q").unwrap().total(), 0);
}

#[tokio::test]
async fn wakes_as_many_waiting_receivers_as_messages_come() {
    let server = start(SqsServerOptions::default()).await;
    let queue = server.create_queue("q", &[]).unwrap();
    let client = direct_client(&server);
    let one = async || {
        let receive = client.receive_message().queue_url(&queue).wait_time_seconds(20);
        receive.send().await.unwrap().messages.map_or(0, |messages| messages.len())
    };
    let sends = async {
        server.wait_until(|server| server.request_count(Operation::ReceiveMessage) == 3).await;
        for body in ["a", "b", "c"] {
            send(&client, &queue, body).await;
        }
    };
    let (a, b, c, ()) = tokio::join!(one(), one(), one(), sends);
    assert_eq!([a, b, c], [1, 1, 1]);
}

#[tokio::test]
async fn loses_no_message_to_a_receiver_that_hangs_up() {
    let server = start(SqsServerOptions::default()).await;
    let queue = server.create_queue("q", &[]).unwrap();
    let client = client(&server);
    let mut waiting = JoinSet::new();
    {
        let (client, queue) = (client.clone(), queue.clone());
        waiting.spawn(async move { receive(&client, &queue, 20).await });
    }
    server.wait_until(|server| server.request_count(Operation::ReceiveMessage) == 1).await;
    waiting.shutdown().await;
    send(&client, &queue, "x").await;
    assert_eq!(receive(&client, &queue, 20).await.len(), 1);
}

#[tokio::test]
async fn refuses_receives_over_the_limit_of_messages_in_flight() {
    let server = start(SqsServerOptions { in_flight_limit: 2, ..SqsServerOptions::default() }).await;
    let queue = server.create_queue("q", &[]).unwrap();
    let client = client(&server);
    for body in ["a", "b", "c"] {
        send(&client, &queue, body).await;
    }
    assert_eq!(receive(&client, &queue, 0).await.len(), 2);
    let error = client.receive_message().queue_url(&queue).send().await.unwrap_err();
    assert!(error.into_service_error().is_over_limit());
}

#[tokio::test]
async fn cuts_long_polls_at_shutdown() {
    let server = start(SqsServerOptions::default()).await;
    let queue = server.create_queue("q", &[]).unwrap();
    let client = client(&server);
    let mut waiting = JoinSet::new();
    waiting
        .spawn(async move { client.receive_message().queue_url(queue).wait_time_seconds(20).send().await });
    server.wait_until(|server| server.request_count(Operation::ReceiveMessage) == 1).await;
    server.shutdown().await;
    assert!(waiting.join_next().await.unwrap().unwrap().is_err());
}

/// Longer than the SDK tolerates an upload that seems to stand still.
#[tokio::test]
async fn lets_a_client_without_a_socket_wait_for_long() {
    let server = start(SqsServerOptions::default()).await;
    let queue = server.create_queue("q", &[]).unwrap();
    assert!(receive(&direct_client(&server), &queue, 8).await.is_empty());
}
