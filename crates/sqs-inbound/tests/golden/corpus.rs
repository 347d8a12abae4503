//! The recorded scenarios and the list of decided differences.

use serde_json::Value;
use std::{collections::BTreeMap, fs, path::PathBuf};

pub(crate) struct Scenario {
    pub(crate) number: usize,
    pub(crate) id: String,
    pub(crate) category: String,
    /// Stands in process ids, message names and queue names.
    pub(crate) tag: String,
    pub(crate) input: Value,
    pub(crate) expect: Value,
}

pub(crate) struct Difference {
    pub(crate) level: String,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../e2e-tests/golden/inbound")
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let text = fs::read_to_string(folder().join("inbound-visible.jsonl")).unwrap();
    let read = |(number, line): (usize, &str)| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        let input = line["input"].take();
        let resource = input["deployments"][0]["resource"].as_str().unwrap();
        Scenario {
            number,
            id: line["id"].as_str().unwrap().to_owned(),
            category: line["category"].as_str().unwrap().to_owned(),
            tag: resource[..11].to_owned(),
            expect: line["expect"].take(),
            input,
        }
    };
    text.lines().enumerate().map(read).collect()
}

/// By scenario: the strictest level that differs (`full` or `outcome`) and why.
pub(crate) fn differences() -> BTreeMap<String, Difference> {
    let text = fs::read_to_string(folder().join("differences.tsv")).unwrap();
    let mut differences = BTreeMap::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let [id, level, reason] = line.split('\t').collect::<Vec<_>>().try_into().expect(line);
        assert!(["full", "outcome"].contains(&level) && !reason.is_empty(), "{line}");
        let twice = differences.insert(id.to_owned(), Difference { level: level.to_owned() });
        assert!(twice.is_none(), "{id} is listed twice");
    }
    differences
}

/// The secrets of the recordings, as environment variables.
pub(crate) fn secrets() -> Vec<(String, String)> {
    let text = fs::read_to_string(folder().join("secrets.env")).unwrap();
    text.lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned()))
        .collect()
}
