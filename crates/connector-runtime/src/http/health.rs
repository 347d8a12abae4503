//! Health for probes: alive is the process alone, ready is what it needs.

use super::view::View;
use serde_json::{Map, Value, json};
use std::time::Duration;
use tokio::time::timeout;

/// A probe must not wait longer for the engine.
const ENGINE_TIME: Duration = Duration::from_secs(3);

/// A part of the health, or all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HealthGroup {
    /// Everything.
    All,
    /// Whether the process runs; nothing outside it counts.
    Liveness,
    /// Whether the engine answers and the processes are known.
    Readiness,
    /// Whether the processes were known once.
    Startup,
}

/// The health, and whether it is good.
pub(super) async fn health(view: &View, group: HealthGroup) -> (bool, Value) {
    let mut components = Map::new();
    let mut is_up = true;
    let mut add = |name: &str, up: bool, details: Value| {
        is_up &= up;
        components.insert(name.to_owned(), json!({ "status": status(up), "details": details }));
    };
    if matches!(group, HealthGroup::All | HealthGroup::Readiness) {
        let (up, details) = engine(view).await;
        add("zeebeClient", up, details);
        // The name of the detail is that of the Java runtime.
        add("processDefinitionImport", view.is_discovered(), json!({ "operateEnabled": true }));
        add("accepting", !view.shutdown.is_cancelled(), json!({}));
    }
    if group == HealthGroup::Startup {
        add("startupCheck", view.is_discovered(), json!({}));
    }
    if group == HealthGroup::All {
        let consumers = view.inbound.list();
        let down = consumers.iter().filter(|listed| !listed.health.is_up()).count();
        // Told, and not counted: one broken queue is no reason to take the others away.
        let details = json!({ "consumers": consumers.len(), "notUp": down });
        components.insert("inboundConnectors".to_owned(), json!({ "status": "UP", "details": details }));
    }
    let mut answer = json!({ "status": status(is_up), "components": components });
    if let (HealthGroup::All, Some(fields)) = (group, answer.as_object_mut()) {
        fields.insert("groups".to_owned(), json!(["liveness", "readiness", "startup"]));
    }
    (is_up, answer)
}

async fn engine(view: &View) -> (bool, Value) {
    match timeout(ENGINE_TIME, view.client.topology()).await {
        Ok(Ok(topology)) => {
            let healthy = topology.led_partitions() > 0;
            let details = json!({ "numBrokers": topology.brokers.len(), "anyPartitionHealthy": healthy });
            (healthy, details)
        }
        Ok(Err(error)) => (false, json!({ "error": error.code.as_str() })),
        Err(_) => (false, json!({ "error": "no answer within 3 s" })),
    }
}

fn status(up: bool) -> &'static str {
    if up { "UP" } else { "DOWN" }
}
