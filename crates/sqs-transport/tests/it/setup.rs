//! A server, a pool that reaches it without a socket, and small helpers.

use connector_testkit::sqs::{SqsServer, SqsServerOptions};
use sqs_transport::{
    ClientPool, Connection, Credentials, OutgoingMessage, PoolOptions, SendError, Sender, SentMessage,
};
use std::{future::Future, time::Duration};
use tokio::time::Instant;

pub struct Setup {
    pub server: SqsServer,
    pub pool: ClientPool,
    pub connection: Connection,
}

pub fn connection(endpoint: String) -> Connection {
    Connection {
        credentials: Credentials::Static {
            access_key: "test".into(),
            secret_key: "test".into(),
            session_token: None,
        },
        region: "eu-central-1".into(),
        endpoint: Some(endpoint),
    }
}

impl Setup {
    /// Everything on tokio's clock, which tests may pause.
    pub async fn start() -> Self {
        let server = SqsServer::start(SqsServerOptions::default()).await.unwrap();
        let options = PoolOptions { http_client: Some(server.sdk_http_client()), ..PoolOptions::default() };
        let connection = connection(server.endpoint());
        Self { pool: ClientPool::new(options), connection, server }
    }

    pub fn queue(&self, name: &str) -> String {
        let fifo: &[(&str, &str)] = if name.ends_with(".fifo") {
            &[("FifoQueue", "true"), ("ContentBasedDeduplication", "true")]
        } else {
            &[]
        };
        self.server.create_queue(name, fifo).unwrap()
    }

    pub async fn client(&self) -> aws_sdk_sqs::Client {
        self.pool.client(&self.connection).await.unwrap()
    }

    pub async fn fill(&self, url: &str, count: usize) {
        let client = self.client().await;
        for number in 0..count {
            let mut send = client.send_message().queue_url(url).message_body(format!("body {number}"));
            if url.ends_with(".fifo") {
                send = send.message_group_id(format!("g{}", number % 3));
            }
            send.send().await.unwrap();
        }
    }
}

pub fn in_a_minute() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

/// Sends all at once and gives the answers in order.
pub async fn send_all(
    sender: &Sender,
    connection: &Connection,
    messages: Vec<OutgoingMessage>,
) -> Vec<Result<SentMessage, SendError>> {
    let mut tasks = Vec::new();
    for message in messages {
        let (sender, connection) = (sender.clone(), connection.clone());
        tasks.push(tokio::spawn(async move { sender.send(&connection, message, in_a_minute()).await }));
    }
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

/// A bound for tests on the real clock, far from what decides them.
pub async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(60), future).await.expect("the test hangs")
}
