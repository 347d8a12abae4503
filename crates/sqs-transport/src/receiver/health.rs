//! One health out of two: that of receiving and that of deleting.

use crate::TransportError;
use connector_core::Health;
use std::sync::{Mutex, PoisonError};
use tokio::sync::watch;

/// What can be wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    Receiving,
    Deleting,
}

/// The health of a receiver, as its watchers see it.
#[derive(Debug)]
pub(crate) struct HealthBoard {
    parts: Mutex<Parts>,
    sender: watch::Sender<Health>,
}

#[derive(Debug, Default)]
struct Parts {
    receiving: Option<Health>,
    deleting: Option<Health>,
}

impl HealthBoard {
    pub(crate) fn new() -> Self {
        Self { parts: Mutex::default(), sender: watch::Sender::new(Health::Up) }
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Health> {
        self.sender.subscribe()
    }

    /// Notes that a part is down with this error.
    pub(crate) fn down(&self, part: Part, queue_url: &str, error: &TransportError) {
        let what = match part {
            Part::Receiving => "cannot receive from",
            Part::Deleting => "cannot delete acked messages from",
        };
        self.set(part, Some(Health::down(error.code(), format!("{what} {queue_url}: {error}"))));
    }

    /// Notes that a part works.
    pub(crate) fn up(&self, part: Part) {
        self.set(part, None);
    }

    fn set(&self, part: Part, state: Option<Health>) {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        match part {
            Part::Receiving => parts.receiving = state,
            Part::Deleting => parts.deleting = state,
        }
        let health = parts.receiving.clone().or_else(|| parts.deleting.clone()).unwrap_or(Health::Up);
        self.sender.send_if_modified(|shown| {
            let changed = *shown != health;
            *shown = health;
            changed
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_up_only_when_both_parts_are() {
        let board = HealthBoard::new();
        let watch = board.subscribe();
        board.down(Part::Deleting, "q", &TransportError::Closed);
        board.down(Part::Receiving, "q", &TransportError::DeadlineExceeded { sent: false });
        assert!(matches!(&*watch.borrow(), Health::Down { code, .. } if code == "DeadlineExceeded"));
        board.up(Part::Receiving);
        assert!(matches!(&*watch.borrow(), Health::Down { code, .. } if code == "Closed"));
        board.up(Part::Deleting);
        assert!(watch.borrow().is_up());
    }
}
