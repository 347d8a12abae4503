//! ReceiveMessage: the filters, the long poll, and the move of messages that were received too often.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{Call, visibility_timeout, within};
use crate::sqs::attribute::{AttributeFilter, MessageAttribute};
use crate::sqs::digest;
use crate::sqs::faults::{Checksum, FaultEffect};
use crate::sqs::queue::{Ask, Queue, Received, Redrive, Taken, unknown_attribute};
use crate::sqs::refusal::Refusal;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ReceiveRequest {
    queue_url: Option<String>,
    max_number_of_messages: Option<i64>,
    visibility_timeout: Option<i64>,
    wait_time_seconds: Option<i64>,
    attribute_names: Option<Vec<String>>,
    message_system_attribute_names: Option<Vec<String>>,
    message_attribute_names: Option<Vec<String>>,
}

#[derive(Debug, Serialize)]
pub(crate) struct ReceiveAnswer {
    #[serde(rename = "Messages", skip_serializing_if = "Vec::is_empty")]
    messages: Vec<MessageAnswer>,
}

/// A message, serialised from what the queue shares: bodies are not copied.
#[derive(Debug)]
struct MessageAnswer {
    received: Received,
    system: BTreeMap<&'static str, String>,
    filter: Arc<AttributeFilter>,
    wrong: Option<Checksum>,
}

/// What can be asked for. Source: `MessageSystemAttributeNames` of ReceiveMessage.
const SYSTEM_ATTRIBUTES: [&str; 9] = [
    "AWSTraceHeader",
    "ApproximateFirstReceiveTimestamp",
    "ApproximateReceiveCount",
    "DeadLetterQueueSourceArn",
    "MessageDeduplicationId",
    "MessageGroupId",
    "SenderId",
    "SentTimestamp",
    "SequenceNumber",
];

pub(crate) async fn receive(call: &Call, request: ReceiveRequest) -> Result<ReceiveAnswer, Refusal> {
    let queue = call.queue(request.queue_url.as_deref())?;
    let most = match request.max_number_of_messages {
        None => 1,
        Some(most) => usize::try_from(most).ok().filter(|most| (1..=10).contains(most)).ok_or_else(|| {
            Refusal::value("MaxNumberOfMessages", most, "Must be between 1 and 10, if provided.")
        })?,
    };
    let visibility_timeout = visibility_timeout(request.visibility_timeout)?;
    let wait =
        within("WaitTimeSeconds", request.wait_time_seconds, 20, "Must be >= 0 and <= 20, if provided.")?;
    let mut names = request.attribute_names.unwrap_or_default();
    names.extend(request.message_system_attribute_names.unwrap_or_default());
    if let Some(name) =
        names.iter().find(|name| *name != "All" && !SYSTEM_ATTRIBUTES.contains(&name.as_str()))
    {
        return Err(unknown_attribute(name));
    }
    let filter = Arc::new(AttributeFilter::new(request.message_attribute_names));
    let wrong = match &call.effect {
        FaultEffect::WrongMd5(checksum) => Some(*checksum),
        _ => None,
    };
    let received = poll(call, &queue, most, visibility_timeout, wait).await?;
    let messages = received
        .into_iter()
        .map(|received| MessageAnswer {
            system: system_attributes(&received, &names),
            filter: Arc::clone(&filter),
            received,
            wrong,
        })
        .collect();
    Ok(ReceiveAnswer { messages })
}

/// Takes what is there, or waits for the first of: a message, the end of the wait.
async fn poll(
    call: &Call,
    queue: &Queue,
    most: usize,
    visibility_timeout: Option<u32>,
    wait: Option<u32>,
) -> Result<Vec<Received>, Refusal> {
    let started = call.shared.clock.now();
    let wait = wait.unwrap_or_else(|| queue.read(started, |state| state.settings.wait_time));
    let end = started + Duration::from_secs(wait.into());
    let mut arrival = std::pin::pin!(queue.arrivals.notified());
    loop {
        // Registered before the look, so that no arrival falls between the look and the wait.
        arrival.as_mut().enable();
        let now = call.shared.clock.now();
        let (taken, event) = take(call, queue, now, most, visibility_timeout)?;
        if !taken.is_empty() || now >= end || call.shared.account.get(&queue.name).is_none() {
            return Ok(taken);
        }
        let wake = event.map_or(end, |event| event.min(end));
        // Both branches only end a wait: whichever is dropped loses nothing, a dropped wake-up is passed on.
        tokio::select! {
            () = arrival.as_mut() => arrival.set(queue.arrivals.notified()),
            () = tokio::time::sleep_until(wake) => {}
        }
    }
}

fn take(
    call: &Call,
    queue: &Queue,
    now: Instant,
    most: usize,
    visibility_timeout: Option<u32>,
) -> Result<(Vec<Received>, Option<Instant>), Refusal> {
    let redrive = queue.read(now, |state| state.settings.redrive.clone());
    let target = redrive.as_ref().and_then(|redrive| dead_letter_queue(call, redrive));
    let ask = Ask {
        most,
        visibility_timeout,
        max_receive_count: redrive.filter(|_| target.is_some()).map(|redrive| redrive.max_receive_count),
        millis: call.shared.clock.epoch_millis(now),
    };
    let (taken, event) = queue.change(now, |state| (state.receive(now, ask), state.next_event()));
    let Taken { messages, dead } = {
        let taken = taken?;
        queue.count_received(&taken);
        taken
    };
    if let Some(target) = target {
        for entry in dead {
            target.change(now, |state| state.adopt(now, entry, &queue.arn));
        }
    }
    Ok((messages, event))
}

/// A policy whose target is gone moves nothing.
fn dead_letter_queue(call: &Call, redrive: &Redrive) -> Option<Arc<Queue>> {
    let name = redrive.target_arn.rsplit(':').next()?;
    call.shared.account.get(name)
}

fn system_attributes(received: &Received, names: &[String]) -> BTreeMap<&'static str, String> {
    let mut attributes = BTreeMap::new();
    if names.is_empty() {
        return attributes;
    }
    let all = names.iter().any(|name| name == "All");
    let content = &received.content;
    let mut add = |name: &'static str, value: Option<String>| {
        if let Some(value) = value.filter(|_| all || names.iter().any(|asked| asked == name)) {
            attributes.insert(name, value);
        }
    };
    add("SenderId", Some(content.sender_id.clone()));
    add("SentTimestamp", Some(content.sent_millis.to_string()));
    add("ApproximateReceiveCount", Some(received.receives.to_string()));
    add("ApproximateFirstReceiveTimestamp", Some(received.first_received_millis.to_string()));
    add("AWSTraceHeader", content.trace_header.clone());
    add("DeadLetterQueueSourceArn", content.source_arn.clone());
    add("MessageGroupId", content.group.as_deref().map(str::to_owned));
    add("MessageDeduplicationId", content.deduplication_id.clone());
    add("SequenceNumber", content.sequence_number.clone());
    attributes
}

impl Serialize for MessageAnswer {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let content = &self.received.content;
        let asked: BTreeMap<&str, &MessageAttribute> = content
            .attributes
            .iter()
            .filter(|(name, _)| self.filter.takes(name))
            .map(|(name, attribute)| (name.as_str(), attribute))
            .collect();
        let wrong = "0".repeat(32);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("MessageId", &content.message_id)?;
        map.serialize_entry("ReceiptHandle", &self.received.receipt_handle)?;
        let body_md5 = if self.wrong == Some(Checksum::Body) { &wrong } else { &content.body_md5 };
        map.serialize_entry("MD5OfBody", body_md5)?;
        map.serialize_entry("Body", &content.body)?;
        if !self.system.is_empty() {
            map.serialize_entry("Attributes", &self.system)?;
        }
        // Source: API reference: the digest covers the attributes of the answer, since clients verify it with those.
        if let Some(sum) = digest::of_attributes(asked.iter().map(|(name, attribute)| (*name, *attribute))) {
            let sum = if self.wrong == Some(Checksum::Attributes) { wrong } else { sum };
            map.serialize_entry("MD5OfMessageAttributes", &sum)?;
            map.serialize_entry("MessageAttributes", &asked)?;
        }
        map.end()
    }
}
