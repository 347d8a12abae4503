//! The servers around what is measured, and the load on them.

use crate::{floor, load};
use anyhow::{Context, Result};
use connector_testkit::{
    gateway::{GatewayServer, GatewayServerOptions},
    sqs::{SqsServer, SqsServerOptions},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::Instant;
use zeebe_gateway::{GatewayClient, GatewayOptions, Resource};

/// What can be ordered; each is answered when it is done.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    /// Deploys a model.
    Deploy { bpmn: String },
    /// Makes a queue.
    Queue { name: String },
    /// Waits until somebody listens for jobs of a type; only with the gateway of the test kit.
    Listened { job_type: String },
    /// Runs instances of a process to their end.
    Instances { process: String, count: usize, at_once: usize },
    /// Puts messages into a queue.
    Messages { queue: String, count: usize },
    /// Waits until so many messages of a queue were deleted; answers how many seconds that took.
    Deleted { queue: String, count: u64 },
    /// How many requests of each kind the SQS server got.
    Requests {},
}

/// Both servers, or one of them beside a real broker.
pub(crate) struct World {
    sqs: SqsServer,
    gateway: Option<GatewayServer>,
    client: GatewayClient,
}

impl World {
    /// Starts the servers.
    pub(crate) async fn start(gateway: Option<String>) -> Result<Self> {
        let options = SqsServerOptions { recorded_requests: 0, ..SqsServerOptions::default() };
        let sqs = SqsServer::start(options).await?;
        let (gateway, client) = match gateway {
            Some(address) => (None, GatewayClient::connect(GatewayOptions::new(address)).await?),
            None => {
                let gateway = GatewayServer::start(GatewayServerOptions::default()).await?;
                let channel = gateway.channel();
                (Some(gateway), GatewayClient::connect_over(channel, GatewayOptions::default()).await?)
            }
        };
        Ok(Self { sqs, gateway, client })
    }

    /// Where the servers are.
    pub(crate) fn addresses(&self) -> Value {
        json!({ "sqs": self.sqs.endpoint(), "gateway": self.gateway.as_ref().map(GatewayServer::address) })
    }

    /// Does what is ordered.
    pub(crate) async fn follow(&self, order: Order) -> Result<Value> {
        Ok(match order {
            Order::Deploy { bpmn } => {
                let file = Resource { name: "model.bpmn".to_owned(), content: bpmn.into_bytes() };
                let deployed = self.client.deploy([file]).await?;
                json!(deployed.processes.len())
            }
            Order::Queue { name } => json!(self.sqs.create_queue(&name, &[("VisibilityTimeout", "120")])?),
            Order::Listened { job_type } => {
                let gateway = self.gateway.as_ref().context("the gateway is not ours")?;
                gateway.wait_until(|state| state.open_streams(&job_type) > 0).await;
                Value::Null
            }
            Order::Instances { process, count, at_once } => {
                json!(load::instances(&self.client, &process, count, at_once).await?)
            }
            Order::Messages { queue, count } => {
                floor::fill(&self.sqs.queue_url(&queue), count).await?;
                Value::Null
            }
            Order::Deleted { queue, count } => {
                let deleted =
                    |sqs: &SqsServer| sqs.counters(&queue).is_some_and(|seen| seen.deleted >= count);
                self.sqs.counters(&queue).context("no such queue")?;
                let asked = Instant::now();
                self.sqs.wait_until(deleted).await;
                json!(asked.elapsed().as_secs_f64())
            }
            Order::Requests {} => self.requests(),
        })
    }

    fn requests(&self) -> Value {
        let counts: Map<String, Value> = self
            .sqs
            .requests()
            .into_iter()
            .map(|(operation, count)| (operation.name().to_owned(), count.into()))
            .collect();
        Value::Object(counts)
    }
}
