//! One message of a group at a time, groups side by side: a state machine without I/O.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

/// The groups that have a message being worked on.
#[derive(Debug, Default)]
pub(crate) struct GroupOrder {
    groups: HashMap<Arc<str>, Group>,
}

#[derive(Debug)]
struct Group {
    first: Arc<str>,
    waiting: VecDeque<Arc<str>>,
}

impl GroupOrder {
    /// A message has come. True when it may be worked on at once; else it waits for those before it.
    pub(crate) fn arrive(&mut self, group: &Arc<str>, id: &Arc<str>) -> bool {
        match self.groups.get_mut(group) {
            Some(present) => {
                present.waiting.push_back(Arc::clone(id));
                false
            }
            None => {
                self.groups
                    .insert(Arc::clone(group), Group { first: Arc::clone(id), waiting: VecDeque::new() });
                true
            }
        }
    }

    /// The group's first message is handled. The next one, which is now the first.
    pub(crate) fn finished(&mut self, group: &str, id: &str) -> Option<Arc<str>> {
        let present = self.groups.get_mut(group).filter(|present| *present.first == *id)?;
        match present.waiting.pop_front() {
            Some(next) => {
                present.first = Arc::clone(&next);
                Some(next)
            }
            None => {
                self.groups.remove(group);
                None
            }
        }
    }

    /// Takes out every message that waits behind another, last first inside each group.
    pub(crate) fn drain_waiting(&mut self) -> Vec<Arc<str>> {
        self.groups.values_mut().flat_map(|present| present.waiting.drain(..).rev()).collect()
    }

    /// A message goes back to the queue. The later ones, which must go back as well, last first; the group's first
    /// one stays its first as long as it `still_runs`.
    pub(crate) fn failed(&mut self, group: &str, id: &str, still_runs: bool) -> Vec<Arc<str>> {
        let Some(present) = self.groups.get_mut(group) else { return Vec::new() };
        let keep = if *present.first == *id {
            0
        } else {
            match present.waiting.iter().position(|waiting| **waiting == *id) {
                Some(place) => place,
                None => return Vec::new(),
            }
        };
        let mut later: Vec<_> = present.waiting.split_off(keep).into();
        later.retain(|waiting| **waiting != *id);
        later.reverse();
        if *present.first == *id && !still_runs {
            self.groups.remove(group);
        }
        later
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arcs(ids: &[&str]) -> Vec<Arc<str>> {
        ids.iter().map(|id| Arc::from(*id)).collect()
    }

    #[test]
    fn one_message_of_a_group_at_a_time_and_groups_side_by_side() {
        let mut order = GroupOrder::default();
        let (a, b) = (Arc::from("a"), Arc::from("b"));
        let ids = arcs(&["1", "2", "3"]);
        assert!(order.arrive(&a, &ids[0]));
        assert!(!order.arrive(&a, &ids[1]));
        assert!(order.arrive(&b, &ids[2]));
        assert_eq!(order.finished("a", "1").as_deref(), Some("2"));
        assert_eq!(order.finished("a", "2"), None);
        assert!(order.groups.contains_key("b") && !order.groups.contains_key("a"));
    }

    #[test]
    fn after_a_failure_the_later_ones_go_back_last_first() {
        let mut order = GroupOrder::default();
        let group = Arc::from("a");
        for id in arcs(&["1", "2", "3", "4"]) {
            order.arrive(&group, &id);
        }
        assert_eq!(order.failed("a", "1", false), arcs(&["4", "3", "2"]));
        assert!(order.arrive(&group, &Arc::from("1")), "the group starts anew");
    }

    #[test]
    fn a_waiting_one_that_fails_takes_only_the_later_ones_along() {
        let mut order = GroupOrder::default();
        let group = Arc::from("a");
        for id in arcs(&["1", "2", "3", "4"]) {
            order.arrive(&group, &id);
        }
        assert_eq!(order.failed("a", "3", false), arcs(&["4"]));
        assert_eq!(order.finished("a", "1").as_deref(), Some("2"));
        assert_eq!(order.finished("a", "2"), None);
    }

    #[test]
    fn a_first_one_that_still_runs_keeps_the_group() {
        let mut order = GroupOrder::default();
        let group = Arc::from("a");
        for id in arcs(&["1", "2"]) {
            order.arrive(&group, &id);
        }
        assert_eq!(order.failed("a", "1", true), arcs(&["2"]));
        assert!(!order.arrive(&group, &Arc::from("2")));
        assert_eq!(order.finished("a", "1").as_deref(), Some("2"));
    }
}
