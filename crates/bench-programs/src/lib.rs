//! The programs that `cargo xtask bench` starts and measures.
//!
//! Two binaries of the same programs: what is timed must not pay for an allocator that counts. The other one hands in how
//! to count.
//!
//! ```
//! let counts: bench_programs::CountAllocations = |work| {
//!     work();
//!     0
//! };
//! let mut done = false;
//! assert_eq!(counts(&mut || done = true), 0);
//! assert!(done);
//! ```
//!
//! Invariant: a program ends with its standard input, however it is doing.

mod floor;
mod host;
mod load;
mod ours;
mod world;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// Does some work on this thread and gives the number of its allocations.
pub type CountAllocations = fn(&mut dyn FnMut()) -> u64;

#[derive(Parser)]
#[command(name = "bench-programs")]
struct Arguments {
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

/// Runs the program that the command line names. One that counts runs on one thread and answers each line on standard
/// input with the allocations since the line before.
///
/// # Errors
/// Whatever ends the program before its standard input does.
pub fn run(counts: Option<CountAllocations>) -> Result<()> {
    match Arguments::parse().program {
        Program::World { gateway } => host::world(gateway),
        Program::Worker { gateway, job_type } => host::run_on_one_thread(ours::worker(gateway, job_type)),
        Program::Connector { processes } => host::run(ours::connector(processes), counts),
        Program::OutboundFloor { gateway, job_type, queue } => {
            host::run(floor::outbound(gateway, job_type, queue), counts)
        }
        Program::InboundFloor { gateway, message_name, queue } => {
            host::run(floor::inbound(gateway, message_name, queue), counts)
        }
    }
}
