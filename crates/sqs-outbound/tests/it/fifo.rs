//! Many jobs of many groups, requests that fail at random, and what the queue has in the end.

use crate::support::Setup;
use async_trait::async_trait;
use connector_core::{
    ActivatedJob, BpmnError, CreateInstance, Engine, EngineError, Job, JobFailure, JobLease, JobSource,
    Permit, ProcessInstanceKey, PublishMessage, Published, RawJson,
};
use connector_secrets::{SecretError, SecretName, SecretProvider, SecretResolver, SecretScope};
use connector_testkit::sqs::{EntryFailure, Fault, FaultEffect, Operation};
use secrecy::SecretString;
use serde_json::json;
use sqs_outbound::{Outbound, OutboundOptions};
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

const GROUPS: i64 = 20;
const MESSAGES: i64 = 500;
/// What the connector has in work at once.
const PERMITS: usize = 100;

/// The engine: hands a job out again when it has failed, and writes down what it handed out.
#[derive(Default)]
struct World {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    out: HashMap<i64, Job>,
    /// The keys of the jobs in the order in which they were handed over.
    handed_over: Vec<i64>,
    failed: usize,
}

impl World {
    fn ends(&self, job: JobLease, failed: bool) {
        let mut state = self.state.lock().unwrap();
        let job = state.out.remove(&job.key.get()).unwrap();
        if failed {
            state.failed += 1;
            state.waiting.push_back(job);
        }
        self.changed.notify_one();
    }
}

#[async_trait]
impl Engine for World {
    async fn complete(&self, job: JobLease, _: RawJson) -> Result<(), EngineError> {
        self.ends(job, false);
        Ok(())
    }

    async fn fail(&self, job: JobLease, failure: JobFailure) -> Result<(), EngineError> {
        assert_eq!(failure.retries, 2, "{failure:?}");
        self.ends(job, true);
        Ok(())
    }

    async fn throw(&self, _: JobLease, _: BpmnError) -> Result<(), EngineError> {
        panic!("there is no error expression")
    }

    async fn update_timeout(&self, _: JobLease, _: Duration) -> Result<(), EngineError> {
        panic!("there is no such header")
    }

    async fn publish(&self, _: PublishMessage) -> Result<Published, EngineError> {
        panic!("a job publishes nothing")
    }

    async fn create(&self, _: CreateInstance) -> Result<ProcessInstanceKey, EngineError> {
        panic!("a job creates nothing")
    }

    async fn create_with_result(
        &self,
        _: CreateInstance,
        _: Duration,
    ) -> Result<ProcessInstanceKey, EngineError> {
        panic!("a job creates nothing")
    }
}

struct Source {
    world: Arc<World>,
    permits: Arc<Semaphore>,
}

#[async_trait]
impl JobSource for Source {
    async fn next(&mut self) -> Option<ActivatedJob> {
        let permit = Permit::from_semaphore(Arc::clone(&self.permits).acquire_owned().await.ok()?);
        loop {
            {
                let mut state = self.world.state.lock().unwrap();
                if let Some(job) = state.waiting.pop_front() {
                    state.handed_over.push(job.lease.key.get());
                    state.out.insert(job.lease.key.get(), job.clone());
                    return Some(ActivatedJob { job, permit });
                }
                if state.out.is_empty() {
                    return None;
                }
            }
            self.world.changed.notified().await;
        }
    }
}

/// Gives every secret after a while that differs from one to the next, so that jobs overtake each other on their way.
struct Slow;

#[async_trait]
impl SecretProvider for Slow {
    fn describe(&self) -> &str {
        "slow"
    }

    async fn secret(&self, name: &SecretName, _: &SecretScope) -> Result<Option<SecretString>, SecretError> {
        let number: usize = name.as_str().trim_start_matches('N').parse().unwrap();
        for _ in 0..number * 7 % 13 {
            tokio::task::yield_now().await;
        }
        Ok(Some("s".into()))
    }
}

/// Numbers that look random and are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

fn faults(setup: &Setup) {
    let mut numbers = Numbers(42);
    let mut at = 0;
    for _ in 0..120 {
        // Further apart than one request is tried: what is lost after SQS took it is asked for again in time.
        at += 5 + u32::try_from(numbers.below(8)).unwrap();
        let (effect, times) = match numbers.below(6) {
            0 => (Fault::error(503, "ServiceUnavailable", "later").effect, 1),
            1 => (FaultEffect::Reset, 1),
            2 => (FaultEffect::LoseAnswer, 1),
            // As often as a request is tried, so that its jobs fail.
            3 => (Fault::error(500, "InternalError", "later").effect, 4),
            _ => {
                let count = usize::try_from(1 + numbers.below(4)).unwrap();
                let code = "InternalError".to_owned();
                let message = "try again".to_owned();
                (FaultEffect::FailEntries(EntryFailure { count, code, message, sender_fault: false }), 1)
            }
        };
        setup.server.add_fault(
            Fault::new(effect).on(Operation::SendMessageBatch).queue("q.fifo").after(at).times(times),
        );
    }
}

fn jobs(setup: &Setup) -> VecDeque<Job> {
    let url = setup.server.queue_url("q.fifo");
    let mut numbers = Numbers(7);
    let mut left = vec![0; usize::try_from(GROUPS).unwrap()];
    (0..GROUPS * MESSAGES)
        .map(|key| {
            let group = loop {
                let group = usize::try_from(numbers.below(GROUPS.unsigned_abs())).unwrap();
                if left[group] < MESSAGES {
                    break group;
                }
            };
            left[group] += 1;
            let queue = json!({
                "url": url, "type": "fifo", "messageGroupId": format!("g{group}"),
                "messageDeduplicationId": format!("d{key}"), "messageBody": key.to_string(),
            });
            let mut job = setup.job_with(key + 1_000, queue, json!({}));
            job.variables = job.variables.replace("\"AKID\"", &format!("\"{{{{secrets.N{}}}}}\"", key % 50));
            job.lease.deadline += Duration::from_secs(600);
            job
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_group_keeps_the_order_of_its_jobs_and_nothing_is_sent_twice() {
    let setup = Setup::start().await;
    setup.server.create_queue("q.fifo", &[("FifoQueue", "true")]).unwrap();
    faults(&setup);
    let world = Arc::new(World::default());
    world.state.lock().unwrap().waiting = jobs(&setup);
    let outbound = setup.outbound_with(
        Arc::clone(&world) as Arc<dyn Engine>,
        SecretResolver::new(vec![Arc::new(Slow)]),
        OutboundOptions::default(),
    );
    let permits = Arc::new(Semaphore::new(PERMITS));
    Outbound::run(&outbound, Source { world: Arc::clone(&world), permits }, CancellationToken::new()).await;

    let state = world.state.lock().unwrap();
    assert!(state.failed > 20, "{} jobs failed: the faults were not met", state.failed);
    let mut messages = setup.server.messages("q.fifo");
    assert_eq!(messages.len(), usize::try_from(GROUPS * MESSAGES).unwrap(), "every message once");
    messages.sort_by(|one, other| one.sequence_number.cmp(&other.sequence_number));
    let mut accepted: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for message in messages {
        let key = message.body.parse::<i64>().unwrap() + 1_000;
        accepted.entry(message.message_group_id.unwrap()).or_default().push(key);
    }
    let mut places: HashMap<i64, Vec<usize>> = HashMap::new();
    for (place, key) in state.handed_over.iter().enumerate() {
        places.entry(*key).or_default().push(place);
    }
    for (group, keys) in accepted {
        let mut before = None;
        for key in keys {
            // A job that failed was handed over again. Its message is in the queue since that time, or since the first one if SQS took it
            // and every answer was lost.
            let since = places[&key].iter().find(|place| before.is_none_or(|before| before < **place));
            assert!(
                since.is_some(),
                "{group}: {key}, handed over at {:?}, came after {before:?}",
                places[&key]
            );
            before = since.copied();
        }
    }
    println!(
        "{} jobs handed over {} times, {} requests",
        GROUPS * MESSAGES,
        state.handed_over.len(),
        setup.server.request_count(Operation::SendMessageBatch)
            + setup.server.request_count(Operation::SendMessage)
    );
}
