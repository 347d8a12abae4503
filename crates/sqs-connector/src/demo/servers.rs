//! The two servers of the demo: inside this process, or real ones.

use anyhow::{Context, Result};
use connector_testkit::{
    gateway::{GatewayServer, GatewayServerOptions},
    sqs::{SqsServer, SqsServerOptions},
};

/// Where the servers are, and those that are ours to stop.
pub(super) struct Servers {
    pub(super) zeebe_address: String,
    pub(super) sqs_endpoint: String,
    gateway: Option<GatewayServer>,
    sqs: Option<SqsServer>,
}

impl Servers {
    /// Starts each server that no URL is given for.
    pub(super) async fn start(zeebe: Option<&str>, sqs: Option<&str>) -> Result<Self> {
        let gateway = match zeebe {
            Some(_) => None,
            None => Some(
                GatewayServer::start(GatewayServerOptions::default())
                    .await
                    .context("cannot start the gateway")?,
            ),
        };
        let sqs_server = match sqs {
            Some(_) => None,
            None => Some(
                SqsServer::start(SqsServerOptions::default()).await.context("cannot start the SQS server")?,
            ),
        };
        Ok(Self {
            zeebe_address: gateway
                .as_ref()
                .map_or_else(|| zeebe.unwrap_or_default().to_owned(), |g| g.address()),
            sqs_endpoint: sqs_server
                .as_ref()
                .map_or_else(|| sqs.unwrap_or_default().to_owned(), |s| s.endpoint()),
            gateway,
            sqs: sqs_server,
        })
    }

    /// The gateway's address, and whether it is the real one.
    pub(super) fn describe_zeebe(&self) -> String {
        describe(&self.zeebe_address, self.gateway.is_some())
    }

    /// The SQS server's address, and whether it is the real one.
    pub(super) fn describe_sqs(&self) -> String {
        describe(&self.sqs_endpoint, self.sqs.is_some())
    }

    /// Stops what was started here.
    pub(super) async fn stop(self) {
        if let Some(gateway) = self.gateway {
            gateway.shutdown().await;
        }
        if let Some(sqs) = self.sqs {
            sqs.shutdown().await;
        }
    }
}

fn describe(address: &str, embedded: bool) -> String {
    if embedded { format!("{address} (test kit, inside this process)") } else { address.to_owned() }
}
