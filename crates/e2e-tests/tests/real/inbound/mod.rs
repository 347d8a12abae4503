//! What the inbound connector does, on the real servers: one connector, all scenarios at the same time.

mod cluster;
mod elements;
mod scene;
mod versions;

use futures::{FutureExt, future::join_all};
use scene::Scene;
use std::panic::AssertUnwindSafe;

macro_rules! scenarios {
    ($scene:expr, [$($module:ident :: $name:ident),* $(,)?]) => {
        vec![$((stringify!($name), $module::$name($scene).boxed_local())),*]
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn inbound_elements_do_what_they_say() {
    let scene = Scene::start().await;
    let scenarios = scenarios!(
        &scene,
        [
            elements::a_start_event_creates_an_instance,
            elements::a_message_start_event_creates_an_instance,
            elements::a_catch_event_goes_on,
            elements::a_boundary_event_interrupts,
            elements::a_receive_task_goes_on,
            elements::conditions_choose_the_element,
            elements::unmatched_messages_go_only_where_an_element_says_so,
            elements::the_same_message_id_twice_is_one_instance,
            elements::a_message_lives_as_long_as_the_element_says,
            versions::a_redeployment_while_messages_flow_loses_none,
            versions::older_versions_are_served_while_instances_wait_but_start_none,
        ]
    );
    let played = scenarios.into_iter().map(|(name, scenario)| async move {
        let passed = AssertUnwindSafe(scenario).catch_unwind().await.is_ok();
        println!("inbound {name} ... {}", if passed { "ok" } else { "FAILED" });
        (name, passed)
    });
    let played = join_all(played).await;
    let failed: Vec<_> = played.into_iter().filter(|(_, passed)| !passed).map(|(name, _)| name).collect();
    assert!(failed.is_empty(), "{failed:?}");
    scene.stop().await;
}
