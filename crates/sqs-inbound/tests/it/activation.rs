//! How a consumer comes to receive, what it says of its queue, and what lasting faults cost.

use crate::setup::{Point, Running, Setup, TestEngine, one_group};
use connector_core::Health;
use connector_testkit::sqs::{Fault, FaultEffect, Operation};
use sqs_inbound::{ConsumerState, Severity, Tag};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use tokio::time::{Instant, sleep_until, timeout};

const MINUTE: Duration = Duration::from_secs(60);
const RESULT: (&str, &str) = ("resultExpression", "={id: body.id}");

async fn is_up(running: &Running) {
    timeout(10 * MINUTE, running.handle.health().wait_for(Health::is_up)).await.unwrap().unwrap();
}

fn requests(setup: &Setup) -> u64 {
    setup.server.requests().values().sum()
}

/// Half an hour of a fault that is there before the consumer: DOWN with the code at once, few calls, UP by itself.
async fn suffers(fault: Fault, code: &str) {
    let setup = Setup::start(TestEngine::default()).await;
    setup.server.add_fault(fault);
    let begin = Instant::now();
    let running = setup.run(one_group(vec![setup.element("e", Point::Start, 1, &[RESULT])]));
    let mut health = running.handle.health();
    let is_down = |health: &Health| matches!(health, Health::Down { .. });
    timeout(10 * MINUTE, health.wait_for(is_down)).await.unwrap().unwrap();
    let mut before = None;
    for minute in 1..=30 {
        sleep_until(begin + minute * MINUTE).await;
        let calls = requests(&setup);
        if let Some(before) = before {
            assert!(calls - before <= 2, "{code}: {} calls in minute {minute}", calls - before);
        }
        before = Some(calls);
    }
    let state = running.handle.state().borrow().clone();
    assert!(
        matches!(&state, ConsumerState::FailedToActivate { code: shown, .. } if shown == code)
            || state == ConsumerState::Activating,
        "{state:?}"
    );
    setup.server.clear_faults();
    let before = requests(&setup);
    is_up(&running).await;
    assert!(requests(&setup) - before <= 2, "the check, and the receive that follows");
    setup.send(r#"{"id":1}"#).await;
    setup.emptied().await;
    running.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn half_an_hour_of_access_denied() {
    suffers(Fault::error(403, "AccessDenied", "not authorized"), "AccessDenied").await;
}

#[tokio::test(start_paused = true)]
async fn half_an_hour_without_the_queue() {
    suffers(Fault::error(400, "QueueDoesNotExist", "there is none"), "QueueDoesNotExist").await;
}

#[tokio::test(start_paused = true)]
async fn half_an_hour_of_internal_errors() {
    suffers(Fault::error(500, "InternalError", "an internal error"), "InternalError").await;
}

#[tokio::test(start_paused = true)]
async fn half_an_hour_of_answers_that_do_not_come() {
    suffers(Fault::new(FaultEffect::None).delayed(120 * MINUTE), "RequestTimeout").await;
}

/// Panics at the first event with a given text, once: what a mistake in the receiver would do.
struct PanicsAt(&'static str, AtomicBool);

impl tracing::Subscriber for PanicsAt {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        struct Text(String);
        impl tracing::field::Visit for Text {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                if field.name() == "message" {
                    self.0 = format!("{value:?}");
                }
            }
        }
        let mut text = Text(String::new());
        event.record(&mut text);
        if text.0.contains(self.0) {
            assert!(self.1.swap(true, Ordering::Relaxed), "as the test says");
        }
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_ends_by_itself_is_replaced() {
    let setup = Setup::start(TestEngine::default()).await;
    let running = setup.run(one_group(vec![setup.element("e", Point::Start, 1, &[RESULT])]));
    is_up(&running).await;
    // The task that receives logs its first failure; there it ends.
    let panics = tracing::Dispatch::new(PanicsAt("could not receive", AtomicBool::new(false)));
    // With a single one tracing asks only the thread that comes first whether anybody listens: maybe another test's.
    let _second = tracing::Dispatch::new(PanicsAt("never", AtomicBool::new(true)));
    let _guard = tracing::dispatcher::set_default(&panics);
    let fault = Fault::error(500, "InternalError", "").on(Operation::ReceiveMessage).times(1);
    setup.server.add_fault(fault);
    let mut state = running.handle.state();
    let failed = |state: &ConsumerState| matches!(state, ConsumerState::FailedToActivate { .. });
    let shown = timeout(MINUTE, state.wait_for(failed)).await.unwrap().unwrap().clone();
    assert!(matches!(&shown, ConsumerState::FailedToActivate { code, .. } if code == "INTERNAL_ERROR"));
    is_up(&running).await;
    setup.send(r#"{"id":1}"#).await;
    setup.emptied().await;
    let counters = running.handle.counters();
    assert_eq!((counters.activated, counters.deactivated, counters.correlated), (2, 1, 1));
    running.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_risky_about_a_queue_is_said_when_it_is_activated() {
    let setup = Setup::start(TestEngine::default()).await;
    setup.server.create_queue("dead.fifo", &[("FifoQueue", "true")]).unwrap();
    let policy = format!(
        r#"{{"deadLetterTargetArn":"{}","maxReceiveCount":5}}"#,
        setup.server.queue_arn("dead.fifo").unwrap()
    );
    let attributes = [("FifoQueue", "true"), ("VisibilityTimeout", "60"), ("RedrivePolicy", &policy)];
    let fifo = setup.server.create_queue("orders.fifo", &attributes).unwrap();
    let messages = [
        ("correlationKeyExpression", "=body.id"),
        ("messageIdExpression", "=body.id"),
        ("messageTtl", "PT4M59S"),
    ];
    let risky = setup.run(one_group(vec![setup.element_of(&fifo, "e", Point::Catch("m"), &messages)]));
    is_up(&risky).await;
    let queue = risky.handle.queue().unwrap();
    assert_eq!((queue.visibility, queue.facts.max_receive_count), (MINUTE, Some(5)));
    let [short, id] = queue.warnings.as_slice() else { panic!("{:?}", queue.warnings) };
    assert!(short.contains("'e'") && short.contains("299 s") && short.contains("300 s"), "{short}");
    assert!(id.contains("FIFO") && id.contains("messageIdExpression"), "{id}");
    let logged: Vec<_> = risky
        .handle
        .activities()
        .into_iter()
        .filter(|entry| entry.severity == Severity::Warning && entry.tag == Tag::SubscriptionActivation)
        .map(|entry| entry.message)
        .collect();
    assert_eq!(logged, queue.warnings);
    risky.stopped().await;

    let enough = [messages[0], ("messageTtl", "PT5M")];
    let safe = setup.run(one_group(vec![setup.element_of(&fifo, "e", Point::Catch("m"), &enough)]));
    is_up(&safe).await;
    assert_eq!(safe.handle.queue().unwrap().warnings, Vec::<String>::new());
    safe.stopped().await;

    let plain = setup.run(one_group(vec![setup.element("e", Point::Start, 1, &[])]));
    is_up(&plain).await;
    let queue = plain.handle.queue().unwrap();
    let [no_dead_letters] = queue.warnings.as_slice() else { panic!("{:?}", queue.warnings) };
    assert!(no_dead_letters.contains("no dead-letter queue") && no_dead_letters.contains("345600 s"));
    plain.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn the_elements_own_visibility_timeout_and_limit_go_with_each_receive() {
    let setup = Setup::start(TestEngine::default()).await;
    *setup.engine.held.lock().unwrap() = true;
    for id in 0..8 {
        setup.send(&format!(r#"{{"id":{id}}}"#)).await;
    }
    let own = [RESULT, ("queue.visibilityTimeout", "90"), ("queue.maxInFlight", "3")];
    let running = setup.run(one_group(vec![setup.element("e", Point::Start, 1, &own)]));
    setup.engine.called(3).await;
    // The engine thinks for longer than that; the heartbeats keep the three, and no fourth is taken.
    tokio::time::sleep(10 * MINUTE).await;
    assert_eq!(setup.engine.commands().len(), 3);
    let depth = setup.server.depth("q").unwrap();
    assert_eq!((depth.in_flight, depth.visible), (3, 5));
    let bodies = |operation| {
        let recorded = setup.server.recorded().into_iter();
        let of = recorded.filter(move |request| request.operation == Some(operation));
        of.map(|request| request.json().unwrap()).collect::<Vec<_>>()
    };
    for receive in bodies(Operation::ReceiveMessage) {
        assert_eq!(receive["VisibilityTimeout"], 90, "{receive}");
    }
    let extensions = bodies(Operation::ChangeMessageVisibilityBatch);
    assert!(!extensions.is_empty());
    for entry in extensions.iter().flat_map(|body| body["Entries"].as_array().unwrap()) {
        assert_eq!(entry["VisibilityTimeout"], 90, "{entry}");
    }
    assert_eq!(running.handle.queue().unwrap().visibility, Duration::from_secs(90));
    *setup.engine.held.lock().unwrap() = false;
    for _ in 0..8 {
        setup.engine.released.notify_waiters();
        tokio::task::yield_now().await;
    }
    setup.emptied().await;
    running.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn a_queue_url_out_of_a_secret_is_shown_nowhere() {
    let setup = Setup::start(TestEngine::default()).await;
    let url = setup.server.queue_url("q").replace("/q", "/{{secrets.QUEUE}}");
    let running = setup.run(one_group(vec![setup.element_of(&url, "e", Point::Start, &[])]));
    let mut health = running.handle.health();
    let is_down = |health: &Health| matches!(health, Health::Down { .. });
    let down = timeout(MINUTE, health.wait_for(is_down)).await.unwrap().unwrap().clone();
    let Health::Down { code, message } = &down else { panic!("{down:?}") };
    assert_eq!(code, "QueueDoesNotExist");
    assert!(message.starts_with("Queue does not exist: ") && message.ends_with("/***"), "{message}");
    setup.server.create_queue("canary-queue", &[]).unwrap();
    is_up(&running).await;
    setup
        .server
        .add_fault(Fault::error(403, "AccessDenied", "not canary-queue").on(Operation::ReceiveMessage));
    let down = timeout(10 * MINUTE, health.wait_for(is_down)).await.unwrap().unwrap().clone();
    let shown =
        format!("{down:?} {:?} {:?}", running.handle.activities(), running.handle.queue().unwrap().url);
    assert!(shown.contains("***") && !shown.contains("canary-queue"), "{shown}");
    running.stopped().await;
}
