//! From the queue to the engine and back.

use crate::setup::{Point, Setup, TestEngine, one_group};
use connector_core::{EngineErrorCode, Health};
use connector_testkit::sqs::{Fault, Operation};
use sqs_inbound::{Command, ConsumerOptions, ConsumerState, InboundError, PoisonPolicy, Severity};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, SystemTime},
};
use tokio::time::{Instant, sleep, timeout};

const RESULT: (&str, &str) = ("resultExpression", "={id: body.id}");

fn variables(command: &Command) -> &str {
    match command {
        Command::Create(instance) | Command::CreateAndAwait(instance) => instance.variables.as_str(),
        Command::Publish(message) => message.variables.as_str(),
    }
}

async fn in_state(running: &crate::setup::Running, wanted: impl Fn(&ConsumerState) -> bool) -> ConsumerState {
    let mut state = running.handle.state();
    timeout(Duration::from_secs(3_600), state.wait_for(wanted))
        .await
        .expect("the state never came")
        .unwrap()
        .clone()
}

#[tokio::test(start_paused = true)]
async fn deletes_only_after_the_engine_accepted() {
    let setup = Setup::start(TestEngine::default()).await;
    *setup.engine.held.lock().unwrap() = true;
    setup.send(r#"{"id":1}"#).await;
    let running = setup.run(one_group(vec![setup.element("e", Point::Start, 1, &[RESULT])]));
    setup.engine.called(1).await;
    // Longer than the queue's visibility timeout: the message stays ours while the engine thinks.
    sleep(Duration::from_secs(120)).await;
    assert_eq!(setup.server.depth("q").unwrap().in_flight, 1);
    assert_eq!(setup.server.request_count(Operation::DeleteMessageBatch), 0);
    setup.engine.released.notify_one();
    setup.emptied().await;
    assert_eq!(setup.engine.commands().len(), 1);
    assert_eq!(variables(&setup.engine.commands()[0]), r#"{"id":1}"#);
    running.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn keeps_a_message_whose_command_the_engine_refuses_and_tries_it_again_when_it_comes_back() {
    let setup = Setup::start(TestEngine::answering(&[EngineErrorCode::InvalidArgument])).await;
    setup.send(r#"{"id":1}"#).await;
    let running = setup.run(one_group(vec![setup.element("e", Point::Start, 1, &[])]));
    setup.engine.called(2).await;
    setup.emptied().await;
    assert_eq!(setup.server.counters("q").unwrap().received, 2);
    running.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_the_engine_costs_no_message_a_receive() {
    let outage = vec![EngineErrorCode::Unavailable; 12];
    let setup = Setup::start(TestEngine::answering(&outage)).await;
    for id in 0..5 {
        setup.send(&format!(r#"{{"id":{id}}}"#)).await;
    }
    let running = setup.run(one_group(vec![setup.element(
        "e",
        Point::Catch("m"),
        1,
        &[("correlationKeyExpression", "=body.id")],
    )]));
    let start = Instant::now();
    setup.emptied().await;
    assert!(start.elapsed() > Duration::from_secs(60), "{:?}", start.elapsed());
    assert_eq!(setup.server.counters("q").unwrap().received, 5, "each message was received once");
    assert_eq!(setup.engine.commands().len(), 17);
    // And it goes on by itself.
    setup.send(r#"{"id":6}"#).await;
    setup.emptied().await;
    running.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn receives_nothing_while_the_engine_is_unavailable() {
    let setup = Setup::start(TestEngine::answering(&vec![EngineErrorCode::ResourceExhausted; 1_000])).await;
    setup.send("1").await;
    let running = setup.run(one_group(vec![setup.element("e", Point::Start, 1, &[])]));
    setup.engine.called(1).await;
    // A receive that was under way may end; none begins after it.
    sleep(Duration::from_secs(25)).await;
    let receives = setup.server.request_count(Operation::ReceiveMessage);
    setup.send("2").await;
    sleep(Duration::from_secs(600)).await;
    assert_eq!(setup.server.request_count(Operation::ReceiveMessage), receives);
    setup.engine.answers.lock().unwrap().clear();
    setup.emptied().await;
    running.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn goes_on_receiving_after_an_outage_in_which_the_message_went_back() {
    // The command may have reached the engine, so the message is given back; nobody is left to try.
    let setup = Setup::start(TestEngine::answering(&[EngineErrorCode::DeadlineExceeded])).await;
    setup.send("1").await;
    let running = setup.run(one_group(vec![setup.element("e", Point::Start, 1, &[])]));
    setup.emptied().await;
    assert_eq!(setup.engine.commands().len(), 2);
    running.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn a_message_that_was_accepted_but_not_deleted_makes_no_second_instance() {
    let setup = Setup::start(TestEngine::default()).await;
    setup
        .server
        .add_fault(Fault::error(403, "AccessDenied", "no").on(Operation::DeleteMessageBatch).times(200));
    setup.send("1").await;
    let running = setup.run(one_group(vec![setup.element("e", Point::Start, 1, &[])]));
    setup.emptied().await;
    assert_eq!(setup.engine.commands().len(), 1);
    running.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn tries_to_activate_until_it_succeeds_and_shows_why_it_could_not() {
    let setup = Setup::start(TestEngine::default()).await;
    let url = setup.server.queue_url("later");
    let properties = setup.properties(&url, &[]);
    let properties: Vec<_> = properties.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let running = setup.run(one_group(vec![crate::setup::element("e", Point::Start, 1, &properties)]));
    let failed = in_state(&running, |state| matches!(state, ConsumerState::FailedToActivate { .. })).await;
    let ConsumerState::FailedToActivate { code, reason, .. } = failed else { panic!() };
    assert_eq!((code.as_str(), reason), ("QueueDoesNotExist", format!("Queue does not exist: {url}")));
    sleep(Duration::from_secs(3_600)).await;
    assert!(!running.handle.health().borrow().is_up());
    let attempts = setup.server.request_count(Operation::GetQueueAttributes);
    assert!((15..=22).contains(&attempts), "1 s growing to 5 min: {attempts}");
    setup.server.create_queue("later", &[]).unwrap();
    in_state(&running, |state| *state == ConsumerState::Activated).await;
    assert_eq!(*running.handle.health().borrow(), Health::Up);
    running.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn a_missing_secret_is_named_and_found_when_asked_to_retry() {
    let setup = Setup::start(TestEngine::default()).await;
    let element = setup.element("e", Point::Start, 1, &[("queue.attributeNames", "{{secrets.NOT_THERE}}")]);
    let running = setup.run(one_group(vec![element]));
    let failed = in_state(&running, |state| matches!(state, ConsumerState::FailedToActivate { .. })).await;
    let ConsumerState::FailedToActivate { reason, .. } = failed else { panic!() };
    assert_eq!(reason, "Secret with name 'NOT_THERE' is not available");
    let before = running.handle.counters().activation_failed;
    running.handle.retry_now();
    // Much shorter than the delay before its own next attempt would be after a few.
    sleep(Duration::from_millis(10)).await;
    assert!(running.handle.counters().activation_failed > before);
    running.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn other_elements_take_over_without_a_break_in_receiving() {
    let setup = Setup::start(TestEngine::default()).await;
    let first = setup.element("e", Point::Start, 1, &[("resultExpression", "={v: 1}")]);
    let second = setup.element("e", Point::Start, 2, &[("resultExpression", "={v: 2}")]);
    let running = setup.run(one_group(vec![first]));
    setup.send("1").await;
    setup.engine.called(1).await;
    running.handle.replace_elements(one_group(vec![second])).unwrap();
    setup.send("2").await;
    setup.engine.called(2).await;
    let commands = setup.engine.commands();
    assert_eq!((variables(&commands[0]), variables(&commands[1])), (r#"{"v":1}"#, r#"{"v":2}"#));
    let Command::Create(instance) = &commands[1] else { panic!() };
    assert_eq!(instance.version, 2);
    assert_eq!(setup.server.request_count(Operation::GetQueueAttributes), 1, "it was not connected anew");
    setup.emptied().await;
    let other_queue = setup.element("e", Point::Start, 3, &[("queue.maxInFlight", "5")]);
    let refused = running.handle.replace_elements(one_group(vec![other_queue]));
    assert!(matches!(refused, Err(InboundError::DifferentGroup)));
    running.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn what_no_condition_wants_is_deleted_only_when_an_element_says_so() {
    for (consume, left) in [("true", 0), ("false", 1)] {
        let setup = Setup::start(TestEngine::default()).await;
        let properties = [("activationCondition", "=body = 2"), ("consumeUnmatchedEvents", consume)];
        let running = setup.run(one_group(vec![setup.element("e", Point::Start, 1, &properties)]));
        setup.send("1").await;
        sleep(Duration::from_secs(5)).await;
        running.stopped().await;
        assert_eq!(setup.server.depth("q").unwrap().total(), left, "{consume}");
        assert!(setup.engine.commands().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn poison_stays_or_is_deleted_or_is_parked_as_the_operator_says() {
    for policy in ["leave", "delete", "park"] {
        let mut setup = Setup::start(TestEngine::default()).await;
        setup.server.create_queue("parked", &[]).unwrap();
        let policy = match policy {
            "park" => PoisonPolicy::Park { queue_url: setup.server.queue_url("parked") },
            other => PoisonPolicy::parse(other).unwrap(),
        };
        setup.options = ConsumerOptions { poison: policy.clone(), ..setup.options };
        let key = [("correlationKeyExpression", "=body.id")];
        let running = setup.run(one_group(vec![setup.element("e", Point::Catch("m"), 1, &key)]));
        setup.send("no key in here").await;
        sleep(Duration::from_secs(5)).await;
        let counters = running.handle.counters();
        assert_eq!((counters.poison, counters.correlation_failed), (1, 1));
        running.stopped().await;
        let here = setup.server.depth("q").unwrap().total();
        let there: Vec<String> =
            setup.server.messages("parked").into_iter().map(|message| message.body).collect();
        match policy {
            PoisonPolicy::Leave => assert_eq!((here, there.len()), (1, 0)),
            PoisonPolicy::Delete => assert_eq!((here, there.len()), (0, 0)),
            PoisonPolicy::Park { .. } => assert_eq!((here, there), (0, vec!["no key in here".to_owned()])),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_cannot_be_parked_stays() {
    let mut setup = Setup::start(TestEngine::default()).await;
    let nowhere = setup.server.queue_url("nowhere");
    setup.options = ConsumerOptions { poison: PoisonPolicy::Park { queue_url: nowhere }, ..setup.options };
    let key = [("correlationKeyExpression", "=body.id")];
    let running = setup.run(one_group(vec![setup.element("e", Point::Catch("m"), 1, &key)]));
    setup.send("no key in here").await;
    sleep(Duration::from_secs(5)).await;
    running.stopped().await;
    assert_eq!(setup.server.depth("q").unwrap().total(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_misconfigured_element_never_makes_poison_of_good_messages() {
    let mut setup = Setup::start(TestEngine::default()).await;
    setup.options = ConsumerOptions { poison: PoisonPolicy::Delete, ..setup.options };
    let running = setup.run(one_group(vec![setup.element("e", Point::MessageStart(""), 1, &[])]));
    setup.send("1").await;
    sleep(Duration::from_secs(5)).await;
    running.stopped().await;
    assert_eq!(setup.server.depth("q").unwrap().total(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_consumer_that_breaks_is_down_and_begins_anew() {
    for fatal in [1, 3, 5] {
        let mut setup = Setup::start(TestEngine::default()).await;
        let looks = AtomicU32::new(0);
        setup.options.clock = Arc::new(move || {
            assert_ne!(looks.fetch_add(1, Ordering::Relaxed), fatal, "the clock breaks once");
            SystemTime::UNIX_EPOCH
        });
        let running = setup.run(one_group(vec![setup.element("e", Point::Start, 1, &[])]));
        let broken = |state: &ConsumerState| matches!(state, ConsumerState::FailedToActivate { code, .. } if code == "INTERNAL_ERROR");
        in_state(&running, broken).await;
        assert!(
            matches!(&*running.handle.health().borrow(), Health::Down { code, .. } if code == "INTERNAL_ERROR")
        );
        setup.send(r#"{"id":1}"#).await;
        setup.emptied().await;
        assert_eq!(*running.handle.health().borrow(), Health::Up);
        assert_eq!(setup.engine.commands().len(), 1);
        running.stopped().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_over_one_message_hinders_no_other() {
    let setup = Setup::start(TestEngine::breaking_at(1)).await;
    for number in 0..5 {
        setup.send(&format!(r#"{{"id":{number}}}"#)).await;
    }
    let running = setup.run(one_group(vec![setup.element("e", Point::Start, 1, &[RESULT])]));
    setup.emptied().await;
    assert_eq!(setup.server.counters("q").unwrap().received, 6, "one message came twice");
    assert_eq!(setup.engine.commands().len(), 6);
    assert_eq!(running.handle.counters().correlated, 5);
    running.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_for_the_engine_is_deleted() {
    let setup = Setup::start(TestEngine::answering(&[EngineErrorCode::AlreadyExists])).await;
    setup.send("1").await;
    let running = setup.run(one_group(vec![setup.element("e", Point::MessageStart("m"), 1, &[])]));
    setup.emptied().await;
    let texts: Vec<_> = running.handle.activities().into_iter().map(|activity| activity.message).collect();
    assert!(texts.iter().any(|text| text == "Message already correlated"), "{texts:?}");
    running.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn a_synchronous_start_waits_for_the_end_and_an_instance_that_runs_longer_is_not_an_outage() {
    let setup = Setup::start(TestEngine::answering(&[EngineErrorCode::DeadlineExceeded])).await;
    setup.send("1").await;
    let running =
        setup.run(one_group(vec![setup.element("e", Point::Start, 1, &[("synchronousResponse", "true")])]));
    setup.engine.called(1).await;
    setup.send("2").await;
    setup.engine.called(2).await;
    assert!(setup.engine.commands().iter().all(|command| matches!(command, Command::CreateAndAwait(_))));
    running.stopped().await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_lets_what_is_in_work_end_and_gives_back_what_waits_for_the_engine() {
    let setup = Setup::start(TestEngine::default()).await;
    *setup.engine.held.lock().unwrap() = true;
    setup.send("1").await;
    let running = setup.run(one_group(vec![setup.element("e", Point::Start, 1, &[])]));
    setup.engine.called(1).await;
    let state = running.handle.state();
    let (_, ()) = tokio::join!(running.stopped(), async {
        sleep(Duration::from_secs(2)).await;
        setup.engine.released.notify_one();
    });
    assert_eq!(*state.borrow(), ConsumerState::Stopped);
    assert_eq!(setup.server.depth("q").unwrap().total(), 0, "it was accepted in time and deleted");

    let setup = Setup::start(TestEngine::answering(&vec![EngineErrorCode::Unavailable; 1_000])).await;
    setup.send("1").await;
    let running = setup.run(one_group(vec![setup.element("e", Point::Start, 1, &[])]));
    setup.engine.called(3).await;
    running.stopped().await;
    assert_eq!(setup.server.depth("q").unwrap().visible, 1, "others can have it at once");
}

#[tokio::test(start_paused = true)]
async fn the_activity_log_keeps_the_latest_and_never_a_secret() {
    let mut setup = Setup::start(TestEngine::default()).await;
    setup.options.activity_log_size = 6;
    let running = setup.run(one_group(vec![setup.element("e", Point::Start, 1, &[])]));
    for number in 0..10 {
        setup.send(&number.to_string()).await;
    }
    setup.emptied().await;
    let activities = running.handle.activities();
    assert_eq!(activities.len(), 6);
    assert!(activities.iter().all(|activity| activity.severity == Severity::Info), "{activities:?}");
    assert!(!format!("{activities:?} {:?}", running.handle.state().borrow()).contains("canary"));
    assert_eq!((running.handle.counters().triggered, running.handle.counters().correlated), (10, 10));
    running.stopped().await;
}
