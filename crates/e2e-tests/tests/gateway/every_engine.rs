//! Every command, as every engine takes it that can be had: the oldest and the newest too.

use crate::{
    kit::{HUNDRED, Kit, PATIENCE, TASK, deploy, next},
    load::{Done, create, work},
};
use connector_core::{
    BpmnError, Engine, EngineErrorCode, JobFailure, PublishMessage, Published, RawJson, TenantId,
};
use std::{sync::Arc, time::Duration};
use uuid::Uuid;
use zeebe_gateway::JobWorkerOptions;

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_deployed_twice_keeps_its_version() {
    let kit = Kit::start(TASK).await;
    assert_eq!(kit.process.version, 1);
    assert_eq!(deploy(&kit.client, kit.id(), TASK).await, kit.process);
    let changed = deploy(&kit.client, kit.id(), &TASK.replace("retries=\"3\"", "retries=\"5\"")).await;
    assert_eq!(changed.version, 2);
    assert_ne!(changed.process_definition_key, kit.process.process_definition_key);
    let topology = kit.client.topology().await.unwrap();
    assert_eq!(topology.brokers.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_failed_prolonged_and_completed_once() {
    let kit = Kit::start(TASK).await;
    let (client, mut worker) = (kit.client.clone(), kit.worker(kit.options()));
    let instance = kit.instance(r#"{"amount": 1.5}"#);
    let ended = tokio::spawn({
        let client = client.clone();
        async move { client.create_process_instance_with_result(instance, Vec::new(), PATIENCE).await }
    });
    let first = next(&mut worker).await;
    assert_eq!((first.job.retries, first.job.element_id.as_str()), (3, "task"));
    assert!(first.job.variables.as_str().contains("1.5"), "{:?}", first.job.variables);
    let failure = JobFailure {
        retries: 2,
        error_message: "once more".to_owned(),
        retry_backoff_millis: 0,
        variables: RawJson::parse(r#"{"failed": true}"#).unwrap(),
    };
    client.fail(first.job.lease, failure).await.unwrap();
    drop(first.permit);
    let second = next(&mut worker).await;
    assert_eq!(second.job.retries, 2);
    client.update_timeout(second.job.lease, Duration::from_secs(600)).await.unwrap();
    client.complete(second.job.lease, RawJson::parse(r#"{"answer": 42}"#).unwrap()).await.unwrap();
    let again = client.complete(second.job.lease, RawJson::empty_object()).await.unwrap_err();
    assert_eq!(again.code, EngineErrorCode::NotFound);
    let result = ended.await.unwrap().unwrap();
    assert_eq!(result.process_instance_key, second.job.process_instance_key);
    assert!(result.variables.contains(r#""answer":42"#), "{}", result.variables);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thrown_error_takes_the_other_way() {
    let kit = Kit::start(TASK).await;
    let (client, mut worker) = (kit.client.clone(), kit.worker(kit.options()));
    let instance = kit.instance("{}");
    let ended = tokio::spawn(async move { client.create_with_result(instance, PATIENCE).await });
    let activated = next(&mut worker).await;
    let error = BpmnError {
        error_code: "oops".to_owned(),
        error_message: "caught".to_owned(),
        variables: RawJson::empty_object(),
    };
    kit.client.throw(activated.job.lease, error).await.unwrap();
    assert_eq!(ended.await.unwrap().unwrap(), activated.job.process_instance_key);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_id_that_is_published_twice_is_a_duplicate() {
    let kit = Kit::start(TASK).await;
    let name = Uuid::new_v4().to_string();
    let message = |id: &str| PublishMessage {
        name: name.clone(),
        correlation_key: "key".to_owned(),
        message_id: id.to_owned(),
        time_to_live_millis: 60_000,
        variables: RawJson::empty_object(),
        tenant_id: TenantId::default(),
    };
    assert!(matches!(kit.client.publish(message("one")).await.unwrap(), Published::New(_)));
    assert_eq!(kit.client.publish(message("one")).await.unwrap(), Published::Duplicate);
    assert!(matches!(kit.client.publish(message("two")).await.unwrap(), Published::New(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_is_taken_and_an_unknown_process_is_refused() {
    let kit = Kit::start(TASK).await;
    let key =
        kit.client.broadcast_signal("nobody", RawJson::empty_object(), TenantId::default()).await.unwrap();
    assert!(key > 0);
    let mut unknown = kit.instance("{}");
    unknown.bpmn_process_id = Uuid::new_v4().to_string();
    assert_eq!(kit.client.create(unknown).await.unwrap_err().code, EngineErrorCode::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_jobs_are_polled_and_done_once() {
    let (kit, done) = (Arc::new(Kit::start(HUNDRED).await), Done::default());
    create(&kit, 0..10).await;
    let worker = kit.worker(JobWorkerOptions { stream_enabled: false, ..kit.options() });
    let handle = worker.handle();
    let (own, noted) = (Arc::clone(&kit), done.clone());
    let working = tokio::spawn(async move { work(&own, worker, noted).await });
    done.reaches(1_000).await;
    assert!(handle.shutdown(PATIENCE).await.is_complete());
    working.await.unwrap();
    assert_eq!((handle.metrics().polled.get(), done.twice()), (1_000, 0));
}
