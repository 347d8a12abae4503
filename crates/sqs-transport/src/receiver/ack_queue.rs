//! Acked messages on their way to be deleted: a state machine without I/O.

use super::alarm::Alarm;
use connector_core::Backoff;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::time::Instant;

/// The most entries that SQS takes in a batch.
pub(crate) const BATCH_ENTRIES: usize = 10;
/// An ack is sent this long before its handle lapses, at the latest.
const LAPSE_MARGIN: Duration = Duration::from_secs(2);

/// Acks in the order in which they came.
#[derive(Debug)]
pub(crate) struct AckQueue {
    linger: Duration,
    backoff: Backoff,
    entries: BTreeMap<u64, Ack>,
    places: std::collections::HashMap<Arc<str>, u64>,
    next_place: u64,
    /// How many of the entries are being deleted.
    requested: usize,
    /// Wakes the task that deletes.
    alarm: Alarm,
}

#[derive(Debug)]
struct Ack {
    id: Arc<str>,
    handle: Arc<str>,
    deadline: Option<Instant>,
    /// Not sent before this.
    not_before: Instant,
    /// Sent at this time at the latest, alone if need be.
    flush_at: Instant,
    failures: u32,
    is_requested: bool,
}

/// A handle to delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deletion {
    pub(crate) id: Arc<str>,
    pub(crate) handle: Arc<str>,
}

/// What became of an ack after SQS's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AckOutcome {
    /// The message is gone.
    Done,
    /// The message is gone if SQS had not handed it out again just before: it may come again.
    DoneLate,
    /// It is tried again.
    Again,
    /// It is given up: the message may come again.
    Lost,
    /// The answer is about something that is no longer here.
    Unknown,
}

impl AckQueue {
    pub(crate) fn new(linger: Duration) -> Self {
        Self {
            linger,
            backoff: Backoff::new(Duration::from_millis(100), Duration::from_secs(5), 2.0),
            entries: BTreeMap::new(),
            places: std::collections::HashMap::new(),
            next_place: 0,
            requested: 0,
            alarm: Alarm::default(),
        }
    }

    /// Takes in an ack. `deadline` is when its handle lapses.
    pub(crate) fn push(&mut self, id: Arc<str>, handle: Arc<str>, deadline: Option<Instant>, now: Instant) {
        let flush_at = latest(now, self.linger, deadline);
        let ack = Ack {
            id: Arc::clone(&id),
            handle,
            deadline,
            not_before: now,
            flush_at,
            failures: 0,
            is_requested: false,
        };
        self.places.insert(id, self.next_place);
        self.entries.insert(self.next_place, ack);
        self.next_place += 1;
        self.alarm.expect(flush_at);
        if (self.entries.len() - self.requested).is_multiple_of(BATCH_ENTRIES) {
            self.alarm.ring();
        }
    }

    /// Gives an ack a newer handle. False when there is no such ack.
    pub(crate) fn swap(
        &mut self,
        id: &str,
        handle: Arc<str>,
        deadline: Option<Instant>,
        now: Instant,
    ) -> bool {
        let linger = self.linger;
        let Some(ack) = self.find(id) else { return false };
        ack.handle = handle;
        ack.deadline = deadline;
        ack.failures = 0;
        ack.not_before = now;
        ack.flush_at = latest(now, linger, deadline);
        let flush_at = ack.flush_at;
        self.alarm.expect(flush_at);
        true
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Everything that waits is sent now, whatever it waits for.
    pub(crate) fn hurry(&mut self, now: Instant) {
        for ack in self.entries.values_mut() {
            ack.flush_at = ack.flush_at.min(now.max(ack.not_before));
        }
    }

    /// The next batch, when ten have come together or one has waited long enough.
    pub(crate) fn take(&mut self, now: Instant) -> Vec<Deletion> {
        let ready = |ack: &&mut Ack| !ack.is_requested && ack.not_before <= now;
        let full = self.entries.values_mut().filter(ready).take(BATCH_ENTRIES).count() == BATCH_ENTRIES;
        let due = self.entries.values_mut().filter(ready).any(|ack| ack.flush_at <= now);
        if !full && !due {
            return Vec::new();
        }
        let mut chosen: Vec<&mut Ack> = self.entries.values_mut().filter(ready).collect();
        // Those that are due come first; without this a full queue could let one lapse.
        chosen.sort_by_key(|ack| ack.flush_at);
        chosen.truncate(BATCH_ENTRIES);
        self.requested += chosen.len();
        chosen
            .into_iter()
            .map(|ack| {
                ack.is_requested = true;
                Deletion { id: Arc::clone(&ack.id), handle: Arc::clone(&ack.handle) }
            })
            .collect()
    }

    /// When [`Self::take`] has something next, if nothing new comes. Whoever asks sleeps until then.
    pub(crate) fn next_flush(&mut self) -> Option<Instant> {
        let next = self.entries.values().filter(|ack| !ack.is_requested).map(|ack| ack.flush_at).min();
        self.alarm.set(next);
        next
    }

    /// Whether [`Self::take`] has something sooner than [`Self::next_flush`] said.
    pub(crate) fn is_due_sooner(&mut self) -> bool {
        self.alarm.take()
    }

    /// SQS deleted the message under this handle.
    pub(crate) fn deleted(&mut self, deletion: &Deletion, now: Instant) -> AckOutcome {
        let Some(ack) = self.answered(&deletion.id) else { return AckOutcome::Unknown };
        if ack.handle != deletion.handle {
            // The message was received again meanwhile: only the newer handle surely deletes it.
            ack.flush_at = now;
            return AckOutcome::Again;
        }
        let late = ack.deadline.is_some_and(|deadline| deadline <= now);
        self.remove(&deletion.id);
        if late { AckOutcome::DoneLate } else { AckOutcome::Done }
    }

    /// The deletion failed; `handle_is_gone` when SQS will never take this handle.
    pub(crate) fn failed(&mut self, deletion: &Deletion, handle_is_gone: bool, now: Instant) -> AckOutcome {
        let backoff = self.backoff;
        let Some(ack) = self.answered(&deletion.id) else { return AckOutcome::Unknown };
        if ack.handle != deletion.handle {
            ack.flush_at = now;
            return AckOutcome::Again;
        }
        ack.failures += 1;
        let retry_at = now + backoff.delay(ack.failures);
        if !handle_is_gone && ack.deadline.is_none_or(|deadline| retry_at < deadline) {
            ack.not_before = retry_at;
            ack.flush_at = retry_at;
            return AckOutcome::Again;
        }
        self.remove(&deletion.id);
        AckOutcome::Lost
    }

    /// The ack whose deletion was answered.
    fn answered(&mut self, id: &str) -> Option<&mut Ack> {
        let ack = self.entries.get_mut(self.places.get(id)?)?;
        self.requested -= usize::from(std::mem::take(&mut ack.is_requested));
        Some(ack)
    }

    fn find(&mut self, id: &str) -> Option<&mut Ack> {
        self.entries.get_mut(self.places.get(id)?)
    }

    fn remove(&mut self, id: &str) {
        if let Some(place) = self.places.remove(id) {
            self.entries.remove(&place);
        }
    }
}

fn latest(now: Instant, linger: Duration, deadline: Option<Instant>) -> Instant {
    let lapse = deadline.and_then(|deadline| deadline.checked_sub(LAPSE_MARGIN));
    (now + linger).min(lapse.unwrap_or(now + linger)).max(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINGER: Duration = Duration::from_millis(100);

    fn queue(count: usize, now: Instant, left: Duration) -> AckQueue {
        let mut queue = AckQueue::new(LINGER);
        for number in 0..count {
            queue.push(format!("m{number}").into(), format!("h{number}").into(), Some(now + left), now);
        }
        queue
    }

    #[test]
    fn ten_go_at_once_and_fewer_wait_for_the_linger() {
        let now = Instant::now();
        let mut queue = queue(13, now, Duration::from_secs(30));
        assert_eq!(queue.take(now).len(), 10);
        assert!(queue.take(now).is_empty());
        assert_eq!(queue.next_flush(), Some(now + LINGER));
        assert_eq!(queue.take(now + LINGER).len(), 3);
    }

    #[test]
    fn a_handle_about_to_lapse_does_not_wait() {
        let now = Instant::now();
        assert_eq!(queue(1, now, Duration::from_secs(1)).take(now).len(), 1);
    }

    #[test]
    fn a_failure_is_tried_again_until_the_handle_lapses() {
        let now = Instant::now();
        let mut queue = queue(1, now, Duration::from_secs(3));
        let mut at = now;
        let mut tries = 0;
        loop {
            at = queue.next_flush().unwrap_or(at);
            let batch = queue.take(at);
            tries += 1;
            if queue.failed(&batch[0], false, at) == AckOutcome::Lost {
                break;
            }
        }
        assert!(tries > 2 && at < now + Duration::from_secs(3), "{tries}");
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn a_handle_that_sqs_gave_up_is_not_tried_again() {
        let now = Instant::now();
        let mut queue = queue(1, now, Duration::from_secs(30));
        let batch = queue.take(now + LINGER);
        assert_eq!(queue.failed(&batch[0], true, now), AckOutcome::Lost);
    }

    #[test]
    fn a_swap_during_the_request_deletes_again_with_the_newer_handle() {
        let now = Instant::now();
        let mut queue = queue(1, now, Duration::from_secs(30));
        let batch = queue.take(now + LINGER);
        assert!(queue.swap("m0", "newer".into(), Some(now + Duration::from_secs(60)), now));
        assert_eq!(queue.deleted(&batch[0], now), AckOutcome::Again);
        let batch = queue.take(now + LINGER);
        assert_eq!(&*batch[0].handle, "newer");
        assert_eq!(queue.deleted(&batch[0], now), AckOutcome::Done);
    }

    #[test]
    fn a_deletion_after_the_lapse_may_not_hold() {
        let now = Instant::now();
        let mut queue = queue(1, now, Duration::from_secs(1));
        let batch = queue.take(now);
        assert_eq!(queue.deleted(&batch[0], now + Duration::from_secs(2)), AckOutcome::DoneLate);
    }
}
