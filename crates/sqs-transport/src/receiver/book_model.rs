//! The book against a small model of SQS, under random schedules.

use super::{
    ack_queue::AckOutcome,
    book::{Acked, Arrival, Book},
};
use proptest::prelude::*;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

const VISIBILITY: Duration = Duration::from_secs(10);

#[derive(Clone, Debug)]
enum Step {
    Receive(usize),
    Start,
    Ack(usize),
    Nack(usize, Option<u64>),
    Wait(u64),
    /// Heartbeats; false = the requests fail.
    Extend(bool),
    /// Deletions: 0 = work, 1 = fail, 2 = work but the answer is lost.
    Delete(u8),
    Release,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1usize..10).prop_map(Step::Receive),
        6 => Just(Step::Start),
        4 => any::<usize>().prop_map(Step::Ack),
        2 => (any::<usize>(), proptest::option::of(0u64..15)).prop_map(|(n, delay)| Step::Nack(n, delay)),
        4 => (1u64..4_000).prop_map(Step::Wait),
        3 => proptest::bool::weighted(0.7).prop_map(Step::Extend),
        3 => (0u8..3).prop_map(Step::Delete),
        1 => Just(Step::Release),
    ]
}

#[derive(Debug)]
struct Stored {
    id: Arc<str>,
    group: Arc<str>,
    handle: u64,
    visible_at: Instant,
    deleted: bool,
    accepted: bool,
}

struct World {
    fifo: bool,
    now: Instant,
    stored: Vec<Stored>,
    handles: u64,
    book: Book<Arc<()>>,
    permit: Arc<()>,
    working: Vec<(Arc<str>, Arc<()>)>,
}

impl World {
    fn new(fifo: bool, messages: usize) -> Self {
        let now = Instant::now();
        let stored = (0..messages)
            .map(|number| Stored {
                id: format!("m{number}").into(),
                group: format!("g{}", number % 3).into(),
                handle: 0,
                visible_at: now,
                deleted: false,
                accepted: false,
            })
            .collect();
        let linger = if fifo { Duration::ZERO } else { Duration::from_millis(100) };
        let book = Book::new(VISIBILITY, linger, Duration::from_secs(345_600));
        Self { fifo, now, stored, handles: 0, book, permit: Arc::new(()), working: Vec::new() }
    }

    fn run(&mut self, step: Step) {
        match step {
            Step::Receive(count) => self.receive(count),
            Step::Start => self.start(),
            Step::Ack(number) => self.ack(number),
            Step::Nack(number, delay) => self.nack(number, delay),
            Step::Wait(millis) => self.now += Duration::from_millis(millis),
            Step::Extend(works) => self.extend(works),
            Step::Delete(how) => self.delete(how),
            Step::Release => {
                self.book.release_unstarted();
            }
        }
        self.change();
        let held = Arc::strong_count(&self.permit) - 1 - self.working.len();
        let working = self.working.len();
        assert!(self.book.working() <= working, "what is out is never more than what was handed out");
        assert!(held <= self.stored.len(), "permits are given back");
    }

    /// SQS hands out what is visible; of a FIFO group only when nothing of it is in flight, and in order.
    fn receive(&mut self, count: usize) {
        let mut chosen = Vec::new();
        let mut closed: Vec<Arc<str>> = Vec::new();
        if self.fifo {
            let locked =
                |stored: &&Stored| !stored.deleted && stored.handle > 0 && stored.visible_at > self.now;
            closed = self.stored.iter().filter(locked).map(|stored| Arc::clone(&stored.group)).collect();
        }
        for (place, stored) in self.stored.iter().enumerate() {
            if chosen.len() < count
                && !stored.deleted
                && stored.visible_at <= self.now
                && !closed.contains(&stored.group)
            {
                chosen.push(place);
            }
        }
        for place in chosen {
            self.handles += 1;
            let stored = &mut self.stored[place];
            stored.handle = self.handles;
            stored.visible_at = self.now + VISIBILITY;
            let (id, accepted) = (Arc::clone(&stored.id), stored.accepted);
            let group = self.fifo.then(|| Arc::clone(&stored.group));
            let arrival = self.book.receive(
                id,
                group,
                self.handles.to_string().into(),
                Arc::clone(&self.permit),
                self.now,
            );
            if accepted {
                assert_eq!(arrival, Arrival::OnlyDelete, "what was accepted is never run again");
            }
        }
    }

    fn start(&mut self) {
        let Some((id, permit)) = self.book.start() else { return };
        assert!(self.working.iter().all(|(other, _)| *other != id), "{id} runs already");
        let place = self.place(&id);
        assert!(!self.stored[place].accepted, "{id} was accepted before");
        if self.fifo {
            let group = Arc::clone(&self.stored[place].group);
            let earlier = self.stored[..place].iter().filter(|stored| stored.group == group);
            for stored in earlier {
                assert!(stored.accepted, "{id} overtakes {}", stored.id);
            }
            let beside =
                self.working.iter().filter(|(other, _)| self.stored[self.place(other)].group == group);
            assert_eq!(beside.count(), 0, "{id} runs beside another of its group");
        }
        self.working.push((id, permit));
    }

    fn ack(&mut self, number: usize) {
        let Some((id, _permit)) = self.take_working(number) else { return };
        let place = self.place(&id);
        self.stored[place].accepted = true;
        assert_ne!(self.book.ack(&id, self.now), Acked::Unknown);
    }

    fn nack(&mut self, number: usize, delay: Option<u64>) {
        let Some((id, _permit)) = self.take_working(number) else { return };
        self.book.nack(&id, delay.map(Duration::from_secs), self.now);
    }

    fn take_working(&mut self, number: usize) -> Option<(Arc<str>, Arc<()>)> {
        (!self.working.is_empty()).then(|| self.working.remove(number % self.working.len()))
    }

    fn extend(&mut self, works: bool) {
        for extension in self.book.due_extensions(self.now, 10) {
            let place = self.place(&extension.id);
            let stored = &mut self.stored[place];
            if !works {
                self.book.extension_failed(&extension, self.now + Duration::from_secs(1));
            } else if stored.handle.to_string() == *extension.handle
                && stored.visible_at > self.now
                && !stored.deleted
            {
                stored.visible_at = self.now + extension.timeout;
                self.book.extended(&extension, self.now);
            } else {
                self.book.lose(&extension.id, &extension.handle);
            }
        }
    }

    fn delete(&mut self, how: u8) {
        for deletion in self.book.take_deletions(self.now) {
            let place = self.place(&deletion.id);
            let stored = &mut self.stored[place];
            assert!(stored.accepted, "{} is deleted before its ack", deletion.id);
            let current = stored.handle.to_string() == *deletion.handle;
            let expired = self.fifo && stored.visible_at <= self.now;
            let outcome = if how == 1 {
                self.book.deletion_failed(&deletion, false, self.now)
            } else if expired || (self.fifo && !current) {
                self.book.deletion_failed(&deletion, true, self.now)
            } else {
                // A standard queue says yes to a handle that is not the newest, and deletes nothing.
                stored.deleted |= current;
                if how == 2 {
                    self.book.deletion_failed(&deletion, false, self.now)
                } else {
                    self.book.deleted(&deletion, self.now)
                }
            };
            assert_ne!(outcome, AckOutcome::Unknown);
        }
    }

    /// What goes back: SQS takes it when the handle is the newest and the message is in flight.
    fn change(&mut self) {
        for change in self.book.take_changes(usize::MAX) {
            let place = self.place(&change.id);
            let stored = &mut self.stored[place];
            if stored.handle.to_string() == *change.handle && stored.visible_at > self.now && !stored.deleted
            {
                stored.visible_at = self.now + change.delay;
            }
        }
    }

    fn place(&self, id: &str) -> usize {
        self.stored.iter().position(|stored| *stored.id == *id).unwrap()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_schedule_loses_a_message_or_runs_one_twice(
        fifo in any::<bool>(),
        messages in 1usize..12,
        steps in proptest::collection::vec(step(), 1..150),
    ) {
        let mut world = World::new(fifo, messages);
        for step in steps {
            world.run(step);
        }
        // From now on everything works: every message is handled and deleted.
        for _ in 0..400 {
            if world.stored.iter().all(|stored| stored.deleted) {
                break;
            }
            for step in [
                Step::Receive(10), Step::Start, Step::Ack(0), Step::Start, Step::Ack(0), Step::Extend(true),
                Step::Wait(500), Step::Delete(0),
            ] {
                world.run(step);
            }
        }
        prop_assert!(world.stored.iter().all(|stored| stored.deleted), "{:?}", world.stored);
        // What is not deleted by then has its ack remembered; nothing is held any more but what was handed out.
        world.working.clear();
        prop_assert_eq!(Arc::strong_count(&world.permit), 1);
    }
}
