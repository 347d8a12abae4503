//! Compares what was played with what was recorded.

use crate::{
    corpus::{Corpus, Scenario},
    normal::{deep, masked, message, tolerated, tolerated_message},
    play::Played,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

const TERMINAL: [&str; 3] = ["CompleteJob", "FailJob", "ThrowError"];

/// A level of comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Command, retries, backoff, code, variables without error texts, and what was sent.
    Outcome,
    /// Error message and variables with all texts.
    Texts,
}

pub(crate) struct Difference {
    pub(crate) id: String,
    pub(crate) level: Level,
    pub(crate) decision: Option<String>,
    pub(crate) want: Value,
    pub(crate) got: Value,
}

#[derive(Default)]
struct Row {
    played: usize,
    outcome: usize,
    texts: usize,
    marked: usize,
    outcome_unmarked: usize,
    texts_unmarked: usize,
}

pub(crate) struct Report {
    rows: BTreeMap<String, Row>,
    pub(crate) differences: Vec<Difference>,
}

pub(crate) fn report(corpus: &Corpus, played: &HashMap<String, Played>) -> Report {
    let mut report = Report { rows: BTreeMap::new(), differences: Vec::new() };
    for scenario in &corpus.scenarios {
        let played = &played[&scenario.id];
        for name in [scenario.category.as_str(), "~ all"] {
            let row = report.rows.entry(name.to_owned()).or_default();
            row.played += 1;
            row.marked += usize::from(scenario.decision.is_some());
        }
        for level in [Level::Outcome, Level::Texts] {
            let (want, got) = sides(scenario, played, level);
            let equal = want == got;
            for name in [scenario.category.as_str(), "~ all"] {
                let row = report.rows.entry(name.to_owned()).or_default();
                let (all, unmarked) = match level {
                    Level::Outcome => (&mut row.outcome, &mut row.outcome_unmarked),
                    Level::Texts => (&mut row.texts, &mut row.texts_unmarked),
                };
                *all += usize::from(equal);
                *unmarked += usize::from(equal && scenario.decision.is_none());
            }
            if !equal {
                let (id, decision) = (scenario.id.clone(), scenario.decision.clone());
                report.differences.push(Difference { id, level, decision, want, got });
            }
        }
    }
    report
}

impl Report {
    pub(crate) fn table(&self) -> String {
        let mut table = format!(
            "{:<26}{:>6}{:>10}{:>10}{:>10}{:>20}{:>20}\n",
            "category", "jobs", "outcome", "texts", "marked", "outcome, unmarked", "texts, unmarked"
        );
        for (name, row) in &self.rows {
            let unmarked = row.played - row.marked;
            let share = |count: usize| format!("{count} of {unmarked}");
            table += &format!(
                "{name:<26}{:>6}{:>10}{:>10}{:>10}{:>20}{:>20}\n",
                row.played,
                row.outcome,
                row.texts,
                row.marked,
                share(row.outcome_unmarked),
                share(row.texts_unmarked)
            );
        }
        table
    }
}

fn sides(scenario: &Scenario, played: &Played, level: Level) -> (Value, Value) {
    let wanted = terminal(scenario.expected["commands"].as_array().unwrap());
    let given: Vec<Value> =
        terminal(&played.commands).iter().map(|command| without_additions(&wanted, command)).collect();
    match level {
        Level::Texts => (texts(&wanted), texts(&given)),
        Level::Outcome => (
            outcome(
                &wanted,
                scenario.expected["commands"].as_array().unwrap(),
                scenario.expected["sqs"].as_array().unwrap(),
            ),
            outcome(&given, &played.commands, &played.requests),
        ),
    }
}

/// Commands that end a job, repetitions after a refusal left out.
fn terminal(commands: &[Value]) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::new();
    for command in commands {
        let mut command = command.clone();
        command.as_object_mut().unwrap().remove("answered");
        command.as_object_mut().unwrap().remove("variablesText");
        if TERMINAL.contains(&command["rpc"].as_str().unwrap()) && kept.last() != Some(&command) {
            kept.push(command);
        }
    }
    kept
}

fn without_additions(wanted: &[Value], command: &Value) -> Value {
    let Some(want) = wanted.iter().find(|want| want["rpc"] == command["rpc"]) else { return command.clone() };
    let variables = tolerated(&want["variables"], &command["variables"]);
    let mut command = command.clone();
    if let Some(content) = command["errorMessage"].as_str() {
        command["errorMessage"] = Value::from(tolerated_message(content, &command["variables"], &variables));
    }
    command["variables"] = variables;
    command
}

fn texts(commands: &[Value]) -> Value {
    commands
        .iter()
        .map(|command| {
            let content =
                command["errorMessage"].as_str().map(|content| message(content, &command["variables"]));
            json!({"errorMessage": content, "variables": deep(&command["variables"])})
        })
        .collect()
}

fn outcome(terminal: &[Value], commands: &[Value], requests: &[Value]) -> Value {
    let ends: Vec<Value> = terminal
        .iter()
        .map(|command| {
            json!({
                "rpc": command["rpc"],
                "retries": command["retries"],
                "retryBackOff": command["retryBackOff"],
                "errorCode": command["errorCode"],
                "variables": masked(&deep(&command["variables"])),
            })
        })
        .collect();
    let mut sent: Vec<Value> = Vec::new();
    for request in requests {
        let names = ["queueUrl", "body", "attributes", "groupId", "deduplicationId", "region", "accessKeyId"];
        let request: serde_json::Map<String, Value> =
            names.iter().map(|name| ((*name).to_owned(), deep(&request[*name]))).collect();
        if !sent.contains(&Value::Object(request.clone())) {
            sent.push(Value::Object(request));
        }
    }
    let timeout = commands
        .iter()
        .find(|command| command["rpc"] == "UpdateJobTimeout")
        .map(|command| command["timeout"].clone());
    json!({"commands": ends, "sqs": sent, "updateJobTimeout": timeout})
}
