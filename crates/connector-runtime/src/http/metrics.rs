//! Metrics in Prometheus's text format, under the Java runtime's names.

use super::{shown::epoch_millis, view::View};
use crate::totals::{Counts, Kind};
use connector_core::Health;
use std::{
    collections::BTreeMap,
    fmt::{Display, Write as _},
    time::SystemTime,
};

/// Text in Prometheus's format.
#[derive(Default)]
struct Exposition(String);

impl Exposition {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        for (place, (label, text)) in labels.iter().enumerate() {
            let before = if place == 0 { '{' } else { ',' };
            let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.0, "{before}{label}=\"{text}\"");
        }
        let end = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.0, "{end} {value}");
    }
}

/// All metrics.
pub(super) fn metrics(view: &View) -> String {
    let mut text = Exposition::default();
    text.family("process_uptime_seconds", "gauge", "The uptime of the process.");
    text.sample("process_uptime_seconds", &[], view.started.elapsed().as_secs_f64());
    jobs(&mut text, view);
    worker(&mut text, view);
    consumers(&mut text, view);
    gateway(&mut text, view);
    text.0
}

fn jobs(text: &mut Exposition, view: &View) {
    let job_type = view.job_type.as_str();
    let jobs = view.outbound.counters();
    let name = "camunda_connector_outbound_invocations_total";
    text.family(name, "counter", "Jobs by what became of them.");
    let counts = [
        ("activated", jobs.activated),
        ("completed", jobs.completed),
        ("failed", jobs.failed),
        ("bpmn-error", jobs.thrown),
    ];
    for (action, count) in counts {
        text.sample(name, &[("action", action), ("type", job_type)], count);
    }
    let times = view.stopwatch.times();
    let name = "camunda_connector_outbound_execution_time_seconds";
    text.family(name, "summary", "How long jobs were worked on.");
    text.sample(&format!("{name}_count"), &[("type", job_type)], times.count);
    text.sample(&format!("{name}_sum"), &[("type", job_type)], times.sum.as_secs_f64());
    let name = "camunda_connector_outbound_execution_time_seconds_max";
    text.family(name, "gauge", "The longest that a job was worked on.");
    text.sample(name, &[("type", job_type)], times.max.as_secs_f64());
}

fn worker(text: &mut Exposition, view: &View) {
    let Some(worker) = view.worker.get() else { return };
    let (job_type, counted) = (worker.job_type(), worker.metrics());
    for (name, help, count) in [
        ("camunda_client_worker_job_activated_total", "Jobs that came.", counted.activated()),
        ("camunda_client_worker_job_handled_total", "Jobs whose work has ended.", counted.handled.get()),
        (
            "camunda_client_worker_stream_inactivity_recreated_total",
            "Streams that were replaced because they had gone silent.",
            counted.inactive_streams.get(),
        ),
    ] {
        text.family(name, "counter", help);
        text.sample(name, &[("type", job_type)], count);
    }
}

type Read<T> = fn(&Counts) -> T;

fn consumers(text: &mut Exposition, view: &View) {
    let kinds = view.inbound.counts();
    let activations: [(&str, Read<u64>); 3] = [
        ("activated", |counts| counts.activated),
        ("deactivated", |counts| counts.deactivated),
        ("activation-failed", |counts| counts.activation_failed),
    ];
    let triggers: [(&str, Read<u64>); 4] = [
        ("triggered", |counts| counts.triggered),
        ("activation-condition-failed", |counts| counts.activation_condition_failed),
        ("correlated", |counts| counts.correlated),
        ("correlation-failed", |counts| counts.correlation_failed),
    ];
    actions(
        text,
        "camunda_connector_inbound_activations_total",
        "Activations of consumers.",
        &activations,
        &kinds,
    );
    actions(text, "camunda_connector_inbound_triggers_total", "Received messages.", &triggers, &kinds);
    latest(text, "camunda_connector_inbound_last_activated", &kinds, |counts| counts.last_activated);
    latest(text, "camunda_connector_inbound_last_triggered", &kinds, |counts| counts.last_triggered);
    let name = "sqs_connector_inbound_consumers";
    text.family(name, "gauge", "Consumers by their health.");
    let listed = view.inbound.list();
    let count = |wanted: fn(&Health) -> bool| listed.iter().filter(|listed| wanted(&listed.health)).count();
    text.sample(name, &[("health", "up")], count(Health::is_up));
    text.sample(name, &[("health", "down")], count(|health| matches!(health, Health::Down { .. })));
    text.sample(name, &[("health", "unknown")], count(|health| matches!(health, Health::Unknown)));
}

fn actions(
    text: &mut Exposition,
    name: &str,
    help: &str,
    actions: &[(&str, Read<u64>)],
    kinds: &BTreeMap<Kind, Counts>,
) {
    text.family(name, "counter", help);
    for (kind, counts) in kinds {
        for (action, read) in actions {
            let labels = [
                ("action", *action),
                ("type", kind.connector_type.as_str()),
                ("elementTemplateId", kind.template_id.as_deref().unwrap_or("unknown")),
                ("elementTemplateVersion", kind.template_version.as_deref().unwrap_or("unknown")),
                ("physicalTenantId", "default"),
            ];
            text.sample(name, &labels, read(counts));
        }
    }
}

/// The latest time of each connector type, in milliseconds since 1970.
fn latest(text: &mut Exposition, name: &str, kinds: &BTreeMap<Kind, Counts>, read: Read<Option<SystemTime>>) {
    let mut times: BTreeMap<&str, SystemTime> = BTreeMap::new();
    for (kind, counts) in kinds {
        if let Some(time) = read(counts) {
            let latest = times.entry(&kind.connector_type).or_insert(time);
            *latest = time.max(*latest);
        }
    }
    text.family(name, "gauge", "When it happened last, in milliseconds since 1970.");
    for (connector_type, time) in times {
        let labels = [("type", connector_type), ("physicalTenantId", "default")];
        text.sample(name, &labels, epoch_millis(time).unwrap_or_default());
    }
}

fn gateway(text: &mut Exposition, view: &View) {
    let counted = view.client.metrics();
    for (name, help, count) in [
        ("sqs_connector_gateway_calls_total", "Calls to the engine, repeated ones included.", &counted.calls),
        ("sqs_connector_gateway_retries_total", "Calls to the engine that were repeated.", &counted.retries),
        ("sqs_connector_gateway_stale_jobs_total", "Job commands that came too late.", &counted.stale_jobs),
        (
            "sqs_connector_gateway_expired_jobs_total",
            "Job commands not sent because the job's time was up.",
            &counted.expired_jobs,
        ),
        (
            "sqs_connector_gateway_duplicate_messages_total",
            "Messages that the engine had already.",
            &counted.duplicate_messages,
        ),
        (
            "sqs_connector_gateway_pushed_back_total",
            "Commands that the engine pushed back.",
            &counted.pushed_back,
        ),
    ] {
        text.family(name, "counter", help);
        text.sample(name, &[], count.get());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped() {
        let mut text = Exposition::default();
        text.family("a_total", "counter", "Help.");
        text.sample("a_total", &[("x", "a\"b\\c\nd"), ("y", "")], 3);
        text.sample("b", &[], 1.5);
        assert_eq!(
            text.0,
            "# HELP a_total Help.\n# TYPE a_total counter\na_total{x=\"a\\\"b\\\\c\\nd\",y=\"\"} 3\nb 1.5\n"
        );
    }
}
