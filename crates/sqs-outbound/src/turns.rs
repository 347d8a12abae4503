//! Keeps the jobs of one message group in the order in which they were handed over, until their messages are in line to be sent.
//!
//! Jobs are worked on side by side, and one may wait longer for its secrets than the next. Whoever takes a turn waits for the turn
//! before it in the same group; a turn passes when its message is in line, or when it is dropped.

use crate::outbound::Inner;
use connector_binding::{Json, write_json};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};

/// Queue and group, as the variables have them: equal texts mean equal groups, placeholders or not.
type Group = (String, String);

/// The last turn of each group that has one.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    taken: u64,
    last: HashMap<Group, Last>,
}

#[derive(Debug)]
struct Last {
    number: u64,
    passed: oneshot::Receiver<()>,
}

/// A place in the order of a group.
pub(crate) struct Turn {
    outbound: Arc<Inner>,
    group: Group,
    number: u64,
    before: Option<oneshot::Receiver<()>>,
    /// Dropped with the turn, which is what the next one waits for.
    _passes: oneshot::Sender<()>,
}

impl Turn {
    /// The next turn in the group of these variables; `None` when they name none.
    pub(crate) fn take(outbound: &Arc<Inner>, variables: &Json<'_>) -> Option<Self> {
        let group = group(variables)?;
        let (passes, passed) = oneshot::channel();
        let mut state = outbound.turns.state();
        state.taken += 1;
        let number = state.taken;
        let before = state.last.insert(group.clone(), Last { number, passed }).map(|last| last.passed);
        drop(state);
        Some(Self { outbound: Arc::clone(outbound), group, number, before, _passes: passes })
    }

    /// Waits for the turn before; false when the deadline comes first.
    pub(crate) async fn comes(&mut self, deadline: Instant) -> bool {
        match self.before.take() {
            // That the sender was dropped is how a turn passes.
            Some(before) => timeout_at(deadline, before).await.is_ok(),
            None => true,
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.outbound.turns.state();
        if state.last.get(&self.group).is_some_and(|last| last.number == self.number) {
            state.last.remove(&self.group);
        }
    }
}

impl Turns {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// True when the text of a job's variables may name a group; spares the others from being read twice.
pub(crate) fn may_have_group(variables: &str) -> bool {
    variables.contains("messageGroupId")
}

fn group(variables: &Json<'_>) -> Option<Group> {
    let queue = only(variables.get("queue")?);
    let group = queue.get("messageGroupId").filter(|group| !group.is_null())?;
    Some((write_json(queue.get("url")?), write_json(only(group))))
}

/// The one element of a list, or the value itself, as the binding has it.
fn only<'v, 'a>(value: &'v Json<'a>) -> &'v Json<'a> {
    value.only().unwrap_or(value)
}
