//! The SQS server, seen by the real client and by raw requests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod clock;
mod conformance;
mod faults;
mod inspection;
mod protocol;
mod receivers;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::{BehaviorVersion, Builder, Credentials, Region};
use connector_testkit::sqs::{SqsServer, SqsServerOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn start(options: SqsServerOptions) -> SqsServer {
    SqsServer::start(options).await.unwrap()
}

fn config(server: &SqsServer) -> Builder {
    aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(server.endpoint())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("AKIDTEST", "secret", None, None, "test"))
        .retry_config(RetryConfig::disabled())
}

fn client(server: &SqsServer) -> Client {
    Client::from_conf(config(server).build())
}

/// A client without a socket, for tests that pause the clock.
fn direct_client(server: &SqsServer) -> Client {
    Client::from_conf(config(server).http_client(server.sdk_http_client()).build())
}

async fn send(client: &Client, queue: &str, body: &str) {
    client.send_message().queue_url(queue).message_body(body).send().await.unwrap();
}

async fn receive(client: &Client, queue: &str, wait: i32) -> Vec<aws_sdk_sqs::types::Message> {
    let receive =
        client.receive_message().queue_url(queue).max_number_of_messages(10).wait_time_seconds(wait);
    receive.send().await.unwrap().messages.unwrap_or_default()
}

/// A request without any client, answered with status line, headers and body.
async fn raw(server: &SqsServer, method: &str, path: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: sqs.test\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
