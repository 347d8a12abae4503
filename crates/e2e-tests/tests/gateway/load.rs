//! Many jobs: none is lost, none is done twice, and every worker has its share.

use crate::kit::{HUNDRED, Kit, PATIENCE};
use connector_core::{Engine, JobSource, RawJson};
use futures::{StreamExt, TryStreamExt};
use serde_json::Value;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use tokio::{task::JoinSet, time::timeout};
use zeebe_gateway::{JobWorker, JobWorkerHandle, WorkerMetrics};

const BATCHES: usize = 50;
const JOBS_A_BATCH: usize = 100;

/// How often each job (batch, number) was completed.
#[derive(Clone, Default)]
pub(crate) struct Done(Arc<Mutex<HashMap<(u64, u64), u32>>>);

impl Done {
    fn note(&self, variables: &str) {
        let variables: Value = serde_json::from_str(variables).unwrap();
        let number = |name: &str| variables[name].as_u64().unwrap();
        *self.0.lock().unwrap().entry((number("batch"), number("job"))).or_default() += 1;
    }

    fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// How many were not completed exactly once.
    pub(crate) fn twice(&self) -> usize {
        self.0.lock().unwrap().values().filter(|times| **times != 1).count()
    }

    pub(crate) async fn reaches(&self, count: usize) {
        let reached = async {
            while self.count() < count {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, reached)
            .await
            .unwrap_or_else(|_| panic!("{} of {count} jobs were done", self.count()));
    }
}

pub(crate) async fn create(kit: &Kit, batches: std::ops::Range<usize>) {
    let created = futures::stream::iter(batches).map(|batch| {
        let instance = kit.instance(&format!(r#"{{"batch": {batch}}}"#));
        async move { kit.client.create(instance).await }
    });
    created.buffer_unordered(8).try_collect::<Vec<_>>().await.unwrap();
}

/// Completes whatever a worker brings, sixteen jobs at once.
pub(crate) async fn work(kit: &Kit, mut worker: JobWorker, done: Done) {
    let mut running = JoinSet::new();
    while let Some(activated) = worker.next().await {
        let (client, done) = (kit.client.clone(), done.clone());
        running.spawn(async move {
            client.complete(activated.job.lease, RawJson::empty_object()).await.unwrap();
            done.note(activated.job.variables.as_str());
            drop(activated.permit);
        });
        while running.len() >= 16 {
            running.join_next().await.unwrap().unwrap();
        }
    }
    while let Some(ended) = running.join_next().await {
        ended.unwrap();
    }
}

fn run(running: &mut JoinSet<()>, kit: &Arc<Kit>, worker: JobWorker, done: &Done) {
    let (kit, done) = (Arc::clone(kit), done.clone());
    running.spawn(async move { work(&kit, worker, done).await });
}

async fn has_jobs(handle: &JobWorkerHandle) {
    let has_jobs = async {
        while handle.metrics().activated() == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, has_jobs).await.expect("the worker gets jobs");
}

fn metrics(handle: &JobWorkerHandle) -> &Arc<WorkerMetrics> {
    handle.metrics()
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_jobs_waiting_and_new_are_shared_by_two_workers_and_done_once() {
    let (kit, done) = (Arc::new(Kit::start(HUNDRED).await), Done::default());
    let half = BATCHES * JOBS_A_BATCH;
    create(&kit, 0..BATCHES).await;

    let mut running = JoinSet::new();
    let handles: Vec<JobWorkerHandle> = (0..2)
        .map(|_| {
            let worker = kit.worker(kit.options());
            let handle = worker.handle();
            run(&mut running, &kit, worker, &done);
            handle
        })
        .collect();
    done.reaches(half).await;
    create(&kit, BATCHES..2 * BATCHES).await;
    done.reaches(2 * half).await;

    for handle in &handles {
        let metrics = metrics(handle);
        let (streamed, polled) = (metrics.streamed.get(), metrics.polled.get());
        println!("a worker: {streamed} jobs by the stream, {polled} by polls");
        assert!(metrics.activated() > 0, "one worker did everything");
        assert!(handle.shutdown(PATIENCE).await.is_complete());
    }
    while let Some(ended) = running.join_next().await {
        ended.unwrap();
    }
    let total =
        |count: fn(&WorkerMetrics) -> u64| handles.iter().map(|handle| count(metrics(handle))).sum::<u64>();
    assert!(total(|metrics| metrics.polled.get()) > 0, "the waiting jobs come by polls");
    assert!(total(|metrics| metrics.streamed.get()) > 0, "new jobs come by the stream");
    assert_eq!((done.count(), done.twice()), (2 * half, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_jobs_are_done_by_a_worker_that_was_there_before_and_one_that_came_after() {
    let (kit, done) = (Arc::new(Kit::start(HUNDRED).await), Done::default());
    let all = BATCHES * JOBS_A_BATCH;
    let mut running = JoinSet::new();
    let before = kit.worker(kit.options());
    let before_handle = before.handle();
    create(&kit, 0..BATCHES).await;
    let after = kit.worker(kit.options());
    let after_handle = after.handle();
    // The one that was there first begins when the other has its share.
    run(&mut running, &kit, after, &done);
    has_jobs(&after_handle).await;
    run(&mut running, &kit, before, &done);
    done.reaches(all).await;
    for (name, handle) in [("before", &before_handle), ("after", &after_handle)] {
        println!("the worker from {name}: {} jobs", handle.metrics().activated());
        assert!(handle.metrics().activated() > 0, "the worker from {name} got nothing");
        assert!(handle.shutdown(PATIENCE).await.is_complete());
    }
    while let Some(ended) = running.join_next().await {
        ended.unwrap();
    }
    assert_eq!((done.count(), done.twice()), (all, 0));
}
