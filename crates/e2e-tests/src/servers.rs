//! Where the real servers are.

use crate::{Engine, Queue};
use anyhow::{Context, Result};
use std::path::PathBuf;

/// The addresses that the test runner hands in through the environment.
pub struct Servers {
    /// The gateway of the real Zeebe broker (`E2E_ZEEBE`).
    pub zeebe: String,
    /// The real SQS server (`E2E_SQS`).
    pub sqs: String,
    /// The binary under test (`E2E_BINARY`).
    pub binary: PathBuf,
}

impl Servers {
    /// Reads the environment.
    ///
    /// # Errors
    /// When a variable is missing: the tests were not started by `cargo xtask e2e`.
    pub fn handed_in() -> Result<Self> {
        Ok(Self { zeebe: read("E2E_ZEEBE")?, sqs: read("E2E_SQS")?, binary: Self::binary_handed_in()? })
    }

    /// Reads where the binary is, for tests with servers of their own.
    ///
    /// # Errors
    /// When the variable is missing: the tests were not started by `cargo xtask e2e`.
    pub fn binary_handed_in() -> Result<PathBuf> {
        read("E2E_BINARY").map(PathBuf::from)
    }

    /// A client of the engine.
    ///
    /// # Errors
    /// When the gateway cannot be reached.
    pub async fn engine(&self) -> Result<Engine> {
        Engine::connect(&self.zeebe).await
    }

    /// Creates a queue with a name of its own; `.fifo` at the end of `name` makes it a FIFO queue.
    ///
    /// # Errors
    /// When the server refuses it.
    pub async fn queue(&self, name: &str) -> Result<Queue> {
        Queue::create(&self.sqs, name).await
    }
}

fn read(name: &str) -> Result<String> {
    std::env::var(name).with_context(|| format!("{name} is missing: run `cargo xtask e2e`"))
}
