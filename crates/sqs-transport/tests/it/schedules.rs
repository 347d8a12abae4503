//! The whole receiver under random schedules: slow and failing handlers, failing heartbeats and deletes, lapsed handles,
//! a shutdown in the middle.

use crate::setup::{Setup, in_a_minute};
use connector_testkit::sqs::{Fault, Operation};
use proptest::{prelude::*, test_runner::Config};
use sqs_transport::{Delivery, OutgoingMessage, Receiver, ReceiverOptions, VisibilityTimeout, WaitTime};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{task::JoinSet, time::sleep};

const GROUPS: usize = 3;
const VISIBILITY: i32 = 10;

/// What a handler does with a delivery, after so many milliseconds.
#[derive(Clone, Debug)]
enum Handling {
    Ack(u64),
    Nack(u64, Option<u64>),
    Drop(u64),
    Panic(u64),
}

/// What fails, for how many requests.
#[derive(Clone, Debug)]
enum Trouble {
    Receives(u32),
    Heartbeats(u32),
    Deletes(u32),
}

#[derive(Clone, Debug)]
struct Schedule {
    fifo: bool,
    messages: usize,
    limit: usize,
    handlings: Vec<Handling>,
    troubles: Vec<(u64, Trouble)>,
    /// Milliseconds after which the receiver is shut down for the first time.
    stop_after: u64,
}

fn handling() -> impl Strategy<Value = Handling> {
    // Longer than a visibility timeout now and then: heartbeats have to hold, or the handle lapses.
    let time = prop_oneof![4 => 0u64..500, 2 => 500u64..9_000, 1 => 9_000u64..40_000];
    prop_oneof![
        6 => time.clone().prop_map(Handling::Ack),
        2 => (time.clone(), proptest::option::of(0u64..5)).prop_map(|(time, delay)| Handling::Nack(time, delay)),
        1 => time.clone().prop_map(Handling::Drop),
        1 => time.prop_map(Handling::Panic),
    ]
}

fn schedule() -> impl Strategy<Value = Schedule> {
    let trouble = prop_oneof![
        (1u32..4).prop_map(Trouble::Receives),
        (1u32..12).prop_map(Trouble::Heartbeats),
        (1u32..6).prop_map(Trouble::Deletes),
    ];
    (
        any::<bool>(),
        1usize..25,
        1usize..8,
        proptest::collection::vec(handling(), 1..30),
        proptest::collection::vec((0u64..60_000, trouble), 0..5),
        0u64..90_000,
    )
        .prop_map(|(fifo, messages, limit, handlings, troubles, stop_after)| Schedule {
            fifo,
            messages,
            limit,
            handlings,
            troubles,
            stop_after,
        })
}

/// What the handlers have seen so far.
#[derive(Default)]
struct Seen {
    running: BTreeSet<String>,
    most: usize,
    acked: BTreeSet<String>,
    /// What this receiver was told: another one knows nothing of it.
    acked_here: BTreeSet<String>,
    /// In which order the messages of each group were acked.
    order: BTreeMap<usize, Vec<usize>>,
    /// A handle lapsed while its handler ran: somebody else could have had the message.
    lost: BTreeSet<String>,
    next: usize,
}

type Shared = Arc<Mutex<Seen>>;

fn number(body: &str) -> usize {
    body.parse().unwrap()
}

/// Takes part in the count of those that run, however it ends.
struct Turn(Shared, String);

impl Turn {
    fn begin(seen: &Shared, body: &str) -> Self {
        let mut state = seen.lock().unwrap();
        assert!(state.running.insert(body.to_owned()), "two handlers on message {body}");
        assert!(!state.acked_here.contains(body), "message {body} was handled before");
        state.most = state.most.max(state.running.len());
        drop(state);
        Self(Arc::clone(seen), body.to_owned())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.lock().unwrap().running.remove(&self.1);
    }
}

async fn handle(delivery: Delivery, handling: Handling, seen: Shared) {
    let body = delivery.message.body.clone();
    let turn = Turn::begin(&seen, &body);
    let (Handling::Ack(time) | Handling::Nack(time, _) | Handling::Drop(time) | Handling::Panic(time)) =
        handling;
    sleep(Duration::from_millis(time)).await;
    if delivery.is_lost() {
        seen.lock().unwrap().lost.insert(body.clone());
    }
    match handling {
        Handling::Ack(_) => {
            {
                let mut state = seen.lock().unwrap();
                state.acked_here.insert(body.clone());
                if state.acked.insert(body.clone()) {
                    let number = number(&body);
                    state.order.entry(number % GROUPS).or_default().push(number);
                }
            }
            // It runs no longer once it says so; what follows in its group may start with that.
            drop(turn);
            delivery.ack();
        }
        Handling::Nack(_, after) => {
            drop(turn);
            delivery.nack(after.map(Duration::from_secs));
        }
        Handling::Drop(_) => {
            drop(turn);
            drop(delivery);
        }
        Handling::Panic(_) => {
            drop(turn);
            // What a panic leaves is a dropped delivery.
            std::panic::resume_unwind(Box::new("as the schedule says"));
        }
    }
}

async fn consume(setup: &Setup, url: &str, schedule: &Schedule, seen: &Shared, stop_after: Option<u64>) {
    let mut options = ReceiverOptions::new(url);
    options.max_in_flight = schedule.limit;
    options.wait_time = WaitTime::from_seconds(5).unwrap();
    options.visibility_timeout = Some(VisibilityTimeout::from_seconds(VISIBILITY).unwrap());
    let mut receiver = Receiver::open(setup.client().await, options).await.unwrap();
    seen.lock().unwrap().acked_here.clear();
    let mut handlers = JoinSet::new();
    let stop = sleep(Duration::from_millis(stop_after.unwrap_or(u64::MAX / 2_000_000)));
    tokio::pin!(stop);
    loop {
        let done =
            stop_after.is_none() && setup.server.depth(url.rsplit('/').next().unwrap()).unwrap().total() == 0;
        if done {
            break;
        }
        tokio::select! {
            () = &mut stop => break,
            () = sleep(Duration::from_secs(1)), if stop_after.is_none() => {}
            delivery = receiver.next() => {
                let handling = {
                    let mut state = seen.lock().unwrap();
                    state.next += 1;
                    // In the end everything succeeds.
                    let planned = schedule.handlings.get(state.next - 1).cloned();
                    planned.unwrap_or(Handling::Ack(10))
                };
                handlers.spawn(handle(delivery.unwrap(), handling, Arc::clone(seen)));
            }
            Some(ended) = handlers.join_next(), if !handlers.is_empty() => {
                assert!(ended.as_ref().is_ok() || ended.unwrap_err().into_panic().is::<&str>());
            }
        }
    }
    let drain = async { while handlers.join_next().await.is_some() {} };
    tokio::join!(receiver.shutdown(Duration::from_secs(60)), drain);
}

async fn plays(schedule: Schedule) {
    let setup = Setup::start().await;
    let name = if schedule.fifo { "q.fifo" } else { "q" };
    let url = setup.queue(name);
    let sender = setup.pool.sender();
    for number in 0..schedule.messages {
        let mut message = OutgoingMessage::new(&url, number.to_string());
        message.message_group_id = schedule.fifo.then(|| (number % GROUPS).to_string());
        sender.send(&setup.connection, message, in_a_minute()).await.unwrap();
    }
    let seen = Shared::default();
    let troubles = async {
        let mut at = 0;
        let mut troubles = schedule.troubles.clone();
        troubles.sort_by_key(|(time, _)| *time);
        for (time, trouble) in troubles {
            sleep(Duration::from_millis(time - at)).await;
            at = time;
            let (operation, times) = match trouble {
                Trouble::Receives(times) => (Operation::ReceiveMessage, times),
                Trouble::Heartbeats(times) => (Operation::ChangeMessageVisibilityBatch, times),
                Trouble::Deletes(times) => (Operation::DeleteMessageBatch, times),
            };
            // As many attempts as the AWS SDK makes are one failed request.
            setup.server.add_fault(Fault::error(500, "InternalError", "").on(operation).times(times * 4));
        }
    };
    let consuming = async {
        consume(&setup, &url, &schedule, &seen, Some(schedule.stop_after)).await;
        // Whatever is not deleted by then is everybody's again at the latest when its handle lapses.
        consume(&setup, &url, &schedule, &seen, None).await;
    };
    tokio::join!(troubles, consuming);
    let seen = seen.lock().unwrap();
    assert!(seen.running.is_empty());
    assert!(seen.most <= schedule.limit, "{} at once, at most {} allowed", seen.most, schedule.limit);
    let all: BTreeSet<String> = (0..schedule.messages).map(|number| number.to_string()).collect();
    assert_eq!(seen.acked, all, "nothing is deleted that no handler accepted");
    if schedule.fifo && seen.lost.is_empty() {
        for (group, order) in &seen.order {
            assert!(order.is_sorted(), "group {group} was handled as {order:?}");
        }
    }
}

#[test]
fn no_schedule_breaks_the_receivers_promises() {
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let played = runner.run(&schedule(), |schedule| {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(plays(schedule));
        Ok(())
    });
    played.unwrap();
}
