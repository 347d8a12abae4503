//! `sqs-connector`: the Amazon SQS connector for Camunda 8 as one binary.

mod commands;
mod demo;
mod logging;
mod panics;
mod signals;

use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;
use std::process::ExitCode;

/// A job takes hundreds of small allocations, most of them below gRPC and HTTP.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Amazon SQS connector for Camunda 8.
#[derive(Parser)]
#[command(name = "sqs-connector", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the connector: works on jobs and consumes queues until SIGTERM.
    Run(commands::run::Arguments),
    /// Look at what the next messages of queues would do.
    Receive(commands::receive::Arguments),
    /// Show the way of an order over three queues and one process, on servers inside this process or on real ones.
    Demo(demo::Arguments),
    /// List every setting with its names in the file and in the environment.
    Settings,
    /// Evaluate FEEL as the connectors do.
    #[command(subcommand)]
    Feel(commands::feel::Feel),
    /// Servers for development, inside this process.
    #[command(subcommand)]
    Dev(commands::dev::Dev),
}

fn main() -> ExitCode {
    panics::hide_values();
    let result = match Arguments::parse().command {
        Command::Run(arguments) => commands::run::run(&arguments),
        Command::Receive(arguments) => commands::receive::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Settings => commands::settings::run(),
        Command::Feel(feel) => commands::feel::run(&feel),
        Command::Dev(dev) => commands::dev::run(&dev),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
