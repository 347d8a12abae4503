//! Jobs that share requests: what each is told, and how many requests there are.

use crate::support::{Command, Setup};
use async_trait::async_trait;
use connector_binding::EndpointPolicy;
use connector_core::{ActivatedJob, Engine, Job, JobSource, Permit};
use connector_feel::{FeelEngine, FeelOptions};
use connector_secrets::SecretResolver;
use connector_testkit::sqs::{Fault, FaultEffect, Operation};
use serde_json::json;
use sqs_outbound::{Handled, Outbound, OutboundOptions};
use sqs_transport::{ClientPool, PoolOptions, SenderOptions};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::{sync::Semaphore, task::JoinSet};
use tokio_util::sync::CancellationToken;

/// Over a sender that waits so long for company, all on tokio's clock.
fn outbound(setup: &Setup, linger: Duration) -> Outbound {
    let http_client = Some(setup.server.sdk_http_client());
    let pool = ClientPool::new(PoolOptions { http_client, ..PoolOptions::default() });
    let sender = pool.sender_with(SenderOptions { linger, ..SenderOptions::default() });
    let endpoints = EndpointPolicy::new([setup.server.address().to_string()]).unwrap();
    let options = OutboundOptions { endpoints, ..OutboundOptions::default() };
    let engine: Arc<dyn Engine> = setup.commands.clone();
    let secrets = Arc::new(SecretResolver::new(Vec::new()));
    Outbound::new(engine, sender, secrets, FeelEngine::new(FeelOptions::default()), options)
}

/// A failure's text without the id of its request.
fn text(message: &str) -> String {
    let (before, rest) = message.split_once("Request ID: ").unwrap();
    format!("{before}{}", rest.split_once(')').unwrap().1)
}

fn failures(setup: &Setup) -> Vec<String> {
    let taken = setup.commands.taken();
    taken
        .iter()
        .filter_map(|command| match command {
            Command::Fail(failure) => {
                assert_eq!(failure.retries, 2);
                let told: serde_json::Value = serde_json::from_str(failure.variables.as_str()).unwrap();
                Some(
                    text(told["error"]["message"].as_str().unwrap())
                        + told["error"]["type"].as_str().unwrap(),
                )
            }
            _ => None,
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn of_ten_jobs_in_one_batch_three_fail_as_if_they_were_sent_alone() {
    let setup = Setup::start().await;
    let together = outbound(&setup, Duration::from_millis(5));
    let mut jobs = JoinSet::new();
    for key in 1..=10 {
        let body =
            if [2, 5, 9].contains(&key) { "forbidden \u{0}".to_owned() } else { format!("body {key}") };
        let job = setup.job_with(1_000 + key, json!({"messageBody": body}), json!({}));
        let outbound = together.clone();
        jobs.spawn(async move { (key, outbound.handle(&job).await) });
    }
    for (key, handled) in jobs.join_all().await {
        let expected = if [2, 5, 9].contains(&key) { Handled::Failed } else { Handled::Completed };
        assert_eq!(handled, expected, "{key}");
    }
    assert_eq!(setup.server.request_count(Operation::SendMessageBatch), 1);
    assert_eq!(setup.server.request_count(Operation::SendMessage), 3, "each refused one once more alone");
    assert_eq!(setup.server.messages("q").len(), 7);
    let of_the_batch = failures(&setup);

    let lone = Setup::start().await;
    let job = lone.job_with(1, json!({"messageBody": "forbidden \u{0}"}), json!({}));
    assert_eq!(outbound(&lone, Duration::ZERO).handle(&job).await, Handled::Failed);
    let alone = failures(&lone).remove(0);
    assert!(
        alone.contains("(Service: Sqs, Status Code: 400, ") && alone.contains("InvalidMessageContents"),
        "{alone}"
    );
    assert_eq!(of_the_batch, vec![alone; 3]);
}

struct Jobs {
    jobs: VecDeque<Job>,
    permits: Arc<Semaphore>,
}

#[async_trait]
impl JobSource for Jobs {
    async fn next(&mut self) -> Option<ActivatedJob> {
        let permit = Permit::from_semaphore(Arc::clone(&self.permits).acquire_owned().await.ok()?);
        Some(ActivatedJob { job: self.jobs.pop_front()?, permit })
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_waiting_jobs_take_at_most_150_requests() {
    let setup = Setup::start().await;
    setup.server.add_fault(Fault::new(FaultEffect::None).delayed(Duration::from_millis(10)));
    let jobs = (1..=1_000).map(|key| setup.job(1_000 + key)).collect();
    let source = Jobs { jobs, permits: Arc::new(Semaphore::new(100)) };
    outbound(&setup, Duration::ZERO).run(source, CancellationToken::new()).await;
    assert_eq!(setup.commands.taken().len(), 1_000);
    assert_eq!(setup.server.messages("q").len(), 1_000);
    let requests = setup.server.request_count(Operation::SendMessage)
        + setup.server.request_count(Operation::SendMessageBatch);
    assert!(requests <= 150, "{requests}");
}

#[tokio::test(start_paused = true)]
async fn a_lone_job_is_sent_without_a_wait() {
    let setup = Setup::start().await;
    let before = tokio::time::Instant::now();
    assert_eq!(outbound(&setup, Duration::ZERO).handle(&setup.job(1)).await, Handled::Completed);
    assert_eq!(before.elapsed(), Duration::ZERO);
    assert_eq!(setup.server.request_count(Operation::SendMessage), 1);
}
