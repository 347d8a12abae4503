//! Which messages go in the next request of a lane: a state machine without clock, tasks or I/O.

use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};
use tokio::time::Instant;

/// The most messages that SQS takes in a batch.
pub(crate) const BATCH_ENTRIES: usize = 10;
/// The most bytes that SQS takes in a request.
///
/// Source: SQS Developer Guide, "Amazon SQS message quotas" (1 MiB since August 2025).
pub(crate) const BATCH_BYTES: usize = 1_048_576;

/// When a lane sends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlanOptions {
    pub(crate) linger: Duration,
    pub(crate) stall: Duration,
    pub(crate) requests_in_flight: usize,
}

/// What waits in a lane and what is in flight.
#[derive(Debug)]
pub(crate) struct Plan<T> {
    options: PlanOptions,
    waiting: VecDeque<Waiting<T>>,
    busy_groups: HashSet<String>,
    in_flight: usize,
}

#[derive(Debug)]
struct Waiting<T> {
    item: T,
    /// `Some` for messages whose order counts.
    group: Option<String>,
    size: usize,
    since: Instant,
    deadline: Instant,
}

/// Messages to send in one request.
#[derive(Debug)]
pub(crate) struct Batch<T> {
    pub(crate) items: Vec<T>,
    /// Handed back to [`Plan::done`].
    pub(crate) groups: Vec<String>,
}

impl<T> Plan<T> {
    pub(crate) fn new(options: PlanOptions) -> Self {
        Self { options, waiting: VecDeque::new(), busy_groups: HashSet::new(), in_flight: 0 }
    }

    pub(crate) fn push(
        &mut self,
        item: T,
        group: Option<String>,
        size: usize,
        now: Instant,
        deadline: Instant,
    ) {
        self.waiting.push_back(Waiting { item, group, size, since: now, deadline });
    }

    /// How many messages wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// True when nothing waits and nothing is in flight.
    pub(crate) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.in_flight == 0
    }

    /// Takes out what must not be sent any more: the deadline has passed, or `abandoned` says so.
    pub(crate) fn expire(&mut self, now: Instant, abandoned: impl Fn(&T) -> bool) -> Vec<T> {
        let over = |waiting: &Waiting<T>| waiting.deadline <= now || abandoned(&waiting.item);
        // Nearly always nothing is over; then nothing is moved.
        if !self.waiting.iter().any(over) {
            return Vec::new();
        }
        let (expired, kept): (VecDeque<_>, VecDeque<_>) =
            std::mem::take(&mut self.waiting).into_iter().partition(over);
        self.waiting = kept;
        expired.into_iter().map(|waiting| waiting.item).collect()
    }

    /// The next request, when one is to be sent now.
    pub(crate) fn take(&mut self, now: Instant) -> Option<Batch<T>> {
        if self.in_flight >= self.options.requests_in_flight.max(1) {
            return None;
        }
        let (chosen, full) = self.choose();
        let since = self.waiting.get(*chosen.first()?)?.since;
        if !full && now < since + self.patience() {
            return None;
        }
        Some(self.remove(&chosen))
    }

    /// When [`Self::take`] or [`Self::expire`] may have something that they have not now.
    pub(crate) fn next_wakeup(&self) -> Option<Instant> {
        let deadline = self.waiting.iter().map(|waiting| waiting.deadline).min();
        let may_send = self.in_flight < self.options.requests_in_flight.max(1);
        let first = if may_send { self.choose().0.first().copied() } else { None };
        let patience =
            first.and_then(|first| self.waiting.get(first)).map(|waiting| waiting.since + self.patience());
        [deadline, patience].into_iter().flatten().min()
    }

    /// A request has ended.
    pub(crate) fn done(&mut self, groups: &[String]) {
        self.in_flight = self.in_flight.saturating_sub(1);
        for group in groups {
            self.busy_groups.remove(group);
        }
    }

    /// How long the first message waits for company.
    fn patience(&self) -> Duration {
        if self.in_flight == 0 { self.options.linger } else { self.options.stall }
    }

    /// The places of the messages that would go next, and whether no more would fit.
    fn choose(&self) -> (Vec<usize>, bool) {
        let mut chosen = Vec::with_capacity(BATCH_ENTRIES.min(self.waiting.len()));
        let mut bytes = 0;
        for (place, waiting) in self.waiting.iter().enumerate() {
            if waiting.group.as_ref().is_some_and(|group| self.busy_groups.contains(group)) {
                continue;
            }
            // Stopping here, not skipping, keeps the order of groups and lets no big message starve.
            if !chosen.is_empty() && bytes + waiting.size > BATCH_BYTES {
                return (chosen, true);
            }
            chosen.push(place);
            bytes += waiting.size;
            if chosen.len() == BATCH_ENTRIES {
                return (chosen, true);
            }
        }
        (chosen, false)
    }

    fn remove(&mut self, chosen: &[usize]) -> Batch<T> {
        let mut batch = Batch { items: Vec::with_capacity(chosen.len()), groups: Vec::new() };
        // From the back, so that the places of those before stay what they are.
        for waiting in chosen.iter().rev().filter_map(|place| self.waiting.remove(*place)) {
            if let Some(group) = waiting.group
                && self.busy_groups.insert(group.clone())
            {
                batch.groups.push(group);
            }
            batch.items.push(waiting.item);
        }
        batch.items.reverse();
        self.in_flight += 1;
        batch
    }
}
