//! The process with the servers around what is measured; see `bench-programs world`.

use super::programs;
use crate::process::Dialogue;
use anyhow::{Context, Result};
use serde_json::{Value, json};

/// The servers, and the load on them.
pub(super) struct World {
    dialogue: Dialogue,
    /// Where the SQS server is.
    pub(super) sqs: String,
    /// Where the gateway is.
    pub(super) gateway: String,
}

/// How long a load took, all in all and for one instance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) seconds: f64,
    pub(super) p50_millis: f64,
    pub(super) p99_millis: f64,
}

impl World {
    /// Starts the servers; with a gateway's address only the SQS server.
    pub(super) fn start(gateway: Option<&str>) -> Result<Self> {
        let mut command = programs::beside(&["world"]);
        if let Some(address) = gateway {
            command.args(["--gateway", address]);
        }
        let mut dialogue = Dialogue::start(&mut command)?;
        let addresses: Value = serde_json::from_str(&dialogue.hear()?)?;
        let text = |name: &str| addresses.get(name).and_then(Value::as_str);
        let sqs = text("sqs").context("the SQS server did not start")?.to_owned();
        let gateway = text("gateway").or(gateway).context("the gateway did not start")?.to_owned();
        Ok(Self { dialogue, sqs, gateway })
    }

    /// Deploys a model.
    pub(super) fn deploy(&mut self, bpmn: &str) -> Result<()> {
        self.order(json!({ "deploy": { "bpmn": bpmn } })).map(drop)
    }

    /// Makes a queue and gives its URL.
    pub(super) fn queue(&mut self, name: &str) -> Result<String> {
        let url = self.order(json!({ "queue": { "name": name } }))?;
        Ok(url.as_str().context("the queue has no URL")?.to_owned())
    }

    /// Waits until somebody listens for jobs of a type.
    pub(super) fn listened(&mut self, job_type: &str) -> Result<()> {
        self.order(json!({ "listened": { "job_type": job_type } })).map(drop)
    }

    /// Runs instances of a process to their end, so many at once.
    pub(super) fn instances(&mut self, process: &str, count: usize, at_once: usize) -> Result<Times> {
        let order = json!({ "instances": { "process": process, "count": count, "at_once": at_once } });
        let times = self.order(order)?;
        let number = |name: &str| times.get(name).and_then(Value::as_f64).context("a time is missing");
        Ok(Times {
            seconds: number("seconds")?,
            p50_millis: number("p50_millis")?,
            p99_millis: number("p99_millis")?,
        })
    }

    /// Puts orders into a queue.
    pub(super) fn messages(&mut self, queue: &str, count: usize) -> Result<()> {
        self.order(json!({ "messages": { "queue": queue, "count": count } })).map(drop)
    }

    /// Waits until so many messages of a queue were deleted, and tells how many seconds that took.
    pub(super) fn deleted(&mut self, queue: &str, count: usize) -> Result<f64> {
        let seconds = self.order(json!({ "deleted": { "queue": queue, "count": count } }))?;
        seconds.as_f64().context("a time is missing")
    }

    /// How many requests the SQS server got.
    pub(super) fn requests(&mut self) -> Result<f64> {
        let counts = self.order(json!({ "requests": {} }))?;
        let counts = counts.as_object().context("the requests are missing")?;
        Ok(counts.values().filter_map(Value::as_f64).sum())
    }

    fn order(&mut self, order: Value) -> Result<Value> {
        let answer = self.dialogue.ask(&order.to_string())?;
        serde_json::from_str(&answer).with_context(|| format!("cannot read the answer {answer}"))
    }
}
