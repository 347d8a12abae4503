//! The five minutes in which a FIFO queue recognises a message that it has taken before.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

/// Source: developer guide, "Using the message deduplication ID": five minutes from the first send, whether or not
/// the message was deleted meanwhile.
const WINDOW: Duration = Duration::from_secs(300);

/// A deduplication id, with the group where the scope is the group.
pub(crate) type Key = (Option<Arc<str>>, String);

/// What the first send was answered.
#[derive(Clone, Debug)]
pub(crate) struct Original {
    pub(crate) message_id: String,
    pub(crate) sequence_number: String,
}

/// Ids seen in the window.
#[derive(Debug, Default)]
pub(crate) struct Window {
    known: HashMap<Key, Original>,
    ends: VecDeque<(Instant, Key)>,
}

impl Window {
    pub(crate) fn forget_old(&mut self, now: Instant) {
        while self.ends.front().is_some_and(|(end, _)| *end <= now) {
            if let Some((_, key)) = self.ends.pop_front() {
                self.known.remove(&key);
            }
        }
    }

    pub(crate) fn find(&self, key: &Key) -> Option<&Original> {
        self.known.get(key)
    }

    pub(crate) fn remember(&mut self, now: Instant, key: Key, original: Original) {
        self.ends.push_back((now + WINDOW, key.clone()));
        self.known.insert(key, original);
    }
}
