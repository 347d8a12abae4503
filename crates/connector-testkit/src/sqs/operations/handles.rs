//! Operations on receipt handles: delete, and change the visibility timeout.

use serde::Deserialize;

use super::batch::{self, BatchAnswer, DoneEntry, Identified};
use super::{Call, Nothing, visibility_timeout};
use crate::sqs::queue::Queue;
use crate::sqs::refusal::Refusal;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct HandleRequest {
    queue_url: Option<String>,
    receipt_handle: Option<String>,
    visibility_timeout: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct HandleBatchRequest {
    queue_url: Option<String>,
    #[serde(default)]
    entries: Vec<HandleEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct HandleEntry {
    #[serde(default)]
    id: String,
    receipt_handle: Option<String>,
    visibility_timeout: Option<i64>,
}

impl Identified for HandleEntry {
    fn id(&self) -> &str {
        &self.id
    }
}

pub(crate) fn delete(call: &Call, request: &HandleRequest) -> Result<Nothing, Refusal> {
    let queue = call.queue(request.queue_url.as_deref())?;
    delete_one(call, &queue, request.receipt_handle.as_deref())?;
    Ok(Nothing {})
}

pub(crate) fn delete_batch(
    call: &Call,
    request: HandleBatchRequest,
) -> Result<BatchAnswer<DoneEntry>, Refusal> {
    let queue = call.queue(request.queue_url.as_deref())?;
    batch::check(&request.entries, "DeleteMessageBatch")?;
    Ok(batch::each(call, request.entries, |entry| {
        delete_one(call, &queue, entry.receipt_handle.as_deref())?;
        Ok(DoneEntry { id: entry.id })
    }))
}

pub(crate) fn change(call: &Call, request: &HandleRequest) -> Result<Nothing, Refusal> {
    let queue = call.queue(request.queue_url.as_deref())?;
    change_one(call, &queue, request.receipt_handle.as_deref(), request.visibility_timeout)?;
    Ok(Nothing {})
}

pub(crate) fn change_batch(
    call: &Call,
    request: HandleBatchRequest,
) -> Result<BatchAnswer<DoneEntry>, Refusal> {
    let queue = call.queue(request.queue_url.as_deref())?;
    batch::check(&request.entries, "ChangeMessageVisibilityBatch")?;
    Ok(batch::each(call, request.entries, |entry| {
        change_one(call, &queue, entry.receipt_handle.as_deref(), entry.visibility_timeout)?;
        Ok(DoneEntry { id: entry.id })
    }))
}

fn delete_one(call: &Call, queue: &Queue, handle: Option<&str>) -> Result<(), Refusal> {
    let handle = handle.ok_or_else(|| Refusal::missing("ReceiptHandle"))?;
    if queue.change(call.shared.clock.now(), |state| state.delete(handle))? {
        queue.count_deleted();
    }
    Ok(())
}

fn change_one(call: &Call, queue: &Queue, handle: Option<&str>, seconds: Option<i64>) -> Result<(), Refusal> {
    let handle = handle.ok_or_else(|| Refusal::missing("ReceiptHandle"))?;
    let seconds = visibility_timeout(seconds)?.ok_or_else(|| Refusal::missing("VisibilityTimeout"))?;
    let now = call.shared.clock.now();
    queue.change(now, |state| state.change_visibility(now, handle, seconds))
}
