//! The list of differences that are meant, each with its reason.

use crate::compare::{Level, Report};
use std::{collections::BTreeMap, fs, path::Path};

/// Everything that is not as the list says: differences that it does not name, and lines that name none.
pub(crate) fn check(report: &Report) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/differences.txt");
    let listed = fs::read_to_string(path).unwrap();
    let mut listed: BTreeMap<(&str, &str), bool> = listed
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let mut words = line.split_whitespace();
            let (level, id) = (words.next().unwrap(), words.next().unwrap());
            assert!(words.next().is_some(), "no reason: {line}");
            ((level, id), false)
        })
        .collect();
    let mut problems = Vec::new();
    for difference in &report.differences {
        let level = match difference.level {
            Level::Outcome => "outcome",
            Level::Texts => "texts",
        };
        match listed.get_mut(&(level, difference.id.as_str())) {
            Some(seen) => *seen = true,
            None => problems.push(format!(
                "{level} {} (decision {})\n  want {}\n  got  {}",
                difference.id,
                difference.decision.as_deref().unwrap_or("none"),
                shown(&difference.want),
                shown(&difference.got)
            )),
        }
    }
    if std::env::var("GOLDEN_ONLY").is_err() {
        problems.extend(
            listed
                .iter()
                .filter(|(_, seen)| !**seen)
                .map(|((level, id), _)| format!("listed, but equal: {level} {id}")),
        );
    }
    problems
}

fn shown(value: &serde_json::Value) -> String {
    let text = value.to_string();
    text.chars().take(900).collect()
}
