//! What the batch operations have in common.

use std::collections::HashSet;

use serde::Serialize;

use super::Call;
use crate::sqs::faults::FaultEffect;
use crate::sqs::refusal::{Refusal, RefusalCode};

/// The answer of a batch.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct BatchAnswer<T> {
    successful: Vec<T>,
    failed: Vec<FailedEntry>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct FailedEntry {
    id: String,
    sender_fault: bool,
    code: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
}

/// The answer to an entry that did nothing but succeed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DoneEntry {
    pub(crate) id: String,
}

/// An entry with the id that the client gave it.
pub(crate) trait Identified {
    fn id(&self) -> &str;
}

/// Checks the batch as a whole. Source: API reference, SendMessageBatch: one to ten entries, ids distinct, of letters,
/// digits, hyphens and underscores, up to 80 of them.
pub(crate) fn check<T: Identified>(entries: &[T], kind: &str) -> Result<(), Refusal> {
    if entries.is_empty() {
        let text = format!("There should be at least one {kind}RequestEntry in the request.");
        return Err(Refusal::new(RefusalCode::EmptyBatchRequest, text));
    }
    if entries.len() > 10 {
        let text = format!("Maximum number of entries per request are 10. You have sent {}.", entries.len());
        return Err(Refusal::new(RefusalCode::TooManyEntriesInBatchRequest, text));
    }
    let mut seen = HashSet::new();
    for id in entries.iter().map(Identified::id) {
        let allowed = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if !(1..=80).contains(&id.len()) || !allowed {
            let text = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be \
                        at most 80 letters long.";
            return Err(Refusal::new(RefusalCode::InvalidBatchEntryId, text));
        }
        if !seen.insert(id) {
            return Err(Refusal::new(RefusalCode::BatchEntryIdsNotDistinct, format!("Id {id} repeated.")));
        }
    }
    Ok(())
}

/// Runs `one` for every entry; an entry that fails leaves the others alone.
pub(crate) fn each<T: Identified, A>(
    call: &Call,
    entries: Vec<T>,
    mut one: impl FnMut(T) -> Result<A, Refusal>,
) -> BatchAnswer<A> {
    let mut answer = BatchAnswer { successful: Vec::with_capacity(entries.len()), failed: Vec::new() };
    for (position, entry) in entries.into_iter().enumerate() {
        let id = entry.id().to_owned();
        match &call.effect {
            FaultEffect::FailEntries(failure) if position < failure.count => {
                let (code, message) = (failure.code.clone(), failure.message.clone());
                answer.failed.push(FailedEntry { id, sender_fault: failure.sender_fault, code, message });
            }
            _ => match one(entry) {
                Ok(done) => answer.successful.push(done),
                Err(refusal) => {
                    let code = refusal.code.wire().1.to_owned();
                    answer.failed.push(FailedEntry {
                        id,
                        sender_fault: true,
                        code,
                        message: refusal.message,
                    });
                }
            },
        }
    }
    answer
}
