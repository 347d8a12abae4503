//! The three queues of the demo.

use anyhow::{Context, Result};
use aws_sdk_sqs::{Client, types::QueueAttributeName};
use secrecy::SecretString;
use sqs_transport::{ClientPool, Connection, Credentials, PoolOptions};

/// Credentials that the servers for development take.
const ACCESS_KEY: &str = "test";
const REGION: &str = "us-east-1";

/// A client and the queues' URLs.
pub(super) struct Queues {
    pub(super) client: Client,
    pub(super) orders: String,
    pub(super) payments: String,
    pub(super) confirmations: String,
}

impl Queues {
    /// Creates the queues under names of their own, so that a second demo on the same server starts afresh.
    pub(super) async fn create(endpoint: &str) -> Result<Self> {
        let connection = Connection {
            credentials: Credentials::Static {
                access_key: ACCESS_KEY.to_owned(),
                secret_key: SecretString::from(ACCESS_KEY),
                session_token: None,
            },
            region: REGION.to_owned(),
            endpoint: Some(endpoint.to_owned()),
        };
        let client = ClientPool::new(PoolOptions::default()).client(&connection).await?;
        let run = std::process::id();
        let orders = create(&client, &format!("orders-{run}")).await?;
        let payments = create(&client, &format!("payments-{run}")).await?;
        let confirmations = create(&client, &format!("confirmations-{run}.fifo")).await?;
        Ok(Self { client, orders, payments, confirmations })
    }

    /// The secrets that the process names, as environment variables.
    pub(super) fn secrets(&self) -> Vec<(String, String)> {
        let secrets = [
            ("SECRET_AWS_ACCESS_KEY", ACCESS_KEY),
            ("SECRET_AWS_SECRET_KEY", ACCESS_KEY),
            ("SECRET_ORDERS_QUEUE_URL", &self.orders),
            ("SECRET_PAYMENTS_QUEUE_URL", &self.payments),
            ("SECRET_CONFIRMATIONS_QUEUE_URL", &self.confirmations),
        ];
        secrets.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}

async fn create(client: &Client, name: &str) -> Result<String> {
    let mut request = client.create_queue().queue_name(name);
    if name.ends_with(".fifo") {
        request = request.attributes(QueueAttributeName::FifoQueue, "true");
    }
    let answer = request.send().await.with_context(|| format!("cannot create the queue {name}"))?;
    answer.queue_url.with_context(|| format!("the queue {name} has no URL"))
}
