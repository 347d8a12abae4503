//! The programs that `cargo xtask bench` starts and measures.

mod floor;
mod host;
mod load;
mod ours;
mod world;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::path::PathBuf;

#[derive(Parser)]
#[command(name = "bench-programs")]
struct Arguments {
    /// Run on one thread and answer each line on standard input with the allocations since the line before.
    #[arg(long, global = true)]
    count_allocations: bool,
    #[command(subcommand)]
    program: Program,
}

#[derive(Subcommand)]
enum Program {
    /// Servers of the test kit and the load on them; does what the lines on standard input say.
    World {
        /// Put the load on this gateway instead of one of the test kit.
        #[arg(long, value_name = "URL")]
        gateway: Option<String>,
    },
    /// A job worker that completes whatever it gets.
    Worker {
        #[arg(long, value_name = "URL")]
        gateway: String,
        #[arg(long)]
        job_type: String,
    },
    /// The connector's runtime, set by the environment.
    Connector {
        #[arg(long, value_name = "DIR")]
        processes: PathBuf,
    },
    /// For each job of a stream: SendMessage, CompleteJob.
    OutboundFloor {
        #[arg(long, value_name = "URL")]
        gateway: String,
        #[arg(long)]
        job_type: String,
        #[arg(long, value_name = "URL")]
        queue: String,
    },
    /// Again and again: ReceiveMessage, PublishMessage for each, DeleteMessageBatch.
    InboundFloor {
        #[arg(long, value_name = "URL")]
        gateway: String,
        #[arg(long)]
        message_name: String,
        #[arg(long, value_name = "URL")]
        queue: String,
    },
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let counts = arguments.count_allocations;
    match arguments.program {
        Program::World { gateway } => host::world(gateway),
        Program::Worker { gateway, job_type } => host::run(ours::worker(gateway, job_type), counts),
        Program::Connector { processes } => host::run(ours::connector(processes), counts),
        Program::OutboundFloor { gateway, job_type, queue } => {
            host::run(floor::outbound(gateway, job_type, queue), counts)
        }
        Program::InboundFloor { gateway, message_name, queue } => {
            host::run(floor::inbound(gateway, message_name, queue), counts)
        }
    }
}
