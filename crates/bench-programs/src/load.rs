//! Process instances that are started and awaited, so many at once.

use anyhow::Result;
use connector_core::{CreateInstance, RawJson, TenantId};
use futures::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use std::time::Duration;
use tokio::time::Instant;
use zeebe_gateway::GatewayClient;

const PATIENCE: Duration = Duration::from_secs(600);

/// How long a load took, and how long its instances took.
#[derive(Debug, Serialize)]
pub(crate) struct Times {
    pub(crate) seconds: f64,
    pub(crate) p50_millis: f64,
    pub(crate) p99_millis: f64,
}

/// Runs so many instances of a process to their end; a new one starts whenever one ends.
pub(crate) async fn instances(
    client: &GatewayClient,
    process: &str,
    count: usize,
    at_once: usize,
) -> Result<Times> {
    let started = Instant::now();
    let ended = stream::iter(0..count).map(|number| one(client.clone(), process.to_owned(), number));
    let mut times: Vec<Duration> = ended.buffer_unordered(at_once).try_collect().await?;
    times.sort_unstable();
    let at = |percent: usize| {
        let place = (times.len() * percent).div_ceil(100).saturating_sub(1);
        times.get(place).copied().unwrap_or_default().as_secs_f64() * 1_000.0
    };
    Ok(Times { seconds: started.elapsed().as_secs_f64(), p50_millis: at(50), p99_millis: at(99) })
}

async fn one(client: GatewayClient, process: String, number: usize) -> Result<Duration> {
    let variables = format!(
        r#"{{"order":{{"id":"order-{number}","customer":"Ada","total":129.90,"items":[{{"sku":"A-1","quantity":2}},{{"sku":"B-7","quantity":1}}]}}}}"#
    );
    let instance = CreateInstance {
        bpmn_process_id: process,
        version: -1,
        variables: RawJson::parse(&variables)?,
        tenant_id: TenantId::default(),
    };
    let started = Instant::now();
    client.create_process_instance_with_result(instance, vec!["none".to_owned()], PATIENCE).await?;
    Ok(started.elapsed())
}
