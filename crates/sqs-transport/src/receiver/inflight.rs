//! The messages that are held, ordered by when their visibility must be extended: a state machine without I/O.

use super::alarm::Alarm;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;

/// SQS keeps a message hidden for at most this long after a receive, however often it is extended.
///
/// Source: SQS API Reference, ChangeMessageVisibility.
pub(crate) const LONGEST_HIDING: Duration = Duration::from_secs(12 * 60 * 60);

/// Held messages by id.
#[derive(Debug)]
pub(crate) struct InFlight {
    visibility: Duration,
    entries: HashMap<Arc<str>, Entry>,
    due: BTreeSet<(Instant, Arc<str>)>,
    /// Wakes the task that extends.
    alarm: Alarm,
}

#[derive(Debug)]
struct Entry {
    handle: Arc<str>,
    received: Instant,
    /// When SQS shows the message to others; `None` = never hidden (a visibility timeout of zero).
    deadline: Option<Instant>,
    /// The entry's place in `due`.
    extend_at: Option<Instant>,
    lost: bool,
}

/// A held message that was taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) handle: Arc<str>,
    pub(crate) deadline: Option<Instant>,
    pub(crate) lost: bool,
}

/// A visibility timeout to set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Extension {
    pub(crate) id: Arc<str>,
    pub(crate) handle: Arc<str>,
    /// Whole seconds.
    pub(crate) timeout: Duration,
}

impl InFlight {
    pub(crate) fn new(visibility: Duration) -> Self {
        Self { visibility, entries: HashMap::new(), due: BTreeSet::new(), alarm: Alarm::default() }
    }

    /// Holds a message that was just received. One that is held already gets the newer handle, also when its older
    /// one was lost; then the answer is false.
    pub(crate) fn hold(&mut self, id: &Arc<str>, handle: Arc<str>, now: Instant) -> bool {
        let deadline = self.deadline_from(now);
        let fresh = Entry { handle, received: now, deadline, extend_at: None, lost: false };
        let former = self.entries.insert(Arc::clone(id), fresh);
        if let Some(at) = former.as_ref().and_then(|entry| entry.extend_at) {
            self.due.remove(&(at, Arc::clone(id)));
        }
        self.schedule(id, self.visibility);
        former.is_none()
    }

    /// When a message that is received now lapses.
    pub(crate) fn deadline_from(&self, now: Instant) -> Option<Instant> {
        (!self.visibility.is_zero()).then(|| now + self.visibility)
    }

    /// The ids of all held messages.
    pub(crate) fn ids(&self) -> Vec<Arc<str>> {
        self.entries.keys().cloned().collect()
    }

    pub(crate) fn contains(&self, id: &str) -> bool {
        self.entries.contains_key(id)
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether somebody else may have the message by now.
    pub(crate) fn is_lost(&self, id: &str, now: Instant) -> bool {
        self.entries.get(id).is_none_or(|entry| entry.lost || entry.deadline.is_some_and(|at| at <= now))
    }

    /// The extensions to ask for now, at most `limit`. Each must be answered by one of the three methods below.
    pub(crate) fn due(&mut self, now: Instant, limit: usize) -> Vec<Extension> {
        let mut extensions = Vec::new();
        while extensions.len() < limit {
            let Some((at, _)) = self.due.first() else { break };
            if *at > now {
                break;
            }
            let Some((_, id)) = self.due.pop_first() else { break };
            let Some(entry) = self.entries.get_mut(&id) else { continue };
            entry.extend_at = None;
            let rest = (entry.received + LONGEST_HIDING).saturating_duration_since(now);
            let timeout = Duration::from_secs(self.visibility.min(rest).as_secs());
            if !timeout.is_zero() {
                extensions.push(Extension { id, handle: Arc::clone(&entry.handle), timeout });
            }
        }
        extensions
    }

    /// When [`Self::due`] has something next. Whoever asks sleeps until then.
    pub(crate) fn next_due(&mut self) -> Option<Instant> {
        let next = self.due.first().map(|(at, _)| *at);
        self.alarm.set(next);
        next
    }

    /// Whether something is due sooner than [`Self::next_due`] said.
    pub(crate) fn is_due_sooner(&mut self) -> bool {
        self.alarm.take()
    }

    /// SQS took an extension that was asked for at `asked`.
    pub(crate) fn extended(&mut self, extension: &Extension, asked: Instant) {
        let Some(entry) = self.current(extension) else { return };
        entry.deadline = Some(asked + extension.timeout);
        self.schedule(&extension.id, extension.timeout);
    }

    /// An extension failed in a way that may pass: it is tried again at this time.
    pub(crate) fn extension_failed(&mut self, extension: &Extension, retry_at: Instant) {
        if self.current(extension).is_some() {
            self.put_due(&extension.id, retry_at);
        }
    }

    /// SQS no longer takes the handle. True when the message was held under it.
    pub(crate) fn lose(&mut self, id: &str, handle: &str) -> bool {
        match self.entries.get_mut(id) {
            Some(entry) if *entry.handle == *handle && !entry.lost => {
                entry.lost = true;
                if let Some(at) = entry.extend_at.take() {
                    self.due.retain(|(due, other)| *due != at || **other != *id);
                }
                true
            }
            _ => false,
        }
    }

    /// Lets go of a message.
    pub(crate) fn release(&mut self, id: &str) -> Option<Held> {
        let (id, entry) = self.entries.remove_entry(id)?;
        if let Some(at) = entry.extend_at {
            self.due.remove(&(at, id));
        }
        Some(Held { handle: entry.handle, deadline: entry.deadline, lost: entry.lost })
    }

    /// The entry, when it is still held under the handle that was extended.
    fn current(&mut self, extension: &Extension) -> Option<&mut Entry> {
        self.entries.get_mut(&extension.id).filter(|entry| entry.handle == extension.handle && !entry.lost)
    }

    /// Puts an entry in the order again: it is due when half of `timeout` has passed.
    fn schedule(&mut self, id: &Arc<str>, timeout: Duration) {
        let deadline = self.entries.get(id).and_then(|entry| entry.deadline);
        if let Some(at) = deadline.and_then(|deadline| deadline.checked_sub(timeout / 2)) {
            self.put_due(id, at);
        }
    }

    fn put_due(&mut self, id: &Arc<str>, at: Instant) {
        if let Some(entry) = self.entries.get_mut(id) {
            entry.extend_at = Some(at);
            self.due.insert((at, Arc::clone(id)));
            self.alarm.expect(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> (InFlight, Arc<str>, Instant) {
        let now = Instant::now();
        let mut table = InFlight::new(Duration::from_secs(30));
        let id: Arc<str> = "m1".into();
        assert!(table.hold(&id, "h1".into(), now));
        (table, id, now)
    }

    #[test]
    fn extends_when_half_of_the_time_is_left() {
        let (mut table, _, now) = table();
        assert!(table.due(now + Duration::from_secs(14), 10).is_empty());
        let at = now + Duration::from_secs(15);
        let due = table.due(at, 10);
        assert_eq!(due.len(), 1);
        assert!(table.due(at, 10).is_empty(), "one request at a time");
        table.extended(&due[0], at);
        assert!(!table.is_lost("m1", at + Duration::from_secs(29)));
        assert_eq!(table.next_due(), Some(at + Duration::from_secs(15)));
    }

    #[test]
    fn never_hides_longer_than_twelve_hours() {
        let (mut table, _, now) = table();
        let mut at = now;
        let mut last = now;
        while let Some(next) = table.next_due() {
            at = next;
            for extension in table.due(at, 10) {
                last = at + extension.timeout;
                table.extended(&extension, at);
            }
        }
        assert!(at < now + LONGEST_HIDING);
        assert!(last <= now + LONGEST_HIDING && last > now + LONGEST_HIDING - Duration::from_secs(2));
    }

    #[test]
    fn a_message_that_comes_again_swaps_the_handle_and_is_not_lost_any_more() {
        let (mut table, id, now) = table();
        assert!(table.lose("m1", "h1"));
        assert!(table.is_lost("m1", now));
        assert!(!table.hold(&id, "h2".into(), now));
        assert!(!table.is_lost("m1", now));
        assert!(!table.lose("m1", "h1"), "news of the older handle do not count");
        assert_eq!(&*table.release("m1").unwrap().handle, "h2");
    }

    #[test]
    fn a_visibility_timeout_of_zero_is_never_extended_and_never_lost() {
        let mut table = InFlight::new(Duration::ZERO);
        let now = Instant::now();
        table.hold(&"m".into(), "h".into(), now);
        assert_eq!(table.next_due(), None);
        assert!(!table.is_lost("m", now + Duration::from_secs(99)));
    }

    #[test]
    fn a_failed_extension_is_tried_again_soon() {
        let (mut table, _, now) = table();
        let at = now + Duration::from_secs(15);
        let due = table.due(at, 10);
        let retry_at = at + Duration::from_secs(1);
        table.extension_failed(&due[0], retry_at);
        assert_eq!(table.next_due(), Some(retry_at));
    }
}
