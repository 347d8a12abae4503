//! Plays the recorded jobs of the Java connector and compares what becomes of them.
//!
//! Two levels: the outcome (command, retries, backoff, code, variables, what was sent) and the texts. Every difference must stand in
//! `differences.txt` with its reason, and every line there must still be a difference.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod compare;
mod corpus;
mod differences;
mod normal;
mod play;

use corpus::Corpus;
use std::process::Command;

/// The default credentials chain reads the process's environment, so the corpus is played in a process of its own.
#[test]
fn every_recorded_job_ends_as_in_the_reference_or_differs_for_a_listed_reason() {
    let corpus = Corpus::load();
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "plays_the_corpus", "--nocapture"])
        .envs(&corpus.environment)
        .env_remove("AWS_ENDPOINT_URL_SQS")
        .status()
        .unwrap();
    assert!(status.success(), "the differences are listed above");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by the test above with the environment of the recordings"]
async fn plays_the_corpus() {
    let corpus = Corpus::load();
    let played = play::all(&corpus).await;
    let report = compare::report(&corpus, &played);
    println!("{}", report.table());
    let problems = differences::check(&report);
    assert!(problems.is_empty(), "{}\n{} problems", problems.join("\n"), problems.len());
}
