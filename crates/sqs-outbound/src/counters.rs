//! What became of the jobs so far.

use crate::Handled;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many jobs ended how, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboundCounters {
    /// Jobs that were begun.
    pub activated: u64,
    /// Jobs that were completed, ignored errors included.
    pub completed: u64,
    /// Jobs that failed.
    pub failed: u64,
    /// Jobs that threw a BPMN error.
    pub thrown: u64,
    /// Jobs that got no command because their time was up or the sender had stopped.
    pub abandoned: u64,
    /// Jobs whose command the engine refused.
    pub refused: u64,
    /// Jobs whose handling panicked.
    pub panicked: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Tally {
    activated: AtomicU64,
    completed: AtomicU64,
    failed: AtomicU64,
    thrown: AtomicU64,
    abandoned: AtomicU64,
    refused: AtomicU64,
    panicked: AtomicU64,
}

impl Tally {
    pub(crate) fn activated(&self) {
        self.activated.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn panicked(&self) {
        self.panicked.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn handled(&self, handled: Handled) {
        let counter = match handled {
            Handled::Completed | Handled::Ignored => &self.completed,
            Handled::Failed => &self.failed,
            Handled::Thrown => &self.thrown,
            Handled::Abandoned => &self.abandoned,
            Handled::Refused => &self.refused,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn snapshot(&self) -> OutboundCounters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        OutboundCounters {
            activated: read(&self.activated),
            completed: read(&self.completed),
            failed: read(&self.failed),
            thrown: read(&self.thrown),
            abandoned: read(&self.abandoned),
            refused: read(&self.refused),
            panicked: read(&self.panicked),
        }
    }
}
