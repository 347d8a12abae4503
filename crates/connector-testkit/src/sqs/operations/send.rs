//! SendMessage and SendMessageBatch.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::batch::{self, BatchAnswer, Identified};
use super::{Call, within};
use crate::sqs::attribute::{self, ALLOWED, AttributeInputs, Attributes, MessageAttributeValue};
use crate::sqs::digest;
use crate::sqs::faults::{Checksum, FaultEffect};
use crate::sqs::options::Validation;
use crate::sqs::queue::{Content, Draft, Queue};
use crate::sqs::refusal::{Refusal, RefusalCode};

/// Source: developer guide, quotas: one batch together is at most as long as one message.
const LONGEST_BATCH: usize = 1_048_576;

const NOT_FOR_THIS_QUEUE: &str = "The request include parameter that is not valid for this queue type.";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SendRequest {
    queue_url: Option<String>,
    message_body: Option<String>,
    delay_seconds: Option<i64>,
    message_attributes: Option<AttributeInputs>,
    message_system_attributes: Option<AttributeInputs>,
    message_deduplication_id: Option<String>,
    message_group_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SendBatchRequest {
    queue_url: Option<String>,
    #[serde(default)]
    entries: Vec<SendEntry>,
}

/// An entry repeats the fields of a single send; `serde(flatten)` would buffer every body.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SendEntry {
    #[serde(default)]
    id: String,
    message_body: Option<String>,
    delay_seconds: Option<i64>,
    message_attributes: Option<AttributeInputs>,
    message_system_attributes: Option<AttributeInputs>,
    message_deduplication_id: Option<String>,
    message_group_id: Option<String>,
}

impl Identified for SendEntry {
    fn id(&self) -> &str {
        &self.id
    }
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct SendAnswer {
    #[serde(rename = "Id", skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(rename = "MessageId")]
    message_id: String,
    #[serde(rename = "MD5OfMessageBody")]
    md5_of_message_body: String,
    #[serde(rename = "MD5OfMessageAttributes", skip_serializing_if = "Option::is_none")]
    md5_of_message_attributes: Option<String>,
    #[serde(rename = "MD5OfMessageSystemAttributes", skip_serializing_if = "Option::is_none")]
    md5_of_message_system_attributes: Option<String>,
    #[serde(rename = "SequenceNumber", skip_serializing_if = "Option::is_none")]
    sequence_number: Option<String>,
}

/// What one message consists of, checked.
struct Message {
    body: String,
    attributes: Attributes,
    system_attributes: Attributes,
    delay_seconds: Option<u32>,
    group: Option<String>,
    deduplication_id: Option<String>,
}

pub(crate) fn one(call: &Call, request: SendRequest) -> Result<SendAnswer, Refusal> {
    let queue = call.queue(request.queue_url.as_deref())?;
    let entry = SendEntry {
        id: String::new(),
        message_body: request.message_body,
        delay_seconds: request.delay_seconds,
        message_attributes: request.message_attributes,
        message_system_attributes: request.message_system_attributes,
        message_deduplication_id: request.message_deduplication_id,
        message_group_id: request.message_group_id,
    };
    let message = accept(call, &queue, entry)?;
    Ok(store(call, &queue, message))
}

pub(crate) fn batch(call: &Call, request: SendBatchRequest) -> Result<BatchAnswer<SendAnswer>, Refusal> {
    let queue = call.queue(request.queue_url.as_deref())?;
    batch::check(&request.entries, "SendMessageBatch")?;
    let length: usize = request.entries.iter().map(SendEntry::size).sum();
    if length > LONGEST_BATCH {
        let text = format!(
            "Batch requests cannot be longer than {LONGEST_BATCH} bytes. You have sent {length} bytes."
        );
        return Err(Refusal::new(RefusalCode::BatchRequestTooLong, text));
    }
    Ok(batch::each(call, request.entries, |entry| {
        let id = entry.id.clone();
        let message = accept(call, &queue, entry)?;
        Ok(SendAnswer { id: Some(id), ..store(call, &queue, message) })
    }))
}

impl SendEntry {
    fn size(&self) -> usize {
        let body = self.message_body.as_ref().map_or(0, String::len);
        body + self
            .message_attributes
            .iter()
            .flatten()
            .map(|(name, input)| name.len() + input.size())
            .sum::<usize>()
    }
}

/// Checks a message as AWS checks it, unless checks are off.
fn accept(call: &Call, queue: &Queue, entry: SendEntry) -> Result<Message, Refusal> {
    let validation = call.shared.options.validation;
    let strict = validation == Validation::Strict;
    let body = match entry.message_body {
        Some(body) if !(strict && body.is_empty()) => body,
        None if !strict => String::new(),
        _ => return Err(Refusal::missing("MessageBody")),
    };
    let delay = entry.delay_seconds;
    let delay_seconds = within("DelaySeconds", delay, 900, "DelaySeconds must be >= 0 and <= 900.")?;
    let attributes = attribute::accept(entry.message_attributes.unwrap_or_default(), validation)?;
    let system_attributes =
        attribute::accept(entry.message_system_attributes.unwrap_or_default(), validation)?;
    let (group, deduplication_id) = (entry.message_group_id, entry.message_deduplication_id);
    let mut message = Message { body, attributes, system_attributes, delay_seconds, group, deduplication_id };
    if strict {
        check_contents(call, queue, &message)?;
        check_order(queue, &message)?;
    }
    make_deduplication_id(call, queue, &mut message, strict)?;
    Ok(message)
}

fn check_contents(call: &Call, queue: &Queue, message: &Message) -> Result<(), Refusal> {
    if let Some(bad) = attribute::forbidden_character(&message.body) {
        let text = format!("Invalid binary character '#x{bad:X}' was found in the message body, {ALLOWED}");
        return Err(Refusal::new(RefusalCode::InvalidMessageContents, text));
    }
    let attributes: usize =
        message.attributes.iter().map(|(name, attribute)| name.len() + attribute.size()).sum();
    let most = queue.read(call.shared.clock.now(), |state| state.settings.maximum_message_size);
    if usize::try_from(most).is_ok_and(|most| message.body.len() + attributes > most) {
        return Err(Refusal::new(
            RefusalCode::InvalidParameterValue,
            format!("One or more parameters are invalid. Reason: Message must be shorter than {most} bytes."),
        ));
    }
    match message.system_attributes.iter().find(|(name, _)| *name != "AWSTraceHeader") {
        Some((name, _)) => Err(Refusal::new(
            RefusalCode::InvalidParameterValue,
            format!("Message system attribute name '{name}' is invalid."),
        )),
        None => Ok(()),
    }
}

fn check_order(queue: &Queue, message: &Message) -> Result<(), Refusal> {
    if let Some(group) = &message.group {
        check_id("MessageGroupId", group)?;
    }
    match (&message.deduplication_id, message.delay_seconds) {
        (Some(id), _) if !queue.fifo => Err(Refusal::value("MessageDeduplicationId", id, NOT_FOR_THIS_QUEUE)),
        (_, Some(delay)) if queue.fifo && delay > 0 => {
            Err(Refusal::value("DelaySeconds", delay, NOT_FOR_THIS_QUEUE))
        }
        (Some(id), _) => check_id("MessageDeduplicationId", id),
        _ => Ok(()),
    }?;
    if queue.fifo && message.group.is_none() {
        return Err(Refusal::missing("MessageGroupId"));
    }
    Ok(())
}

/// A FIFO queue takes the id from the message, or makes it from the body when it may.
fn make_deduplication_id(
    call: &Call,
    queue: &Queue,
    message: &mut Message,
    strict: bool,
) -> Result<(), Refusal> {
    if !queue.fifo || message.deduplication_id.is_some() {
        return Ok(());
    }
    let now = call.shared.clock.now();
    if queue.read(now, |state| state.settings.content_based_deduplication) {
        message.deduplication_id = Some(digest::hex(&Sha256::digest(message.body.as_bytes())));
    } else if strict {
        return Err(Refusal::new(
            RefusalCode::InvalidParameterValue,
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided \
             explicitly",
        ));
    }
    Ok(())
}

/// Source: API reference: up to 128 letters, digits and punctuation characters.
fn check_id(parameter: &str, id: &str) -> Result<(), Refusal> {
    if (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    let reason =
        format!("{parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length.");
    Err(Refusal::value(parameter, id, &reason))
}

fn store(call: &Call, queue: &Queue, message: Message) -> SendAnswer {
    let sums = |attributes: &Attributes| {
        digest::of_attributes(attributes.iter().map(|(name, a)| (name.as_str(), a)))
    };
    let mut answer = SendAnswer {
        md5_of_message_body: digest::of_body(&message.body),
        md5_of_message_attributes: sums(&message.attributes),
        md5_of_message_system_attributes: sums(&message.system_attributes),
        ..SendAnswer::default()
    };
    let now = call.shared.clock.now();
    let trace_header =
        message.system_attributes.into_values().next().and_then(|attribute| match attribute.value {
            MessageAttributeValue::Text(text) => Some(text),
            MessageAttributeValue::Binary(_) => None,
        });
    let number_anyway = call.shared.options.validation == Validation::Off && message.group.is_some();
    let content = Content {
        message_id: call.shared.message_id(&queue.name),
        body_md5: answer.md5_of_message_body.clone(),
        body: message.body,
        attributes: message.attributes,
        trace_header,
        sender_id: call.sender_id.clone(),
        sent_millis: call.shared.clock.epoch_millis(now),
        group: message.group.map(Arc::from),
        deduplication_id: message.deduplication_id,
        sequence_number: None,
        source_arn: None,
    };
    let sent = queue.send(now, Draft { content, delay_seconds: message.delay_seconds, number_anyway });
    answer.message_id = sent.message_id;
    answer.sequence_number = sent.sequence_number;
    match &call.effect {
        FaultEffect::WrongMd5(Checksum::Body) => answer.md5_of_message_body = "0".repeat(32),
        FaultEffect::WrongMd5(Checksum::Attributes) => {
            answer.md5_of_message_attributes = Some("0".repeat(32))
        }
        _ => {}
    }
    answer
}
