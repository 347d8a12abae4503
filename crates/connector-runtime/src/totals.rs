//! What all consumers have counted, those that have ended included: counters never go back.

use connector_bpmn::TemplateDetails;
use sqs_inbound::{ConsumerCounters, ConsumerHandle, Group};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

/// What consumers are told apart by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kind {
    pub(crate) connector_type: String,
    pub(crate) template_id: Option<String>,
    pub(crate) template_version: Option<String>,
}

impl Kind {
    pub(crate) fn of(group: &Group) -> Self {
        let template: Option<&TemplateDetails> = group.first().deployed.element.template.as_ref();
        Self {
            connector_type: group.connector_type().to_owned(),
            template_id: template.map(|template| template.id.clone()),
            template_version: template.and_then(|template| template.version.clone()),
        }
    }
}

/// The counts of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) activated: u64,
    pub(crate) deactivated: u64,
    pub(crate) activation_failed: u64,
    pub(crate) triggered: u64,
    pub(crate) correlated: u64,
    pub(crate) correlation_failed: u64,
    pub(crate) activation_condition_failed: u64,
    pub(crate) last_activated: Option<SystemTime>,
    pub(crate) last_triggered: Option<SystemTime>,
}

impl Counts {
    fn of(handle: &ConsumerHandle) -> Self {
        let counters: ConsumerCounters = handle.counters();
        Self {
            activated: counters.activated,
            deactivated: counters.deactivated,
            activation_failed: counters.activation_failed,
            triggered: counters.triggered,
            correlated: counters.correlated,
            correlation_failed: counters.correlation_failed,
            activation_condition_failed: counters.activation_condition_failed,
            last_activated: handle.dates().activated,
            last_triggered: handle.last_triggered(),
        }
    }

    /// Adds what others have counted.
    pub(crate) fn add(&mut self, other: &Self) {
        self.activated += other.activated;
        self.deactivated += other.deactivated;
        self.activation_failed += other.activation_failed;
        self.triggered += other.triggered;
        self.correlated += other.correlated;
        self.correlation_failed += other.correlation_failed;
        self.activation_condition_failed += other.activation_condition_failed;
        self.last_activated = self.last_activated.max(other.last_activated);
        self.last_triggered = self.last_triggered.max(other.last_triggered);
    }
}

/// The counts of all consumers.
#[derive(Default)]
pub(crate) struct Totals(Mutex<State>);

#[derive(Default)]
struct State {
    next: u64,
    running: BTreeMap<u64, (Kind, ConsumerHandle)>,
    ended: BTreeMap<Kind, Counts>,
}

impl Totals {
    /// A consumer starts to count; the answer is its place.
    pub(crate) fn begin(&self, kind: Kind, handle: ConsumerHandle) -> u64 {
        let mut state = self.state();
        let place = state.next;
        state.next += 1;
        state.running.insert(place, (kind, handle));
        place
    }

    /// A consumer counts no more; what it counted stays.
    pub(crate) fn end(&self, place: u64) {
        let mut state = self.state();
        if let Some((kind, handle)) = state.running.remove(&place) {
            state.ended.entry(kind).or_default().add(&Counts::of(&handle));
        }
    }

    /// The counts by kind.
    pub(crate) fn counts(&self) -> BTreeMap<Kind, Counts> {
        let state = self.state();
        let mut counts = state.ended.clone();
        for (kind, handle) in state.running.values() {
            counts.entry(kind.clone()).or_default().add(&Counts::of(handle));
        }
        counts
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
