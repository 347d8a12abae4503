//! Prints the messages of a queue until interrupted: `consume <queue url> <region>`.

use sqs_transport::{ClientPool, Connection, Credentials, PoolOptions, Receiver, ReceiverOptions};
use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(queue_url), Some(region)) = (arguments.next(), arguments.next()) else {
        return Err("usage: consume <queue url> <region>".into());
    };
    let connection = Connection { credentials: Credentials::DefaultChain, region, endpoint: None };
    let client = ClientPool::new(PoolOptions::default()).client(&connection).await?;
    let mut receiver = Receiver::open(client, ReceiverOptions::new(queue_url)).await?;
    loop {
        tokio::select! {
            Some(delivery) = receiver.next() => {
                println!("{}", delivery.message.body);
                delivery.ack();
            }
            _ = tokio::signal::ctrl_c() => break,
        }
    }
    println!("{:?}", receiver.shutdown(Duration::from_secs(10)).await);
    Ok(())
}
