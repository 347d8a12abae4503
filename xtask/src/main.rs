//! The workspace's own tool: `cargo xtask <what>`.

mod codegen;

use clap::{Parser, Subcommand};

/// Code generation and checks of this workspace.
#[derive(Parser)]
#[command(name = "xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Generates the gRPC types from proto/gateway.proto.
    Codegen {
        /// Only compare; fail when the committed types are stale.
        #[arg(long)]
        check: bool,
    },
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().task {
        Task::Codegen { check } => codegen::run(check),
    }
}
