//! Plays every recorded scenario of the Java runtime through BPMN inspection, binding and consumers, against an SQS
//! endpoint that hands out the recorded messages and an engine that records commands, and compares what happened.
//!
//! `differences.tsv` beside the corpus lists each scenario that is meant to differ, at which level and by which decision.
//! Environment: `GOLDEN_ONLY` = play only ids that contain this text, and print every difference.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]
#![allow(
    clippy::string_slice,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss
)]

mod compare;
mod corpus;
mod engine;
#[path = "../common/only_inbound.rs"]
mod only_inbound;
mod play;
mod queues;

use compare::Level;
use sqs_transport::{ClientPool, PoolOptions};
use std::{collections::BTreeMap, sync::Arc};
use tokio::{sync::Semaphore, task::JoinSet};

/// Scenarios that are played side by side.
const PARALLEL: usize = 48;

#[derive(Default)]
struct Tally {
    scenarios: usize,
    outcome: usize,
    full: usize,
    listed: usize,
}

/// The recordings were made with these in the environment, for the default credentials chain.
const ENVIRONMENT: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", "CHAINKEY"),
    ("AWS_SECRET_ACCESS_KEY", "chainsecret"),
    ("AWS_REGION", "ap-south-1"),
];

#[test]
fn behaves_as_recorded_or_as_decided() {
    if std::env::var("GOLDEN_CHILD").is_err() {
        // A process cannot safely change its own environment.
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "behaves_as_recorded_or_as_decided", "--nocapture"]).env("GOLDEN_CHILD", "1");
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
            child.env_remove(name);
        }
        assert!(child.envs(ENVIRONMENT).status().unwrap().success(), "see above");
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .thread_stack_size(8 * 1024 * 1024)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(all());
}

async fn all() {
    let only = std::env::var("GOLDEN_ONLY").unwrap_or_default();
    let scenarios: Vec<_> = corpus::scenarios().into_iter().filter(|s| s.id.contains(&only)).collect();
    let server = Arc::new(queues::Server::start().await);
    let clients = ClientPool::new(PoolOptions::default());
    let permits = Arc::new(Semaphore::new(PARALLEL));
    let mut tasks = JoinSet::new();
    for scenario in scenarios {
        let (server, clients, permits) = (Arc::clone(&server), clients.clone(), Arc::clone(&permits));
        tasks.spawn(async move {
            let _permit = permits.acquire_owned().await.unwrap();
            let recorded = play::play(&scenario, &server, &clients).await;
            (scenario, recorded)
        });
    }
    let mut results = tasks.join_all().await;
    results.sort_by_key(|(scenario, _)| scenario.number);
    let differences = corpus::differences();
    let (mut table, mut wrong) = (BTreeMap::<String, Tally>::new(), Vec::new());
    for (scenario, recorded) in &results {
        let tally = table.entry(scenario.category.clone()).or_default();
        let found = [Level::Outcome, Level::Full]
            .map(|level| compare::differences(&scenario.expect, recorded, level));
        tally.scenarios += 1;
        tally.outcome += usize::from(found[0].is_empty());
        tally.full += usize::from(found[1].is_empty());
        let level = match (found[0].is_empty(), found[1].is_empty()) {
            (true, true) => "equal",
            (true, false) => "full",
            (false, _) => "outcome",
        };
        let listed = differences.get(&scenario.id).map_or("equal", |listed| listed.level.as_str());
        tally.listed += usize::from(listed != "equal");
        if listed != level || !only.is_empty() {
            wrong.push(format!(
                "{} [{}] differs at {level}, listed as {listed}:\n{}",
                scenario.id,
                scenario.category,
                found[1].join("\n")
            ));
        }
    }
    println!("{:18}{:>6}{:>9}{:>7}{:>8}", "category", "n", "outcome", "full", "listed");
    let mut total = Tally::default();
    for (category, tally) in &table {
        println!("{category:18}{:6}{:9}{:7}{:8}", tally.scenarios, tally.outcome, tally.full, tally.listed);
        total.scenarios += tally.scenarios;
        total.outcome += tally.outcome;
        total.full += tally.full;
        total.listed += tally.listed;
    }
    println!("{:18}{:6}{:9}{:7}{:8}", "total", total.scenarios, total.outcome, total.full, total.listed);
    let unknown: Vec<_> = differences
        .keys()
        .filter(|id| only.is_empty() && !results.iter().any(|(s, _)| s.id == **id))
        .collect();
    assert!(unknown.is_empty(), "differences.tsv lists scenarios that do not exist: {unknown:?}");
    let shown = wrong.join("\n\n");
    assert!(wrong.is_empty(), "{} scenario(s) not as recorded and not as listed:\n\n{shown}", wrong.len());
}
