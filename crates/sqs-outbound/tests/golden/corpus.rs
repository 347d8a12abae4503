//! The recorded scenarios.

use serde_json::Value;
use std::{collections::BTreeMap, fs, path::PathBuf};

/// Scenarios that would make the test slow, with the reason.
const LEFT_OUT: [&str; 1] = ["network.slow-35s-once"];

/// Stands for the address of the SQS server while scenarios are compared.
pub(crate) const SQS: &str = "${SQS}";

pub(crate) struct Corpus {
    pub(crate) scenarios: Vec<Scenario>,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) secrets: BTreeMap<String, String>,
}

pub(crate) struct Scenario {
    pub(crate) id: String,
    pub(crate) category: String,
    pub(crate) decision: Option<String>,
    pub(crate) json: Value,
    pub(crate) expected: Value,
}

pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../e2e-tests/golden/outbound")
}

impl Corpus {
    pub(crate) fn load() -> Self {
        let text = fs::read_to_string(folder().join("outbound-visible.jsonl")).unwrap();
        // One recorded body has half a character, which no Rust text can have.
        let scenarios = text.lines().map(|line| Scenario::read(&line.replace("a\\ud83db", "a?b"))).collect();
        let only = std::env::var("GOLDEN_ONLY").unwrap_or_default();
        let mut scenarios: Vec<Scenario> = scenarios;
        scenarios
            .retain(|scenario| !LEFT_OUT.contains(&scenario.id.as_str()) && scenario.id.starts_with(&only));
        let setup: Value =
            serde_json::from_str(&fs::read_to_string(folder().join("environment.json")).unwrap()).unwrap();
        let strings = |name: &str| serde_json::from_value(setup[name].clone()).unwrap();
        Self { scenarios, environment: strings("environment"), secrets: strings("secrets") }
    }
}

impl Scenario {
    fn read(line: &str) -> Self {
        let json: Value = serde_json::from_str(line).unwrap();
        let expected = json.get("expect810").unwrap_or(&json["expect"]).clone();
        let decision = json.get("decision").filter(|decision| !decision.is_null()).map(ToString::to_string);
        let text = |name: &str| json[name].as_str().unwrap().to_owned();
        Self { id: text("id"), category: text("category"), decision, expected, json }
    }

    /// The name of the queue whose requests belong to the scenario.
    pub(crate) fn queue(&self) -> &str {
        self.json["sqs"]["queue"].as_str().unwrap_or(&self.id)
    }

    /// The variables, restricted to those that the worker asks for.
    pub(crate) fn variables(&self, sqs: &str) -> String {
        let job = &self.json["job"];
        if let Some(text) = job["variablesText"].as_str() {
            return self.expanded(text, sqs);
        }
        let mut variables = job["variables"].as_object().cloned().unwrap_or_default();
        variables.retain(|name, _| {
            ["authentication", "configuration", "queue", "awsCredential"].contains(&name.as_str())
        });
        self.expanded(&Value::Object(variables).to_string(), sqs)
    }

    pub(crate) fn headers(&self, sqs: &str) -> String {
        match &self.json["job"]["customHeaders"] {
            Value::Null => "{}".to_owned(),
            Value::String(text) => self.expanded(text, sqs),
            other => self.expanded(&other.to_string(), sqs),
        }
    }

    /// `${SQS}` is the server's address, `${ID}` the scenario's id, `${REPEAT:text:n}` the text n times.
    fn expanded(&self, text: &str, sqs: &str) -> String {
        repeated(&text.replace(SQS, sqs).replace("${ID}", &self.id))
    }

    /// The fault plan in the server's own form.
    pub(crate) fn fault(&self) -> Option<Value> {
        let mut fault = self.json["sqs"]["fault"].as_object()?.clone();
        if let Some(part) = fault.remove("badMd5") {
            fault.insert("wrongMd5".to_owned(), part);
        }
        if let Some(Value::String(message)) = fault.get_mut("message") {
            *message = repeated(message);
        }
        fault.insert("queue".to_owned(), Value::from(self.queue()));
        Some(Value::Object(fault))
    }
}

fn repeated(text: &str) -> String {
    let Some((before, rest)) = text.split_once("${REPEAT:") else { return text.to_owned() };
    let (repeat, after) = rest.split_once('}').unwrap();
    let (unit, times) = repeat.rsplit_once(':').unwrap();
    format!("{before}{}{}", unit.repeat(times.parse().unwrap()), repeated(after))
}
