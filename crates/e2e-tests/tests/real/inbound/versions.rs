//! New versions of a process while messages flow and instances wait.

use super::{
    elements::model,
    scene::{Scene, message, numbers, process},
};
use e2e_tests::{Inbound, Model, Queue};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How many messages each version gets at least.
const SHARE: usize = 200;

pub(crate) async fn a_redeployment_while_messages_flow_loses_none(scene: &Scene) {
    let (queue, process) = (scene.queue("in").await, process());
    // The second version changes what is made of a message, the third how the queue is polled as well.
    let version = |number: usize, wait| {
        let result = format!("={{seq: body.seq, by: {number}}}");
        let properties = [("resultExpression", result.as_str()), ("queue.pollingWaitTime", wait)];
        model(&process, Inbound::MessageStart, &queue, &properties)
    };
    let mut instances: BTreeMap<i64, Value> = BTreeMap::new();
    for (number, wait) in [(1, "5"), (2, "5"), (3, "4")] {
        let (before, during) = ((number - 1) * 3 * SHARE, (number - 1) * 3 * SHARE + SHARE);
        let model = version(number, wait);
        // Some come before it, some while it is being deployed, some after it.
        send(&queue, before..during).await;
        let put = scene.put(&process, i32::try_from(number).unwrap(), &model);
        tokio::join!(put, send(&queue, during..during + SHARE));
        send(&queue, during + SHARE..during + 2 * SHARE).await;
        let wanted = before + 3 * SHARE - instances.len();
        instances.extend(scene.arrived(&process, "work", wanted).await);
    }
    scene.left(&queue, 0).await;
    assert_eq!(numbers(&instances), (0..9 * SHARE as u64).collect::<Vec<_>>());
    let by: BTreeSet<u64> = instances.values().map(|variables| variables["by"].as_u64().unwrap()).collect();
    assert_eq!(by, BTreeSet::from([1, 2, 3]), "every version had its share");
    assert_eq!(scene.more(&process, "work").await, 0, "doubled");
}

async fn send(queue: &Queue, range: std::ops::Range<usize>) {
    let messages: Vec<_> = range.map(|seq| message(seq, "any")).collect();
    queue.send(&messages).await.unwrap();
}

/// A version that starts instances from one queue and lets them wait for another.
fn two_queues(process: &str, starts: &Queue, waits: &Queue, number: i32) -> Model {
    let key = [("correlationKeyExpression", "=body.key")];
    Model::new(process)
        .inbound(Inbound::Start, "begun", &starts.url, &[("resultExpression", "={waitsFor: body.key}")])
        .inbound(Inbound::Catch, "arrived", &waits.url, &key)
        .message("arrived", &format!("{process}-{number}"), Some("=waitsFor"))
        .job("work")
        .node("endEvent", "end")
        .flow(&["begun", "arrived", "work", "end"])
}

pub(crate) async fn older_versions_are_served_while_instances_wait_but_start_none(scene: &Scene) {
    let process = process();
    let [starts1, waits1, starts2, waits2] =
        [scene.queue("s1").await, scene.queue("w1").await, scene.queue("s2").await, scene.queue("w2").await];
    let (first, second) =
        (two_queues(&process, &starts1, &waits1, 1), two_queues(&process, &starts2, &waits2, 2));
    let old = scene.deploy(&process, &first, false).await;
    starts1.send(&[message(0, "a"), message(0, "b")]).await.unwrap();
    scene.left(&starts1, 0).await;

    // Both instances wait for their messages when the second version comes.
    scene.show(old, &process, 1, &first.xml(), true);
    scene.deploy(&process, &second, true).await;
    starts2.send(&[message(0, "c")]).await.unwrap();
    scene.left(&starts2, 0).await;
    starts1.send(&[message(0, "d")]).await.unwrap();
    waits1.send(&[message(1, "a")]).await.unwrap();
    waits2.send(&[message(2, "c")]).await.unwrap();
    let instances = scene.arrived(&process, "work", 2).await;
    assert_eq!(numbers(&instances), [1, 2], "one of each version");

    // An older version for which nobody waits any more is not consumed for.
    waits1.send(&[message(3, "b")]).await.unwrap();
    assert_eq!(numbers(&scene.arrived(&process, "work", 1).await), [3]);
    scene.left(&waits1, 0).await;
    scene.show(old, &process, 1, &first.xml(), false);
    scene.logged(&format!("consumer stops process=\"{process}\" elements=[\"arrived\"]")).await;
    waits2.send(&[message(4, "nobody")]).await.unwrap();
    scene.left(&waits2, 0).await;
    let (visible, flying) = starts1.depth().await.unwrap();
    assert_eq!(visible + flying, 1, "start events count on the latest version only");
}
