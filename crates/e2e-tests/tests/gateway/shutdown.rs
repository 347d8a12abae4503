//! What a worker that stops leaves behind.

use crate::kit::{HUNDRED, Kit, PATIENCE, next};
use connector_core::{Engine, RawJson};
use std::{collections::BTreeSet, time::Duration};
use zeebe_gateway::JobWorkerOptions;

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_a_stopped_worker_had_not_begun_with_are_another_workers_at_once_and_untouched() {
    let kit = Kit::start(HUNDRED).await;
    // Without hand-back, the second worker would wait for an hour.
    let options = JobWorkerOptions { timeout: Duration::from_secs(3600), ..kit.options() };
    let worker = kit.worker(options.clone());
    kit.client.create(kit.instance(r#"{"batch": 0}"#)).await.unwrap();
    let handle = worker.handle();
    let all_came = async {
        while handle.metrics().activated() < 100 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, all_came).await.unwrap();
    let report = worker.shutdown(PATIENCE).await;
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(report.handed_back, 100);

    let mut second = kit.worker(options);
    let mut keys = BTreeSet::new();
    while keys.len() < 100 {
        let activated = next(&mut second).await;
        assert_eq!(activated.job.retries, 3);
        kit.client.complete(activated.job.lease, RawJson::empty_object()).await.unwrap();
        keys.insert(activated.job.lease.key.get());
    }
}
