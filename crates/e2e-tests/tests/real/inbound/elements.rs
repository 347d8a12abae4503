//! Each of the five kinds of elements, and what is said about its messages.

use super::scene::{Scene, message, numbers, process};
use e2e_tests::{Inbound, Model, Queue};

const KEY: (&str, &str) = ("correlationKeyExpression", "=body.key");

/// A process whose instances get from the element to a job, with what leads to the element.
pub(crate) fn model(process: &str, kind: Inbound, queue: &Queue, properties: &[(&str, &str)]) -> Model {
    let starts = matches!(kind, Inbound::Start | Inbound::MessageStart);
    let properties: Vec<_> = properties.iter().copied().chain((!starts).then_some(KEY)).collect();
    let model = Model::new(process);
    let model = match kind {
        Inbound::Start | Inbound::MessageStart => model,
        Inbound::Boundary(host) => model
            .node("startEvent", "begin")
            .job(host)
            .node("endEvent", "done")
            .flow(&["begin", host, "done"]),
        Inbound::Catch | Inbound::Receive => model.node("startEvent", "begin").flow(&["begin", "arrived"]),
    };
    let key = (!starts).then_some("=waitsFor");
    model
        .inbound(kind, "arrived", &queue.url, &properties)
        .message("arrived", &format!("{process}-order"), key)
        .job("work")
        .node("endEvent", "end")
        .flow(&["arrived", "work", "end"])
}

async fn one_message_is_one_instance(scene: &Scene, kind: Inbound) {
    let (queue, process) = (scene.queue("in").await, process());
    scene.put(&process, 1, &model(&process, kind, &queue, &[])).await;
    let waiting = match kind {
        Inbound::Start | Inbound::MessageStart => None,
        _ => Some(scene.wait_for(&process, "mine").await),
    };
    queue.send(&[message(7, "mine")]).await.unwrap();
    let instances = scene.arrived(&process, "work", 1).await;
    assert_eq!(numbers(&instances), [7], "{kind:?}");
    if let Some(waiting) = waiting {
        assert_eq!(instances.keys().copied().collect::<Vec<_>>(), [waiting], "{kind:?}: another instance");
    }
    scene.left(&queue, 0).await;
    assert_eq!(scene.more(&process, "work").await, 0, "{kind:?}: doubled");
}

pub(crate) async fn a_start_event_creates_an_instance(scene: &Scene) {
    one_message_is_one_instance(scene, Inbound::Start).await;
}

pub(crate) async fn a_message_start_event_creates_an_instance(scene: &Scene) {
    one_message_is_one_instance(scene, Inbound::MessageStart).await;
}

pub(crate) async fn a_catch_event_goes_on(scene: &Scene) {
    one_message_is_one_instance(scene, Inbound::Catch).await;
}

pub(crate) async fn a_boundary_event_interrupts(scene: &Scene) {
    one_message_is_one_instance(scene, Inbound::Boundary("host")).await;
}

pub(crate) async fn a_receive_task_goes_on(scene: &Scene) {
    one_message_is_one_instance(scene, Inbound::Receive).await;
}

pub(crate) async fn conditions_choose_the_element(scene: &Scene) {
    let (queue, process) = (scene.queue("in").await, process());
    let condition = |text| [("activationCondition", text)];
    let model = Model::new(&process)
        .inbound(Inbound::MessageStart, "small", &queue.url, &condition("=body.seq < 10"))
        .inbound(Inbound::MessageStart, "large", &queue.url, &condition("=body.seq >= 10"))
        .message("small", &format!("{process}-small"), None)
        .message("large", &format!("{process}-large"), None)
        .job("few")
        .job("many")
        .node("endEvent", "end")
        .flow(&["small", "few", "end"])
        .flow(&["large", "many", "end"]);
    scene.put(&process, 1, &model).await;
    queue.send(&[message(1, "a"), message(50, "b"), message(9, "c"), message(10, "d")]).await.unwrap();
    let (few, many) = tokio::join!(scene.arrived(&process, "few", 2), scene.arrived(&process, "many", 2));
    assert_eq!((numbers(&few), numbers(&many)), (vec![1, 9], vec![10, 50]));
    scene.left(&queue, 0).await;
}

pub(crate) async fn unmatched_messages_go_only_where_an_element_says_so(scene: &Scene) {
    for (consumes, left) in [("true", 0), ("false", 1)] {
        let (queue, process) = (scene.queue("in").await, process());
        let properties = [("activationCondition", "=body.seq > 1"), ("consumeUnmatchedEvents", consumes)];
        scene.put(&process, 1, &model(&process, Inbound::MessageStart, &queue, &properties)).await;
        queue.send(&[message(1, "a"), message(2, "b")]).await.unwrap();
        assert_eq!(numbers(&scene.arrived(&process, "work", 1).await), [2]);
        // What stays was received with the other one or comes next; it stays after that as well.
        scene.left(&queue, left).await;
        queue.send(&[message(3, "c")]).await.unwrap();
        assert_eq!(numbers(&scene.arrived(&process, "work", 1).await), [3]);
        scene.left(&queue, left).await;
        assert_eq!(scene.more(&process, "work").await, 0);
    }
}

pub(crate) async fn the_same_message_id_twice_is_one_instance(scene: &Scene) {
    let (queue, process) = (scene.queue("in").await, process());
    let properties = [("messageIdExpression", "=body.key")];
    scene.put(&process, 1, &model(&process, Inbound::MessageStart, &queue, &properties)).await;
    // Two messages of SQS, one for the engine.
    queue.send(&[message(1, "same"), message(1, "same"), message(2, "other")]).await.unwrap();
    let instances = scene.arrived(&process, "work", 2).await;
    scene.left(&queue, 0).await;
    assert_eq!(numbers(&instances), [1, 2]);
    assert_eq!(scene.more(&process, "work").await, 0, "the same message id made two instances");
}

pub(crate) async fn a_message_lives_as_long_as_the_element_says(scene: &Scene) {
    for (time_to_live, expected) in [("PT0S", 2), ("PT1H", 1)] {
        let (queue, process) = (scene.queue("in").await, process());
        let properties = [("messageTtl", time_to_live)];
        scene.put(&process, 1, &model(&process, Inbound::Catch, &queue, &properties)).await;
        // Nobody waits for the first; it is accepted all the same.
        queue.send(&[message(1, "mine")]).await.unwrap();
        scene.left(&queue, 0).await;
        let waiting = scene.wait_for(&process, "mine").await;
        queue.send(&[message(2, "mine")]).await.unwrap();
        let instances = scene.arrived(&process, "work", 1).await;
        assert_eq!(numbers(&instances), [expected], "a time to live of {time_to_live}");
        assert!(instances.contains_key(&waiting));
        scene.left(&queue, 0).await;
    }
}
