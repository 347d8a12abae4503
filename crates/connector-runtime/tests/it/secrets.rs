//! The secret filter of jobs whose process others deployed.

use crate::world::{World, sends};
use connector_core::{CreateInstance, Engine, RawJson, TenantId};
use connector_testkit::gateway::{JobSnapshot, JobState};
use zeebe_gateway::{GatewayClient, GatewayOptions};

/// Creates an instance while a runtime works, and gives the job when it is done with.
async fn job_of(world: &World, variables: &str) -> JobSnapshot {
    let client = GatewayClient::connect(GatewayOptions::new(world.gateway.address())).await.unwrap();
    let instance = CreateInstance {
        bpmn_process_id: "mail".to_owned(),
        version: -1,
        variables: RawJson::parse(variables).unwrap(),
        tenant_id: TenantId::default(),
    };
    client.create(instance).await.unwrap();
    let done = |job: &JobSnapshot| !matches!(job.state, JobState::Activatable | JobState::Activated);
    world.gateway.wait_until(|view| view.jobs().iter().any(done)).await;
    world.gateway.view(|view| view.jobs().remove(0))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_the_task_mentions_is_resolved_and_one_from_process_data_is_not() {
    let world = World::start().await;
    let queue = world.sqs.create_queue("mails", &[]).unwrap();
    let xml = sends("mail", &queue, "{{secrets.GREETING}} world");
    world.cluster.keep(world.deploy(&xml).await, "mail", 1, &xml);
    let running = world.run(world.settings()).await;
    assert_eq!(job_of(&world, "{}").await.state, JobState::Completed);
    running.stop().await;
    assert_eq!(world.sqs.messages("mails")[0].body, "hello world");
    assert_eq!(world.cluster.count("xml"), 1, "it is read once");

    let world = World::start().await;
    let queue = world.sqs.create_queue("mails", &[]).unwrap();
    let xml = sends("mail", &queue, "=data");
    world.cluster.keep(world.deploy(&xml).await, "mail", 1, &xml);
    let running = world.run(world.settings()).await;
    job_of(&world, r#"{"data": "{{secrets.GREETING}} world"}"#).await;
    running.stop().await;
    assert!(world.sqs.messages("mails").iter().all(|message| !message.body.contains("hello")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_definition_that_is_exported_late_is_waited_for() {
    let world = World::start().await;
    let queue = world.sqs.create_queue("mails", &[]).unwrap();
    let xml = sends("mail", &queue, "{{secrets.GREETING}} world");
    let key = world.deploy(&xml).await;
    let running = world.run(world.settings()).await;
    let export = async {
        world.cluster.asked("xml", 1).await;
        world.cluster.keep(key, "mail", 1, &xml);
    };
    let (job, ()) = tokio::join!(job_of(&world, "{}"), export);
    assert_eq!(job.state, JobState::Completed);
    running.stop().await;
    assert_eq!(world.sqs.messages("mails")[0].body, "hello world");
}
