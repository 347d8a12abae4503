//! `receive --peek`: what the next messages of a queue would do.

use super::executor;
use anyhow::{Result, bail};
use connector_runtime::{
    Command, Correlation, Environment, PeekOptions, Peeked, PeekedGroup, Settings, peek,
};
use serde_json::{Value, json};
use std::{path::PathBuf, time::Duration};

/// What to look at.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only look: messages are put back at once, and the engine is told nothing. Each look counts towards the queue's redrive policy.
    #[arg(long, required = true)]
    peek: bool,
    /// The BPMN file whose elements get the messages; it need not be deployed.
    #[arg(long, value_name = "FILE")]
    process: PathBuf,
    /// Only the queue of this element.
    #[arg(long, value_name = "ID")]
    element: Option<String>,
    /// How many messages of each queue at most.
    #[arg(long, default_value_t = 10, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=100))]
    count: u16,
    /// For how many seconds to wait for a further message.
    #[arg(long, default_value_t = 2, value_name = "SECONDS")]
    wait: u16,
    /// A TOML file with settings; the environment wins over it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Prints one JSON object for each message.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let environment = Environment::new(super::process_environment());
    let settings = Settings::load(arguments.config.as_deref(), &environment)?;
    let options = PeekOptions {
        process: arguments.process.clone(),
        element: arguments.element.clone(),
        count: arguments.count.into(),
        wait: Duration::from_secs(arguments.wait.into()),
    };
    let groups = executor(None)?.block_on(peek(&settings, &environment, &options))?;
    let mut failed = 0;
    for group in &groups {
        match &group.messages {
            Ok(messages) => {
                for message in messages {
                    println!("{}", line(group, message));
                }
                eprintln!(
                    "{} ({}): {} message(s), put back",
                    group.bpmn_process_id,
                    group.elements.join(", "),
                    messages.len()
                );
            }
            Err(error) => {
                failed += 1;
                eprintln!(
                    "{} ({}): {}: {error}",
                    group.bpmn_process_id,
                    group.elements.join(", "),
                    error.code()
                );
            }
        }
    }
    if failed > 0 {
        bail!("{failed} queue(s) could not be received from");
    }
    Ok(())
}

fn line(group: &PeekedGroup, message: &Peeked) -> Value {
    let conditions: serde_json::Map<String, Value> = message
        .conditions
        .iter()
        .map(|(element, result)| (element.clone(), result.as_str().into()))
        .collect();
    let mut line = json!({
        "bpmnProcessId": group.bpmn_process_id,
        "sqsMessageId": message.message_id,
        "receiveCount": message.receive_count,
        "outcome": message.outcome(),
        "activationConditions": conditions,
    });
    let more = message.correlation.as_ref().map(told).unwrap_or_default();
    if let Some(fields) = line.as_object_mut() {
        fields.extend(more);
    }
    line
}

/// What the engine would be told.
fn told(correlation: &Correlation) -> serde_json::Map<String, Value> {
    let mut fields = serde_json::Map::new();
    fields.insert("element".to_owned(), correlation.element_id.as_str().into());
    if let Some(warning) = &correlation.warning {
        fields.insert("warning".to_owned(), warning.as_str().into());
    }
    let variables = match &correlation.command {
        Command::Create(instance) | Command::CreateAndAwait(instance) => instance.variables.as_str(),
        Command::Publish(message) => {
            fields.insert("messageName".to_owned(), message.name.as_str().into());
            fields.insert("correlationKey".to_owned(), message.correlation_key.as_str().into());
            fields.insert("messageId".to_owned(), message.message_id.as_str().into());
            fields.insert("timeToLiveMillis".to_owned(), message.time_to_live_millis.into());
            message.variables.as_str()
        }
    };
    // They are JSON that we have written ourselves.
    fields.insert("variables".to_owned(), serde_json::from_str(variables).unwrap_or(Value::Null));
    fields
}
