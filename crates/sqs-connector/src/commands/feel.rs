//! `feel`: FEEL as the connectors evaluate it.

use anyhow::{Context, Result, bail};
use connector_feel::{FeelEngine, FeelOptions};
use serde_json::Value;
use std::{
    io::{stdin, stdout},
    path::PathBuf,
};

/// What to do with FEEL.
#[derive(clap::Subcommand)]
pub(crate) enum Feel {
    /// Evaluate one expression, or many as JSON lines.
    Eval {
        /// Read `{"id","expr","context"}` a line from standard input, answer a line each.
        #[arg(long, conflicts_with_all = ["context", "expression"])]
        jsonl: bool,
        /// A JSON file with the variables.
        #[arg(long, value_name = "FILE")]
        context: Option<PathBuf>,
        /// The expression; a leading `=` is dropped.
        #[arg(required_unless_present = "jsonl")]
        expression: Option<String>,
    },
}

/// Runs one FEEL command.
pub(crate) fn run(feel: &Feel) -> Result<()> {
    match feel {
        Feel::Eval { jsonl: true, .. } => Ok(connector_feel::jsonl::run(stdin().lock(), stdout().lock())?),
        Feel::Eval { context, expression, .. } => {
            evaluate(expression.as_deref().unwrap_or_default(), context.as_ref())
        }
    }
}

fn evaluate(expression: &str, context: Option<&PathBuf>) -> Result<()> {
    let variables: Value = match context {
        None => Value::Null,
        Some(file) => {
            let text =
                std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            serde_json::from_str(&text).with_context(|| format!("{} is not JSON", file.display()))?
        }
    };
    match FeelEngine::new(FeelOptions::default()).evaluate(expression, &[&variables]) {
        Ok(value) => println!("{value:#}"),
        Err(error) => bail!("{}", error.reason()),
    }
    Ok(())
}
