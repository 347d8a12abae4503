//! What was asked: counts for every operation, and the requests themselves.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::operation::Operation;

/// A request as it arrived, before faults and checks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The operation; none for a name that the server does not know.
    pub operation: Option<Operation>,
    /// The queue's name: the last segment of the queue URL; empty without one.
    pub queue: String,
    /// The access key id of the signature.
    pub access_key: Option<String>,
    /// The region that the request was signed for.
    pub region: Option<String>,
    /// The service that the request was signed for.
    pub service: Option<String>,
    /// The session token.
    pub session_token: Option<String>,
    /// The `Host` header.
    pub host: Option<String>,
    /// The path of the request line.
    pub path: String,
    /// The `Content-Type` header.
    pub content_type: Option<String>,
    /// The body as it came.
    pub body: Vec<u8>,
}

impl RecordedRequest {
    /// The body as JSON; none when it is none.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// Counts and the newest requests.
#[derive(Debug)]
pub(crate) struct Recorder {
    keep: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    requests: VecDeque<RecordedRequest>,
    counts: BTreeMap<Operation, u64>,
}

impl Recorder {
    pub(crate) fn new(keep: usize) -> Self {
        Self { keep, state: Mutex::default() }
    }

    /// Counts a request, and keeps what `request` makes when requests are kept.
    pub(crate) fn add(&self, operation: Option<Operation>, request: impl FnOnce() -> RecordedRequest) {
        let request = (self.keep > 0).then(request);
        let mut state = self.lock();
        if let Some(operation) = operation {
            *state.counts.entry(operation).or_default() += 1;
        }
        if let Some(request) = request {
            if state.requests.len() >= self.keep {
                state.requests.pop_front();
            }
            state.requests.push_back(request);
        }
    }

    pub(crate) fn requests(&self) -> Vec<RecordedRequest> {
        self.lock().requests.iter().cloned().collect()
    }

    pub(crate) fn counts(&self) -> BTreeMap<Operation, u64> {
        self.lock().counts.clone()
    }

    pub(crate) fn clear(&self) {
        *self.lock() = State::default();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
