//! The plan of a lane under random schedules.

use super::plan::{BATCH_BYTES, BATCH_ENTRIES, Batch, Plan, PlanOptions};
use proptest::prelude::*;
use std::{collections::HashMap, time::Duration};
use tokio::time::Instant;

#[derive(Clone, Debug)]
enum Step {
    /// Group (none from 3 on), size, milliseconds until the deadline.
    Push(u8, usize, u64),
    Take,
    Done(usize),
    Wait(u64),
    Expire,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0u8..6, 1usize..400_000, 1u64..5_000).prop_map(|(group, size, left)| Step::Push(group, size, left)),
        4 => Just(Step::Take),
        3 => any::<usize>().prop_map(Step::Done),
        2 => (1u64..300).prop_map(Step::Wait),
        1 => Just(Step::Expire),
    ]
}

type Item = (usize, Option<String>, usize);

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_message_leaves_once_in_its_groups_order_and_within_the_limits(
        steps in proptest::collection::vec(step(), 1..200),
        requests_in_flight in 1usize..4,
        linger in 0u64..50,
    ) {
        let options = PlanOptions {
            linger: Duration::from_millis(linger),
            stall: Duration::from_millis(100),
            requests_in_flight,
        };
        let mut plan: Plan<Item> = Plan::new(options);
        let mut now = Instant::now();
        let (mut pushed, mut left) = (0, 0);
        let mut flights: Vec<Batch<Item>> = Vec::new();
        let mut newest: HashMap<String, usize> = HashMap::new();
        for step in steps {
            match step {
                Step::Push(group, size, milliseconds) => {
                    let group = (group < 3).then(|| group.to_string());
                    let item = (pushed, group.clone(), size);
                    plan.push(item, group, size, now, now + Duration::from_millis(milliseconds));
                    pushed += 1;
                }
                Step::Take => if let Some(batch) = plan.take(now) {
                    prop_assert!(!batch.items.is_empty() && batch.items.len() <= BATCH_ENTRIES);
                    let bytes: usize = batch.items.iter().map(|(_, _, size)| size).sum();
                    prop_assert!(bytes <= BATCH_BYTES || batch.items.len() == 1);
                    for (number, group, _) in &batch.items {
                        let Some(group) = group else { continue };
                        prop_assert!(flights.iter().all(|flight| !flight.groups.contains(group)), "one request a group");
                        let before = newest.insert(group.clone(), *number);
                        prop_assert!(before.is_none_or(|before| before < *number), "the group's order");
                    }
                    left += batch.items.len();
                    flights.push(batch);
                    prop_assert!(flights.len() <= requests_in_flight);
                },
                Step::Done(number) => if !flights.is_empty() {
                    let flight = flights.remove(number % flights.len());
                    plan.done(&flight.groups);
                },
                Step::Wait(milliseconds) => now += Duration::from_millis(milliseconds),
                Step::Expire => left += plan.expire(now, |_| false).len(),
            }
            prop_assert_eq!(plan.waiting() + left, pushed);
            if plan.waiting() > 0 && flights.is_empty() {
                prop_assert!(plan.next_wakeup().is_some(), "what waits is never forgotten");
                prop_assert!(plan.next_wakeup().unwrap() <= now + Duration::from_secs(5));
            }
        }
        // Whatever was going on, an idle lane sends all that waits.
        for flight in flights.drain(..) {
            plan.done(&flight.groups);
        }
        while plan.waiting() > 0 {
            now += Duration::from_millis(linger);
            let batch = plan.take(now);
            prop_assert!(batch.is_some());
            plan.done(&batch.unwrap().groups);
        }
        prop_assert!(plan.is_idle());
    }
}
