//! Everything a receiver knows of its messages: a state machine without clock, tasks or I/O.
//!
//! A message is *ready* (may be handed out), *parked* (waits for its group), *working* (handed out) or *acked* (waits
//! to be deleted). `T` is what travels with it: the message itself and its permit.

use super::{
    accepted::Accepted,
    ack_queue::{AckOutcome, AckQueue, Deletion},
    careful::FailedGroups,
    group_order::GroupOrder,
    inflight::{Extension, InFlight},
};
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;

/// The state of one receiver.
#[derive(Debug)]
pub(crate) struct Book<T> {
    in_flight: InFlight,
    acks: AckQueue,
    accepted: Accepted,
    order: GroupOrder,
    groups: HashMap<Arc<str>, Arc<str>>,
    failed_groups: FailedGroups,
    ready: VecDeque<(Arc<str>, T)>,
    parked: HashMap<Arc<str>, T>,
    changes: VecDeque<Change>,
}

/// A visibility timeout to set on a message that goes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) id: Arc<str>,
    pub(crate) handle: Arc<str>,
    pub(crate) delay: Duration,
}

/// What became of a received message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// It is new.
    New,
    /// It is in flight already: the newer handle replaced the older.
    Swapped,
    /// It was acked before: it is only deleted.
    OnlyDelete,
}

/// What became of an ack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Acked {
    /// The message will be deleted.
    Queued,
    /// Its handle is lost; the id is remembered, and deleted when it comes again.
    Lost,
    /// It is no longer ours.
    Unknown,
}

impl<T> Book<T> {
    pub(crate) fn new(visibility: Duration, ack_linger: Duration, retention: Duration) -> Self {
        Self {
            in_flight: InFlight::new(visibility),
            acks: AckQueue::new(ack_linger),
            accepted: Accepted::new(retention),
            order: GroupOrder::default(),
            groups: HashMap::new(),
            failed_groups: FailedGroups::new(visibility),
            ready: VecDeque::new(),
            parked: HashMap::new(),
            changes: VecDeque::new(),
        }
    }

    /// A message was received. `group` is there when order counts. What is not kept of `item` is dropped.
    pub(crate) fn receive(
        &mut self,
        id: Arc<str>,
        group: Option<Arc<str>>,
        handle: Arc<str>,
        item: T,
        now: Instant,
    ) -> Arrival {
        if self.in_flight.contains(&id) {
            self.in_flight.hold(&id, handle, now);
            self.replace(&id, item);
            return Arrival::Swapped;
        }
        let deadline = self.in_flight.deadline_from(now);
        if self.acks.swap(&id, Arc::clone(&handle), deadline, now) {
            return Arrival::OnlyDelete;
        }
        if self.accepted.contains(&id, now) {
            self.acks.push(id, handle, deadline, now);
            return Arrival::OnlyDelete;
        }
        self.in_flight.hold(&id, handle, now);
        let may_start = match group {
            Some(group) => {
                let first = self.order.arrive(&group, &id);
                self.groups.insert(Arc::clone(&id), group);
                first
            }
            None => true,
        };
        if may_start {
            self.ready.push_back((id, item));
        } else {
            self.parked.insert(id, item);
        }
        Arrival::New
    }

    /// The next message to hand out.
    pub(crate) fn start(&mut self) -> Option<(Arc<str>, T)> {
        self.ready.pop_front()
    }

    /// A message that was handed out is handled.
    pub(crate) fn ack(&mut self, id: &Arc<str>, now: Instant) -> Acked {
        let Some(held) = self.in_flight.release(id) else { return Acked::Unknown };
        self.advance_group(id);
        if held.lost {
            self.accepted.insert(Arc::clone(id), now);
            return Acked::Lost;
        }
        self.acks.push(Arc::clone(id), held.handle, held.deadline, now);
        Acked::Queued
    }

    /// A message that was handed out is not handled: it and those behind it in its group go back.
    /// `delay` = when it may be received again; `None` = when its visibility timeout ends.
    /// Answers how many others went back unseen.
    pub(crate) fn nack(&mut self, id: &Arc<str>, delay: Option<Duration>, now: Instant) -> usize {
        let Some(held) = self.in_flight.release(id) else { return 0 };
        if let Some(group) = self.groups.get(id) {
            self.failed_groups.failed(Arc::clone(group), delay, now);
        }
        let others = self.release_behind(id, false);
        if let Some(delay) = delay.filter(|_| !held.lost) {
            self.changes.push_back(Change { id: Arc::clone(id), handle: held.handle, delay });
        }
        others
    }

    /// SQS no longer takes a handle. True when a message was held under it; what had not started is dropped.
    pub(crate) fn lose(&mut self, id: &Arc<str>, handle: &str) -> bool {
        if !self.in_flight.lose(id, handle) {
            return false;
        }
        let ready = self.ready.iter().position(|(other, _)| other == id);
        let unstarted = ready.is_some() || self.parked.contains_key(id);
        self.release_behind(id, !unstarted);
        if unstarted {
            self.ready.retain(|(other, _)| other != id);
            self.parked.remove(id);
            self.in_flight.release(id);
        }
        true
    }

    /// Gives back every message that was not handed out, last first. Answers how many.
    pub(crate) fn release_unstarted(&mut self) -> usize {
        let mut ids = self.order.drain_waiting();
        for id in &ids {
            self.parked.remove(id);
        }
        while let Some((id, _)) = self.ready.pop_back() {
            if let Some(group) = self.groups.get(&id) {
                self.order.failed(group, &id, false);
            }
            ids.push(id);
        }
        self.put_back(&ids)
    }

    /// Gives back every message that is out. Their deliveries count as lost from now on. Answers how many.
    pub(crate) fn release_working(&mut self) -> usize {
        let ids = self.in_flight.ids();
        self.put_back(&ids)
    }

    /// Whether receives should ask for one message at a time; see [`super::careful`].
    pub(crate) fn wants_care(&mut self, now: Instant) -> bool {
        self.failed_groups.any(now)
    }

    /// How many messages are handed out.
    pub(crate) fn working(&self) -> usize {
        self.in_flight.len() - self.ready.len() - self.parked.len()
    }

    /// How many acked messages are not deleted yet.
    pub(crate) fn unflushed(&self) -> usize {
        self.acks.len()
    }

    /// Visibility timeouts to set for messages that go back, at most `limit`.
    pub(crate) fn take_changes(&mut self, limit: usize) -> Vec<Change> {
        let count = self.changes.len().min(limit);
        self.changes.drain(..count).collect()
    }

    pub(crate) fn is_lost(&self, id: &str, now: Instant) -> bool {
        self.in_flight.is_lost(id, now)
    }

    pub(crate) fn due_extensions(&mut self, now: Instant, limit: usize) -> Vec<Extension> {
        self.in_flight.due(now, limit)
    }

    pub(crate) fn next_extension(&mut self) -> Option<Instant> {
        self.in_flight.next_due()
    }

    /// Whether the keeper has to be woken for an extension.
    pub(crate) fn wants_keeper(&mut self) -> bool {
        self.in_flight.is_due_sooner()
    }

    /// Whether the acker has to be woken.
    pub(crate) fn wants_acker(&mut self) -> bool {
        self.acks.is_due_sooner()
    }

    /// Whether a message may be handed out.
    pub(crate) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    pub(crate) fn extended(&mut self, extension: &Extension, asked: Instant) {
        self.in_flight.extended(extension, asked);
    }

    pub(crate) fn extension_failed(&mut self, extension: &Extension, retry_at: Instant) {
        self.in_flight.extension_failed(extension, retry_at);
    }

    pub(crate) fn take_deletions(&mut self, now: Instant) -> Vec<Deletion> {
        self.acks.take(now)
    }

    pub(crate) fn next_flush(&mut self) -> Option<Instant> {
        self.acks.next_flush()
    }

    /// Acks do not wait for company any more.
    pub(crate) fn hurry(&mut self, now: Instant) {
        self.acks.hurry(now);
    }

    pub(crate) fn deleted(&mut self, deletion: &Deletion, now: Instant) -> AckOutcome {
        let outcome = self.acks.deleted(deletion, now);
        match outcome {
            AckOutcome::Done => self.accepted.remove(&deletion.id),
            AckOutcome::DoneLate => self.accepted.insert(Arc::clone(&deletion.id), now),
            AckOutcome::Again | AckOutcome::Lost | AckOutcome::Unknown => {}
        }
        outcome
    }

    pub(crate) fn deletion_failed(
        &mut self,
        deletion: &Deletion,
        handle_is_gone: bool,
        now: Instant,
    ) -> AckOutcome {
        let outcome = self.acks.failed(deletion, handle_is_gone, now);
        if outcome == AckOutcome::Lost {
            self.accepted.insert(Arc::clone(&deletion.id), now);
        }
        outcome
    }

    /// A message that has not been handed out gets the newer copy.
    fn replace(&mut self, id: &Arc<str>, item: T) {
        if let Some(parked) = self.parked.get_mut(id) {
            *parked = item;
        } else if let Some((_, ready)) = self.ready.iter_mut().find(|(other, _)| other == id) {
            *ready = item;
        }
    }

    fn advance_group(&mut self, id: &Arc<str>) {
        let Some(group) = self.groups.remove(id) else { return };
        self.failed_groups.succeeded(&group);
        if let Some(next) = self.order.finished(&group, id)
            && let Some(item) = self.parked.remove(&next)
        {
            self.ready.push_back((next, item));
        }
    }

    /// Gives back what waits behind a message of a group, last first. Answers how many.
    fn release_behind(&mut self, id: &Arc<str>, still_runs: bool) -> usize {
        let Some(group) = self.groups.get(id).cloned() else { return 0 };
        let later = self.order.failed(&group, id, still_runs);
        for other in &later {
            self.parked.remove(other);
        }
        if !still_runs {
            self.groups.remove(id);
        }
        self.put_back(&later)
    }

    fn put_back(&mut self, ids: &[Arc<str>]) -> usize {
        for id in ids {
            self.groups.remove(id);
            if let Some(held) = self.in_flight.release(id).filter(|held| !held.lost) {
                self.changes.push_back(Change {
                    id: Arc::clone(id),
                    handle: held.handle,
                    delay: Duration::ZERO,
                });
            }
        }
        ids.len()
    }
}
