//! The folder of files, watched.

use crate::world::{World, started_by};
use std::fs;

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_file_replaces_and_a_new_file_adds() {
    let world = World::start().await;
    let queue = world.sqs.create_queue("orders", &[]).unwrap();
    let other = world.sqs.create_queue("other", &[]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("orders.bpmn"), started_by("orders", &queue, "={v: 1}")).unwrap();
    let mut settings = world.settings();
    settings.gateway.rest_address = None;
    settings.runtime.processes = Some(folder.path().to_owned());
    let running = world.run(settings).await;
    world.send("orders", "{}").await;
    world.instances("orders", 1).await;
    // The size differs, whatever the file system's clock shows.
    fs::write(folder.path().join("orders.bpmn"), started_by("orders", &queue, "={v: 1 + 1}")).unwrap();
    fs::write(folder.path().join("wrong.bpmn"), "no BPMN").unwrap();
    world.gateway.wait_until(|view| view.deployments().len() == 2).await;
    fs::write(folder.path().join("zother.bpmn"), started_by("other", &other, "={}")).unwrap();
    world.send("other", "{}").await;
    world.instances("other", 1).await;
    world.send("orders", "{}").await;
    assert_eq!(world.instances("orders", 2).await[1].version, 2);
    assert_eq!(world.activations("orders"), 1, "the consumer goes on");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_of_the_folder_that_the_cluster_shows_too_is_one() {
    let world = World::start().await;
    let queue = world.sqs.create_queue("orders", &[]).unwrap();
    let xml = started_by("orders", &queue, "={}");
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("orders.bpmn"), &xml).unwrap();
    // The engine takes a file that it has already as the version that it has.
    world.cluster.show(world.deploy(&xml).await, "orders", 1, &xml);
    let mut settings = world.settings();
    settings.runtime.processes = Some(folder.path().to_owned());
    let running = world.run(settings).await;
    world.cluster.asked("search", 4).await;
    world.send("orders", "{}").await;
    assert_eq!(world.instances("orders", 1).await.len(), 1);
    assert_eq!(world.activations("orders"), 1);
    running.stop().await;
}
