//! Processes that others deployed, found over REST.

use crate::world::{World, started_by};

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_others_deployed_is_consumed_for() {
    let world = World::start().await;
    let queue = world.sqs.create_queue("orders", &[]).unwrap();
    let xml = started_by("orders", &queue, "={n: body.n}");
    let running = world.run(world.settings()).await;
    world.cluster.asked("search", 2).await;
    world.cluster.show(world.deploy(&xml).await, "orders", 1, &xml);
    world.send("orders", r#"{"n": 1}"#).await;
    assert_eq!(world.instances("orders", 1).await.len(), 1);
    assert_eq!(running.stop().await.unfinished, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_takes_over_without_a_new_consumer() {
    let world = World::start().await;
    let queue = world.sqs.create_queue("orders", &[]).unwrap();
    let (one, two) = (started_by("orders", &queue, "={v: 1}"), started_by("orders", &queue, "={v: 2}"));
    world.cluster.show(world.deploy(&one).await, "orders", 1, &one);
    let running = world.run(world.settings()).await;
    world.send("orders", "{}").await;
    world.instances("orders", 1).await;
    world.cluster.show(world.deploy(&two).await, "orders", 2, &two);
    // A look asks for two pages: then one that began after the change has ended.
    world.cluster.asked("search", 4).await;
    world.send("orders", "{}").await;
    let instances = world.instances("orders", 2).await;
    assert_eq!(instances.iter().map(|instance| instance.version).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(world.activations("orders"), 1);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_vanishes_is_stopped_and_the_others_go_on() {
    let world = World::start().await;
    let (left, right) =
        (world.sqs.create_queue("left", &[]).unwrap(), world.sqs.create_queue("right", &[]).unwrap());
    let (xml, other) = (started_by("left", &left, "={}"), started_by("right", &right, "={}"));
    let key = world.deploy(&xml).await;
    world.cluster.show(key, "left", 1, &xml);
    world.cluster.show(world.deploy(&other).await, "right", 1, &other);
    let running = world.run(world.settings()).await;
    world.send("left", "{}").await;
    world.instances("left", 1).await;
    world.cluster.forget(key);
    world.cluster.asked("search", 4).await;
    world.send("left", "{}").await;
    world.send("right", "{}").await;
    world.instances("right", 1).await;
    // A receive that was still open may have taken the message; then it is put back.
    world.sqs.wait_until(|sqs| sqs.depth("left").is_some_and(|depth| depth.visible == 1)).await;
    assert_eq!(world.instances("left", 1).await.len(), 1);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_fails_and_bpmn_that_is_none_stop_nobody() {
    let world = World::start().await;
    let queue = world.sqs.create_queue("orders", &[]).unwrap();
    let xml = started_by("orders", &queue, "={}");
    world.cluster.show(world.deploy(&xml).await, "orders", 1, &xml);
    world.cluster.show(1, "broken", 1, "no BPMN at all");
    let running = world.run(world.settings()).await;
    world.send("orders", "{}").await;
    world.instances("orders", 1).await;
    world.cluster.set_broken(true);
    world.cluster.asked("search", 3).await;
    world.send("orders", "{}").await;
    world.instances("orders", 2).await;
    world.cluster.set_broken(false);
    world.cluster.asked("search", 3).await;
    world.send("orders", "{}").await;
    world.instances("orders", 3).await;
    assert_eq!(world.activations("orders"), 1);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_version_that_is_waited_for_starts_no_instances() {
    let world = World::start().await;
    let (old, new) =
        (world.sqs.create_queue("old", &[]).unwrap(), world.sqs.create_queue("new", &[]).unwrap());
    let (one, two) = (started_by("orders", &old, "={}"), started_by("orders", &new, "={}"));
    let key = world.deploy(&one).await;
    world.cluster.keep(key, "orders", 1, &one);
    world.cluster.subscribe(key);
    world.cluster.show(world.deploy(&two).await, "orders", 2, &two);
    let running = world.run(world.settings()).await;
    world.send("old", "{}").await;
    world.send("new", "{}").await;
    assert_eq!(world.instances("orders", 1).await[0].version, 2);
    assert!(world.cluster.count("definition") > 0, "the version of the older key was looked up");
    assert_eq!(world.activations("old"), 0);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_rest_address_nobody_asks() {
    let world = World::start().await;
    let mut settings = world.settings();
    settings.gateway.rest_address = None;
    let running = world.run(settings).await;
    world.gateway.wait_until(|view| view.open_streams("io.camunda:aws-sqs:1") > 0).await;
    running.stop().await;
    assert_eq!(world.cluster.count("search"), 0);
}
