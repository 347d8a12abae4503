//! What shall go wrong, call by call.

use super::rpc::Rpc;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tonic::{Code, Status};

/// What happens to a call.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// It is refused with this status and has no effect; `RESOURCE_EXHAUSTED` is Zeebe's back-pressure.
    Status(Code, String),
    /// It is executed after a delay.
    Delay(Duration),
    /// It has no effect and is never answered.
    Hang,
    /// It has no effect and its connection breaks.
    Disconnect,
    /// It is executed, but the client does not learn of it.
    AnswerLost(Loss),
}

/// How an answer gets lost.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Loss {
    /// The client gets this status instead, as from a proxy.
    Status(Code, String),
    /// Nothing comes.
    Hang,
    /// The connection breaks.
    Disconnect,
}

impl Fault {
    /// Zeebe's back-pressure.
    pub fn back_pressure() -> Self {
        Self::Status(
            Code::ResourceExhausted,
            "Expected to handle gRPC request, but the broker is overloaded and asks to slow down".to_owned(),
        )
    }

    /// A gateway without a broker behind it.
    pub fn unavailable() -> Self {
        Self::Status(Code::Unavailable, "The test kit's gateway was told to be unavailable".to_owned())
    }
}

/// The faults to come; all methods may be called while calls are under way.
#[derive(Debug, Default)]
pub struct Faults {
    plans: Mutex<HashMap<Rpc, Plan>>,
}

/// The faults of one call's name.
#[derive(Debug, Default)]
struct Plan {
    next: VecDeque<(usize, Fault)>,
    always: Option<Fault>,
}

impl Faults {
    /// Lets the next `times` calls fail, after those that were planned before.
    pub fn next(&self, rpc: Rpc, times: usize, fault: Fault) {
        self.with(|plans| plans.entry(rpc).or_default().next.push_back((times, fault)));
    }

    /// Lets every call fail that no planned fault takes, until [`Faults::clear`].
    pub fn always(&self, rpc: Rpc, fault: Fault) {
        self.with(|plans| plans.entry(rpc).or_default().always = Some(fault));
    }

    /// Forgets the faults of one call's name.
    pub fn clear(&self, rpc: Rpc) {
        self.with(|plans| plans.remove(&rpc));
    }

    /// Forgets all faults.
    pub fn clear_all(&self) {
        self.with(HashMap::clear);
    }

    /// How many planned faults have not happened yet.
    pub fn pending(&self, rpc: Rpc) -> usize {
        self.with(|plans| plans.get(&rpc).map_or(0, |plan| plan.next.iter().map(|(times, _)| times).sum()))
    }

    /// The fault of the call that begins now.
    pub(super) fn take(&self, rpc: Rpc) -> Option<Fault> {
        self.with(|plans| {
            let plan = plans.get_mut(&rpc)?;
            while let Some((times, fault)) = plan.next.front_mut() {
                if *times > 0 {
                    *times -= 1;
                    return Some(fault.clone());
                }
                plan.next.pop_front();
            }
            plan.always.clone()
        })
    }

    fn with<R>(&self, change: impl FnOnce(&mut HashMap<Rpc, Plan>) -> R) -> R {
        change(&mut self.plans.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Loss {
    /// The status that the client gets when it is told something.
    pub(super) fn status(self) -> Option<Status> {
        match self {
            Self::Status(code, message) => Some(Status::new(code, message)),
            Self::Hang | Self::Disconnect => None,
        }
    }
}
