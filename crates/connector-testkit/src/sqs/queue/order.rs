//! Which message comes next: oldest first, and in a FIFO queue one group at a time.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// The messages of a queue that are not in flight, in the order in which receives take them.
#[derive(Debug)]
pub(crate) enum Order {
    /// Standard: any visible message, oldest first.
    Standard(BTreeSet<u64>),
    /// FIFO: the head of each group that has nothing in flight.
    Fifo(Groups),
}

impl Order {
    pub(crate) fn new(fifo: bool) -> Self {
        if fifo { Self::Fifo(Groups::default()) } else { Self::Standard(BTreeSet::new()) }
    }

    /// A new message; `visible` is false while a delay hides it.
    pub(crate) fn add(&mut self, serial: u64, group: Option<&Arc<str>>, visible: bool) {
        match self {
            Self::Standard(ready) => {
                if visible {
                    ready.insert(serial);
                }
            }
            Self::Fifo(groups) => groups.update(group, |group| {
                group.waiting.insert(serial, visible);
            }),
        }
    }

    /// The delay of the message is over.
    pub(crate) fn reveal(&mut self, serial: u64, group: Option<&Arc<str>>) {
        self.add(serial, group, true);
    }

    /// The message goes into flight.
    pub(crate) fn take(&mut self, serial: u64, group: Option<&Arc<str>>) {
        match self {
            Self::Standard(ready) => {
                ready.remove(&serial);
            }
            Self::Fifo(groups) => groups.update(group, |group| {
                group.waiting.remove(&serial);
                group.in_flight += 1;
            }),
        }
    }

    /// The message comes back from flight.
    pub(crate) fn give_back(&mut self, serial: u64, group: Option<&Arc<str>>) {
        match self {
            Self::Standard(ready) => {
                ready.insert(serial);
            }
            Self::Fifo(groups) => groups.update(group, |group| {
                group.waiting.insert(serial, true);
                group.in_flight = group.in_flight.saturating_sub(1);
            }),
        }
    }

    /// The message is gone for good.
    pub(crate) fn remove(&mut self, serial: u64, group: Option<&Arc<str>>, in_flight: bool) {
        match self {
            Self::Standard(ready) => {
                ready.remove(&serial);
            }
            Self::Fifo(groups) => groups.update(group, |group| {
                group.waiting.remove(&serial);
                if in_flight {
                    group.in_flight = group.in_flight.saturating_sub(1);
                }
            }),
        }
    }

    /// The message that the next receive begins with.
    pub(crate) fn first(&self) -> Option<u64> {
        match self {
            Self::Standard(ready) => ready.first().copied(),
            Self::Fifo(groups) => groups.eligible.first_key_value().map(|(serial, _)| *serial),
        }
    }

    /// The message that follows `taken` in the same receive: in a FIFO queue the rest of its group comes first.
    pub(crate) fn following(&self, group: Option<&Arc<str>>) -> Option<u64> {
        match self {
            Self::Standard(ready) => ready.first().copied(),
            Self::Fifo(groups) => groups.head(group).or_else(|| self.first()),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Groups {
    groups: HashMap<Arc<str>, Group>,
    /// Heads of the groups that a receive may take from.
    eligible: BTreeMap<u64, Arc<str>>,
}

#[derive(Debug, Default)]
struct Group {
    /// Serial to whether it is visible.
    waiting: BTreeMap<u64, bool>,
    in_flight: usize,
    offered: Option<u64>,
}

impl Group {
    fn head(&self) -> Option<u64> {
        self.waiting.first_key_value().filter(|(_, visible)| **visible).map(|(serial, _)| *serial)
    }
}

impl Groups {
    fn head(&self, name: Option<&Arc<str>>) -> Option<u64> {
        self.groups.get(&key(name)).and_then(Group::head)
    }

    /// Changes one group and brings the list of eligible heads up to date.
    fn update(&mut self, name: Option<&Arc<str>>, change: impl FnOnce(&mut Group)) {
        let name = key(name);
        let group = self.groups.entry(Arc::clone(&name)).or_default();
        change(group);
        let head = if group.in_flight == 0 { group.head() } else { None };
        if head != group.offered {
            if let Some(old) = group.offered {
                self.eligible.remove(&old);
            }
            group.offered = head;
            if let Some(new) = head {
                self.eligible.insert(new, Arc::clone(&name));
            }
        }
        if group.waiting.is_empty() && group.in_flight == 0 {
            self.groups.remove(&name);
        }
    }
}

fn key(name: Option<&Arc<str>>) -> Arc<str> {
    name.map_or_else(|| Arc::from(""), Arc::clone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_a_group_until_all_of_its_messages_are_back_or_gone() {
        let (a, b) = (Arc::from("a"), Arc::from("b"));
        let mut order = Order::new(true);
        for (serial, group) in [(1, &a), (2, &a), (3, &a), (4, &b)] {
            order.add(serial, Some(group), true);
        }
        order.take(1, Some(&a));
        assert_eq!(order.following(Some(&a)), Some(2), "the same receive goes on in the group");
        order.take(2, Some(&a));
        assert_eq!(order.first(), Some(4), "another receive does not");
        order.remove(1, Some(&a), true);
        assert_eq!(order.first(), Some(4));
        order.give_back(2, Some(&a));
        assert_eq!(order.first(), Some(2));
    }

    #[test]
    fn waits_for_a_delayed_head() {
        let a = Arc::from("a");
        let mut order = Order::new(true);
        order.add(1, Some(&a), false);
        order.add(2, Some(&a), true);
        assert_eq!(order.first(), None);
        order.reveal(1, Some(&a));
        assert_eq!(order.first(), Some(1));
    }
}
