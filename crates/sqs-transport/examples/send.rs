//! Sends what stands on the command line: `send <queue url> <region> <text>...`.

use sqs_transport::{ClientPool, Connection, Credentials, OutgoingMessage, PoolOptions};
use std::time::Duration;
use tokio::time::Instant;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(queue_url), Some(region)) = (arguments.next(), arguments.next()) else {
        return Err("usage: send <queue url> <region> <text>...".into());
    };
    let connection = Connection { credentials: Credentials::DefaultChain, region, endpoint: None };
    let sender = ClientPool::new(PoolOptions::default()).sender();
    for text in arguments {
        let message = OutgoingMessage::new(&queue_url, text);
        let sent = sender.send(&connection, message, Instant::now() + Duration::from_secs(30)).await?;
        println!("{}", sent.message_id);
    }
    sender.shutdown().await;
    Ok(())
}
