//! The worker for jobs as JSON, in the Java runtime's fields.

use super::view::View;
use serde_json::{Value, json};

const CONNECTOR_NAME: &str = "AWS SQS Outbound";

/// The outbound connector.
pub(super) fn connector(view: &View) -> Value {
    json!({
        "name": CONNECTOR_NAME,
        "type": view.job_type,
        "inputVariables": view.input_variables,
        "timeout": u64::try_from(view.job_timeout.as_millis()).unwrap_or(u64::MAX),
        "enabled": view.outbound_enabled,
        "runtimeId": view.runtime_id,
    })
}

/// What the worker has counted.
pub(super) fn metrics(view: &View) -> Value {
    let jobs = view.outbound.counters();
    let times = view.stopwatch.times();
    let worker = view.worker.get().map(|worker| worker.metrics());
    let millis = |time: std::time::Duration| time.as_secs_f64() * 1_000.0;
    let mean =
        u32::try_from(times.count).ok().and_then(|count| times.sum.checked_div(count)).unwrap_or_default();
    json!([{
        "runtimeId": view.runtime_id,
        "runtime": { "uptimeSeconds": view.started.elapsed().as_secs() },
        "job": {
            "completed": jobs.completed,
            "failed": jobs.failed,
            "bpmnError": jobs.thrown,
            "executionTime": { "meanMs": millis(mean), "maxMs": millis(times.max) },
        },
        "worker": {
            "jobsActivated": worker.map_or(0, |worker| worker.activated()),
            "jobsHandled": worker.map_or(0, |worker| worker.handled.get()),
            "streamRecreations": worker.map_or(0, |worker| worker.inactive_streams.get()),
        },
    }])
}
