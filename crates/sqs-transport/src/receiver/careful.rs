//! After a failure in a FIFO group, receives ask for one message at a time.
//!
//! A batch would bring the failed message's followers along, which go back unseen each time: their receive counts
//! would rise with its own, and the redrive policy would bury them with it.

use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::time::Instant;

/// Without news of a group for this long, its failed message is somebody else's, or a dead letter.
const SHORTEST_MEMORY: Duration = Duration::from_secs(60);

/// The groups that failed and have not succeeded since.
#[derive(Debug)]
pub(crate) struct FailedGroups {
    memory: Duration,
    until: HashMap<Arc<str>, Instant>,
}

impl FailedGroups {
    pub(crate) fn new(visibility: Duration) -> Self {
        Self { memory: (visibility * 2).max(SHORTEST_MEMORY), until: HashMap::new() }
    }

    /// A message of the group went back; it may come again after `delay`.
    pub(crate) fn failed(&mut self, group: Arc<str>, delay: Option<Duration>, now: Instant) {
        self.until.insert(group, now + self.memory + delay.unwrap_or_default());
    }

    /// A message of the group was handled.
    pub(crate) fn succeeded(&mut self, group: &str) {
        self.until.remove(group);
    }

    /// Whether a group is to be treated with care at this time.
    pub(crate) fn any(&mut self, now: Instant) -> bool {
        self.until.retain(|_, until| *until > now);
        !self.until.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_with_a_success_or_without_news() {
        let now = Instant::now();
        let mut groups = FailedGroups::new(Duration::from_secs(30));
        groups.failed("a".into(), None, now);
        groups.failed("b".into(), Some(Duration::from_secs(40)), now);
        assert!(groups.any(now));
        groups.succeeded("a");
        assert!(groups.any(now + Duration::from_secs(99)));
        assert!(!groups.any(now + Duration::from_secs(100)));
    }
}
