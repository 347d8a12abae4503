//! `cargo xtask`: code generation, checks, tests and benches of this workspace.

mod bench;
mod codegen;
mod conformance;
mod e2e;
mod features;
mod feel_diff;
mod golden;
mod jdk;
mod kept_broker;
mod process;
mod proto_compat;
mod services;
mod shell;
mod test;
mod tidy;

use clap::{Parser, Subcommand};

/// Code generation, checks, tests and benches of this workspace.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Generate the gRPC types in crates/zeebe-proto from proto/.
    Codegen {
        /// Write nothing; fail when the committed code is stale.
        #[arg(long)]
        check: bool,
    },
    /// Compare proto/gateway.proto with the descriptions that gateways were published with.
    ProtoCompat {
        /// Published versions, for instance 8.6.0; without any, a set from the oldest to the newest.
        versions: Vec<String>,
    },
    /// Compile every crate without its features, and with each of them alone.
    Features,
    /// Check the arrows between the crates and the house rules that no compiler checks.
    Tidy,
    /// Everything that must be green: format, lints, features, tests, documentation, tidy, codegen, end to end.
    Test {
        /// Fail when there is no JDK 21 or Maven for the end-to-end suite, instead of leaving it out.
        #[arg(long)]
        require_e2e: bool,
    },
    /// The end-to-end suite: the binary against the real Zeebe broker and a real SQS server.
    E2e {
        /// Only tests whose name contains this.
        filter: Option<String>,
    },
    /// The crash tests of the end-to-end suite at their full size: kills of the binary and of the broker under load.
    Crash {
        #[command(flatten)]
        size: e2e::CrashSize,
    },
    /// Compare our FEEL engine with FEEL-Scala on generated expressions.
    FeelDiff {
        /// How many expressions.
        #[arg(long, default_value_t = 200_000)]
        count: usize,
        /// Which expressions.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// How much of the recorded behaviour of the Java connector we reproduce, by category.
    Golden,
    /// Measure.
    Bench {
        #[command(subcommand)]
        what: bench::Bench,
    },
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().task {
        Task::Codegen { check } => codegen::run(check),
        Task::ProtoCompat { versions } => proto_compat::run(&versions),
        Task::Features => features::run(),
        Task::Tidy => tidy::run(),
        Task::Test { require_e2e } => test::run(require_e2e),
        Task::E2e { filter } => e2e::run(filter.as_deref()),
        Task::Crash { size } => e2e::crash(&size),
        Task::FeelDiff { count, seed } => feel_diff::run(count, seed),
        Task::Golden => golden::run(),
        Task::Bench { what } => bench::run(&what),
    }
}
