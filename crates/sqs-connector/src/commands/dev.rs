//! `dev`: servers for development, inside this process.

use super::executor;
use crate::signals;
use anyhow::{Context, Result};
use connector_testkit::{
    gateway::{GatewayServer, GatewayServerOptions},
    sqs::{AccessKey, SqsServer, SqsServerOptions},
};
use std::net::SocketAddr;

/// Which server to start.
#[derive(clap::Subcommand)]
pub(crate) enum Dev {
    /// An SQS server in memory; it creates queues when they are first used.
    Sqs {
        /// Where to listen.
        #[arg(long, default_value = "127.0.0.1:9324", value_name = "HOST:PORT")]
        listen: SocketAddr,
        /// Accept this access key alone, with signatures verified; without it any key is accepted.
        #[arg(long, value_name = "ID:SECRET")]
        key: Option<String>,
        /// Refuse queues that nobody has created, as AWS does.
        #[arg(long)]
        strict: bool,
    },
    /// A Zeebe gateway in memory, which runs the processes of tests and examples.
    Gateway {
        /// Where to listen.
        #[arg(long, default_value = "127.0.0.1:26500", value_name = "HOST:PORT")]
        listen: SocketAddr,
    },
}

/// Runs one server until SIGTERM or SIGINT.
pub(crate) fn run(dev: &Dev) -> Result<()> {
    executor(None)?.block_on(async {
        let shutdown = signals::shutdown()?;
        match dev {
            Dev::Sqs { listen, key, strict } => {
                let credentials = key.as_deref().map(access_key).transpose()?.into_iter().collect();
                let options = SqsServerOptions {
                    address: *listen,
                    credentials,
                    create_queues_on_demand: !strict,
                    ..SqsServerOptions::default()
                };
                let server =
                    SqsServer::start(options).await.with_context(|| format!("cannot listen on {listen}"))?;
                println!("SQS server for development: {}", server.endpoint());
                shutdown.cancelled().await;
                server.shutdown().await;
            }
            Dev::Gateway { listen } => {
                let options = GatewayServerOptions { address: *listen, ..GatewayServerOptions::default() };
                let server = GatewayServer::start(options)
                    .await
                    .with_context(|| format!("cannot listen on {listen}"))?;
                println!("Zeebe gateway for development: {}", server.address());
                shutdown.cancelled().await;
                server.shutdown().await;
            }
        }
        Ok(())
    })
}

fn access_key(text: &str) -> Result<AccessKey> {
    let (id, secret) = text.split_once(':').context("--key takes ID:SECRET")?;
    Ok(AccessKey::new(id, secret))
}
