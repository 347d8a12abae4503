//! Fault plans: which requests go wrong, how, and how often.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::operation::Operation;

/// Which checksum of a send's answer is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Checksum {
    /// `MD5OfMessageBody`, and `MD5OfBody` of a receive.
    Body,
    /// `MD5OfMessageAttributes`.
    Attributes,
}

/// How entries of a batch fail while the request succeeds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EntryFailure {
    /// How many entries fail, from the first one.
    pub count: usize,
    /// The code of each, for instance `InternalError`.
    pub code: String,
    /// The message of each.
    #[serde(default)]
    pub message: String,
    /// Whether the client is to blame; false invites a retry.
    #[serde(default)]
    pub sender_fault: bool,
}

/// What happens to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultEffect {
    /// Nothing but the delay of the plan.
    None,
    /// An AWS error instead of the operation.
    Error {
        /// The HTTP status.
        status: u16,
        /// `__type` of the body, for instance `com.amazonaws.sqs#AccessDenied`; none leaves it out.
        kind: Option<String>,
        /// `message` of the body; none leaves it out.
        message: Option<String>,
        /// The `x-amzn-query-error` header, for instance `AccessDenied;Sender`; none leaves it out.
        query: Option<String>,
    },
    /// Any other answer instead of the operation, as a proxy gives it.
    Answer {
        /// The HTTP status.
        status: u16,
        /// The body, empty for none.
        body: String,
        /// The `Content-Type` header.
        content_type: String,
    },
    /// The connection is closed without an answer; the operation is not carried out.
    Close,
    /// The connection is reset; the operation is not carried out.
    Reset,
    /// The operation is carried out, then the connection is closed without an answer.
    LoseAnswer,
    /// The operation is carried out, but no answer comes for as long as the client waits.
    HoldAnswer,
    /// A good answer with a checksum that is wrong.
    WrongMd5(Checksum),
    /// Some entries of a batch fail; the others are carried out.
    FailEntries(EntryFailure),
}

/// A plan for the next requests of an operation and a queue. Plans are tried in the order in which they were added;
/// the first that fits is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "FaultText", into = "FaultText")]
#[non_exhaustive]
pub struct Fault {
    /// The operation; none fits every one.
    pub operation: Option<Operation>,
    /// The queue's name; none fits every request.
    pub queue: Option<String>,
    /// How many fitting requests pass before the plan begins.
    pub skip: u32,
    /// For how many requests it holds; none means for all.
    pub times: Option<u32>,
    /// A pause before the effect, on tokio's clock.
    pub delay: Duration,
    /// What happens.
    pub effect: FaultEffect,
}

impl Fault {
    /// A plan for every request from now on, until it is narrowed.
    pub fn new(effect: FaultEffect) -> Self {
        Self { operation: None, queue: None, skip: 0, times: None, delay: Duration::ZERO, effect }
    }

    /// An AWS error: the short code is used in `__type` and in the `x-amzn-query-error` header.
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        let side = if status >= 500 { "Receiver" } else { "Sender" };
        Self::new(FaultEffect::Error {
            status,
            kind: Some(format!("com.amazonaws.sqs#{code}")),
            message: Some(message.into()),
            query: Some(format!("{code};{side}")),
        })
    }

    /// Only for this operation.
    pub fn on(mut self, operation: Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Only for this queue.
    pub fn queue(mut self, name: impl Into<String>) -> Self {
        self.queue = Some(name.into());
        self
    }

    /// Only for this many requests.
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Only after this many requests.
    pub fn after(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    /// With a pause before the effect.
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    fn fits(&self, operation: Option<Operation>, queue: &str) -> bool {
        self.times != Some(0)
            && (self.operation.is_none() || self.operation == operation)
            && self.queue.as_deref().is_none_or(|name| name == queue)
    }
}

/// A fault plan's text form could not be understood.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
#[non_exhaustive]
pub struct FaultPlanError(String);

/// The form of a plan in `POST /_testkit/faults`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct FaultText {
    operation: Option<String>,
    queue: Option<String>,
    skip: u32,
    times: Option<u32>,
    delay_ms: u64,
    status: Option<u16>,
    #[serde(rename = "type")]
    kind: Option<String>,
    message: Option<String>,
    query: Option<String>,
    body: Option<String>,
    content_type: Option<String>,
    close: bool,
    reset: bool,
    lose_answer: bool,
    hold_answer: bool,
    #[serde(rename = "wrongMd5")]
    wrong_md5: Option<Checksum>,
    fail_entries: Option<EntryFailure>,
}

impl TryFrom<FaultText> for Fault {
    type Error = FaultPlanError;

    fn try_from(text: FaultText) -> Result<Self, FaultPlanError> {
        let operation = match &text.operation {
            None => None,
            Some(name) => Some(Operation::from_name(name).ok_or_else(|| {
                FaultPlanError(format!("there is no operation {name}; write it as the API does"))
            })?),
        };
        if text.status.is_some_and(|status| !(200..=599).contains(&status)) {
            return Err(FaultPlanError("a status is a number from 200 to 599".into()));
        }
        let (queue, skip, times) = (text.queue.clone(), text.skip, text.times);
        let delay = Duration::from_millis(text.delay_ms);
        Ok(Self { operation, queue, skip, times, delay, effect: text.effect()? })
    }
}

impl FaultText {
    fn effect(self) -> Result<FaultEffect, FaultPlanError> {
        let mut effects = Vec::new();
        if self.close {
            effects.push(FaultEffect::Close);
        }
        if self.reset {
            effects.push(FaultEffect::Reset);
        }
        if self.lose_answer {
            effects.push(FaultEffect::LoseAnswer);
        }
        if self.hold_answer {
            effects.push(FaultEffect::HoldAnswer);
        }
        effects.extend(self.wrong_md5.map(FaultEffect::WrongMd5));
        effects.extend(self.fail_entries.map(FaultEffect::FailEntries));
        match (self.status, self.body) {
            (None, None) => {}
            (status, Some(body)) => effects.push(FaultEffect::Answer {
                status: status.unwrap_or(200),
                body,
                content_type: self.content_type.unwrap_or_else(|| "text/plain".into()),
            }),
            (Some(status), None) => effects.push(FaultEffect::Error {
                status,
                kind: self.kind,
                message: self.message,
                query: self.query,
            }),
        }
        if effects.len() > 1 {
            return Err(FaultPlanError(
                "a plan has one effect: status, body, close, reset, loseAnswer, holdAnswer, wrongMd5 or failEntries"
                    .into(),
            ));
        }
        Ok(effects.pop().unwrap_or(FaultEffect::None))
    }
}

impl From<Fault> for FaultText {
    fn from(fault: Fault) -> Self {
        let mut text = Self {
            operation: fault.operation.map(|operation| operation.name().into()),
            queue: fault.queue,
            skip: fault.skip,
            times: fault.times,
            delay_ms: u64::try_from(fault.delay.as_millis()).unwrap_or(u64::MAX),
            ..Self::default()
        };
        match fault.effect {
            FaultEffect::None => {}
            FaultEffect::Error { status, kind, message, query } => {
                (text.status, text.kind, text.message, text.query) = (Some(status), kind, message, query);
            }
            FaultEffect::Answer { status, body, content_type } => {
                (text.status, text.body, text.content_type) = (Some(status), Some(body), Some(content_type));
            }
            FaultEffect::Close => text.close = true,
            FaultEffect::Reset => text.reset = true,
            FaultEffect::LoseAnswer => text.lose_answer = true,
            FaultEffect::HoldAnswer => text.hold_answer = true,
            FaultEffect::WrongMd5(checksum) => text.wrong_md5 = Some(checksum),
            FaultEffect::FailEntries(failure) => text.fail_entries = Some(failure),
        }
        text
    }
}

/// The plans of a server.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// Spares the lock while there is no plan.
    any: AtomicBool,
    plans: Mutex<Vec<Fault>>,
}

impl Faults {
    pub(crate) fn add(&self, fault: Fault) {
        self.lock().push(fault);
        self.any.store(true, Ordering::Release);
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
        self.any.store(false, Ordering::Release);
    }

    /// The plans as they stand, with what is left of `skip` and `times`.
    pub(crate) fn list(&self) -> Vec<Fault> {
        self.lock().clone()
    }

    /// The fault of a request, counted down.
    pub(crate) fn next(&self, operation: Option<Operation>, queue: &str) -> Option<(Duration, FaultEffect)> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        for fault in self.lock().iter_mut().filter(|fault| fault.fits(operation, queue)) {
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            fault.times = fault.times.map(|times| times - 1);
            return Some((fault.delay, fault.effect.clone()));
        }
        None
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_skipped_and_faulty_requests_down() {
        let faults = Faults::default();
        faults.add(Fault::new(FaultEffect::Close).on(Operation::SendMessage).queue("q").after(1).times(2));
        let hit = |queue| faults.next(Some(Operation::SendMessage), queue).is_some();
        assert_eq!([hit("q"), hit("other"), hit("q"), hit("q"), hit("q")], [false, false, true, true, false]);
    }

    #[test]
    fn reads_what_it_writes() {
        for fault in [
            Fault::error(503, "ServiceUnavailable", "down").on(Operation::ReceiveMessage).times(3),
            Fault::new(FaultEffect::HoldAnswer).on(Operation::DeleteMessageBatch),
            Fault::new(FaultEffect::WrongMd5(Checksum::Attributes)).queue("q"),
            Fault::new(FaultEffect::Answer {
                status: 502,
                body: "<html>".into(),
                content_type: "text/html".into(),
            }),
            Fault::new(FaultEffect::None).delayed(Duration::from_millis(1500)),
            Fault::new(FaultEffect::FailEntries(EntryFailure {
                count: 1,
                code: "InternalError".into(),
                message: String::new(),
                sender_fault: false,
            })),
        ] {
            let text = serde_json::to_string(&fault).unwrap();
            assert_eq!(serde_json::from_str::<Fault>(&text).unwrap(), fault, "{text}");
        }
    }

    #[test]
    fn refuses_plans_that_contradict_themselves() {
        for text in
            ["{\"close\":true,\"reset\":true}", "{\"operation\":\"Nope\"}", "{\"status\":7}", "{\"typo\":1}"]
        {
            assert!(serde_json::from_str::<Fault>(text).is_err(), "{text}");
        }
    }
}
