//! The ids of messages that were acked but perhaps not deleted: when they come again they are only deleted.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;

/// More ids than this are not kept; the oldest goes first.
const CAPACITY: usize = 100_000;

/// Ids, each kept until its message is surely gone from the queue.
#[derive(Debug)]
pub(crate) struct Accepted {
    keep: Duration,
    expiries: HashMap<Arc<str>, Instant>,
    order: VecDeque<(Instant, Arc<str>)>,
}

impl Accepted {
    /// `keep` is how long the queue keeps a message.
    pub(crate) fn new(keep: Duration) -> Self {
        Self { keep, expiries: HashMap::new(), order: VecDeque::new() }
    }

    pub(crate) fn insert(&mut self, id: Arc<str>, now: Instant) {
        self.forget_old(now);
        let expiry = now + self.keep;
        self.expiries.insert(Arc::clone(&id), expiry);
        self.order.push_back((expiry, id));
    }

    pub(crate) fn remove(&mut self, id: &str) {
        self.expiries.remove(id);
    }

    pub(crate) fn contains(&self, id: &str, now: Instant) -> bool {
        self.expiries.get(id).is_some_and(|expiry| *expiry > now)
    }

    fn forget_old(&mut self, now: Instant) {
        while let Some((expiry, id)) = self.order.front() {
            if *expiry > now && self.order.len() < CAPACITY {
                return;
            }
            // An id that was put in again has a later expiry, and a later place in the order.
            if self.expiries.get(id) == Some(expiry) {
                self.expiries.remove(id);
            }
            self.order.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_until_the_message_has_left_the_queue() {
        let now = Instant::now();
        let mut accepted = Accepted::new(Duration::from_secs(60));
        accepted.insert("a".into(), now);
        assert!(accepted.contains("a", now + Duration::from_secs(59)));
        assert!(!accepted.contains("a", now + Duration::from_secs(60)));
        accepted.insert("b".into(), now + Duration::from_secs(61));
        assert_eq!(accepted.expiries.len(), 1, "what is over is forgotten");
        accepted.remove("b");
        assert!(!accepted.contains("b", now));
    }

    #[test]
    fn is_bounded() {
        let now = Instant::now();
        let mut accepted = Accepted::new(Duration::from_secs(60));
        for number in 0..=CAPACITY {
            accepted.insert(number.to_string().into(), now);
        }
        assert!(accepted.expiries.len() <= CAPACITY);
        assert!(!accepted.contains("0", now));
    }
}
