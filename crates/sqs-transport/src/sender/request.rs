//! The requests of a lane: one message alone, or a batch with each entry's own answer.

use super::{SenderTally, lane::Envelope};
use crate::{
    AttributePayload, AttributeValue, OutgoingMessage, SentMessage, ServiceError, TransportError,
    call::{Attempts, transport_error},
    digest,
};
use aws_sdk_sqs::{
    Client,
    error::BuildError,
    operation::{RequestId, send_message_batch::SendMessageBatchOutput},
    primitives::Blob,
    types::{
        BatchResultErrorEntry, MessageAttributeValue, MessageSystemAttributeNameForSends,
        MessageSystemAttributeValue, SendMessageBatchRequestEntry, SendMessageBatchResultEntry,
    },
};
use std::collections::HashMap;
use tokio::time::{Instant, timeout_at};

const STRING: &str = "String";

/// Sends what a lane chose, and answers every envelope.
pub(super) async fn send(client: &Client, tally: &SenderTally, mut envelopes: Vec<Envelope>) {
    match (envelopes.len(), envelopes.pop()) {
        (1, Some(envelope)) => alone(client, tally, envelope, None).await,
        (_, Some(last)) => {
            envelopes.push(last);
            batch(client, tally, envelopes).await;
        }
        (_, None) => {}
    }
}

/// Sends one message by itself. When its deadline comes first, `refusal` tells why it was not taken before.
async fn alone(client: &Client, tally: &SenderTally, envelope: Envelope, refusal: Option<TransportError>) {
    if let Some(refusal) = refusal {
        if Instant::now() >= envelope.deadline || envelope.reply.is_closed() {
            return answer(tally, envelope, Err(refusal));
        }
        SenderTally::add(&tally.resent_alone, 1u64);
    }
    let attempts = Attempts::default();
    let sent = timeout_at(envelope.deadline, send_message(client, &envelope.message, &attempts)).await;
    SenderTally::add(&tally.single_requests, attempts.count());
    let result = sent.unwrap_or(Err(TransportError::DeadlineExceeded { sent: attempts.count() > 0 }));
    answer(tally, envelope, result);
}

async fn batch(client: &Client, tally: &SenderTally, envelopes: Vec<Envelope>) {
    // The request may go on for the latest entry; earlier ones' callers stop waiting at their own deadline.
    let deadline = envelopes.iter().map(|envelope| envelope.deadline).max().unwrap_or_else(Instant::now);
    let attempts = Attempts::default();
    let sent = timeout_at(deadline, send_message_batch(client, &envelopes, &attempts)).await;
    SenderTally::add(&tally.batch_requests, attempts.count());
    match sent {
        Err(_) => {
            let error = TransportError::DeadlineExceeded { sent: attempts.count() > 0 };
            answer_all(tally, envelopes, &error);
        }
        Ok(Err(error)) if concerns_every_entry(&error) => answer_all(tally, envelopes, &error),
        Ok(Err(error)) => {
            for envelope in envelopes {
                alone(client, tally, envelope, Some(error.clone())).await;
            }
        }
        Ok(Ok(output)) => settle(client, tally, envelopes, output, &attempts).await,
    }
}

/// Answers the accepted entries and sends the refused ones again, alone and in order.
async fn settle(
    client: &Client,
    tally: &SenderTally,
    envelopes: Vec<Envelope>,
    output: SendMessageBatchOutput,
    attempts: &Attempts,
) {
    let request_id = output.request_id().map(str::to_owned);
    let mut accepted: HashMap<String, SendMessageBatchResultEntry> =
        output.successful.into_iter().map(|entry| (entry.id.clone(), entry)).collect();
    let mut refused: HashMap<String, BatchResultErrorEntry> =
        output.failed.into_iter().map(|entry| (entry.id.clone(), entry)).collect();
    let overtaken = overtaken(&envelopes, &accepted);
    let mut again = Vec::new();
    for (place, envelope) in envelopes.into_iter().enumerate() {
        let id = place.to_string();
        if let Some(entry) = accepted.remove(&id) {
            let result = accept(&envelope.message, entry);
            answer(tally, envelope, result);
            continue;
        }
        let refusal = refusal(refused.remove(&id), request_id.clone(), attempts);
        if overtaken.contains(&place) || !matches!(refusal, TransportError::Service(_)) {
            answer(tally, envelope, Err(refusal));
        } else {
            again.push((envelope, refusal));
        }
    }
    for (envelope, refusal) in again {
        alone(client, tally, envelope, Some(refusal)).await;
    }
}

/// The refused entries whose group went on without them: sending these again would break the group's order.
fn overtaken(envelopes: &[Envelope], accepted: &HashMap<String, SendMessageBatchResultEntry>) -> Vec<usize> {
    let mut passed_groups: Vec<&str> = Vec::new();
    let mut overtaken = Vec::new();
    for (place, envelope) in envelopes.iter().enumerate().rev() {
        let message = &envelope.message;
        let Some(group) =
            message.message_group_id.as_deref().filter(|_| message.queue_url.ends_with(".fifo"))
        else {
            continue;
        };
        if accepted.contains_key(&place.to_string()) {
            passed_groups.push(group);
        } else if passed_groups.contains(&group) {
            overtaken.push(place);
        }
    }
    overtaken
}

/// Whether the answer to the whole request would be the same for each message alone.
///
/// What is wrong with one entry, or with the batch as such, is HTTP 400 with a code about the contents.
fn concerns_every_entry(error: &TransportError) -> bool {
    let TransportError::Service(error) = error else { return true };
    let code = error.code.as_deref().unwrap_or_default();
    error.is_transient()
        || error.http_status != 400
        || code.contains("QueueDoesNotExist")
        || code.contains("AccessDenied")
        || code.contains("Token")
        || code.contains("Signature")
        || code.contains("Security")
        || code.contains("Address")
        || code.contains("AuthFailure")
        || code.contains("UnrecognizedClient")
        || code.starts_with("Kms")
}

fn refusal(
    entry: Option<BatchResultErrorEntry>,
    request_id: Option<String>,
    attempts: &Attempts,
) -> TransportError {
    match entry {
        Some(entry) => TransportError::Service(ServiceError {
            code: Some(entry.code),
            query_code: None,
            message: entry.message,
            request_id,
            http_status: if entry.sender_fault { 400 } else { 500 },
            attempts: attempts.count(),
        }),
        None => TransportError::UnreadableAnswer {
            host: attempts.host(),
            http_status: 200,
            text: "the answer to the batch does not mention the message".to_owned(),
            attempts: attempts.count(),
        },
    }
}

fn answer_all(tally: &SenderTally, envelopes: Vec<Envelope>, error: &TransportError) {
    for envelope in envelopes {
        answer(tally, envelope, Err(error.clone()));
    }
}

fn answer(tally: &SenderTally, envelope: Envelope, result: Result<SentMessage, TransportError>) {
    let counter = if result.is_ok() { &tally.messages_sent } else { &tally.messages_failed };
    SenderTally::add(counter, 1u64);
    // A caller that has gone, for instance at its deadline, needs no answer.
    let _ = envelope.reply.send(result);
}

async fn send_message(
    client: &Client,
    message: &OutgoingMessage,
    attempts: &Attempts,
) -> Result<SentMessage, TransportError> {
    let request = client
        .send_message()
        .queue_url(&message.queue_url)
        .message_body(&message.body)
        .set_message_attributes(Some(attributes(message).map_err(unbuildable)?))
        .set_message_system_attributes(system_attributes(message).map_err(unbuildable)?)
        .set_message_group_id(message.message_group_id.clone())
        .set_message_deduplication_id(message.message_deduplication_id.clone())
        .set_delay_seconds(message.delay_seconds);
    let output = request
        .customize()
        .interceptor(attempts.clone())
        .send()
        .await
        .map_err(|error| transport_error(error, attempts))?;
    digest::verify_sent(
        message,
        output.md5_of_message_body(),
        output.md5_of_message_attributes(),
        output.md5_of_message_system_attributes(),
    )
    .map_err(TransportError::Digest)?;
    Ok(SentMessage {
        message_id: output.message_id.unwrap_or_default(),
        sequence_number: output.sequence_number,
        md5_of_body: output.md5_of_message_body.unwrap_or_default(),
    })
}

async fn send_message_batch(
    client: &Client,
    envelopes: &[Envelope],
    attempts: &Attempts,
) -> Result<SendMessageBatchOutput, TransportError> {
    let entries = envelopes.iter().enumerate().map(|(place, envelope)| entry(place, &envelope.message));
    let entries: Vec<_> = entries.collect::<Result<_, _>>().map_err(unbuildable)?;
    client
        .send_message_batch()
        .set_queue_url(envelopes.first().map(|envelope| envelope.message.queue_url.clone()))
        .set_entries(Some(entries))
        .customize()
        .interceptor(attempts.clone())
        .send()
        .await
        .map_err(|error| transport_error(error, attempts))
}

fn entry(place: usize, message: &OutgoingMessage) -> Result<SendMessageBatchRequestEntry, BuildError> {
    SendMessageBatchRequestEntry::builder()
        .id(place.to_string())
        .message_body(&message.body)
        .set_message_attributes(Some(attributes(message)?))
        .set_message_system_attributes(system_attributes(message)?)
        .set_message_group_id(message.message_group_id.clone())
        .set_message_deduplication_id(message.message_deduplication_id.clone())
        .set_delay_seconds(message.delay_seconds)
        .build()
}

fn accept(
    message: &OutgoingMessage,
    entry: SendMessageBatchResultEntry,
) -> Result<SentMessage, TransportError> {
    digest::verify_sent(
        message,
        // The SDK gives an empty text for a digest that the answer lacks.
        Some(entry.md5_of_message_body.as_str()).filter(|digest| !digest.is_empty()),
        entry.md5_of_message_attributes.as_deref(),
        entry.md5_of_message_system_attributes.as_deref(),
    )
    .map_err(TransportError::Digest)?;
    Ok(SentMessage {
        message_id: entry.message_id,
        sequence_number: entry.sequence_number,
        md5_of_body: entry.md5_of_message_body,
    })
}

fn attributes(message: &OutgoingMessage) -> Result<HashMap<String, MessageAttributeValue>, BuildError> {
    message.attributes.iter().map(|(name, value)| Ok((name.clone(), attribute(value)?))).collect()
}

fn attribute(value: &AttributeValue) -> Result<MessageAttributeValue, BuildError> {
    let builder = MessageAttributeValue::builder().data_type(&value.data_type);
    match &value.value {
        AttributePayload::String(text) => builder.string_value(text).build(),
        AttributePayload::Binary(bytes) => builder.binary_value(Blob::new(bytes.clone())).build(),
    }
}

type SystemAttributes = HashMap<MessageSystemAttributeNameForSends, MessageSystemAttributeValue>;

fn system_attributes(message: &OutgoingMessage) -> Result<Option<SystemAttributes>, BuildError> {
    let Some(header) = &message.trace_header else { return Ok(None) };
    let value = MessageSystemAttributeValue::builder().data_type(STRING).string_value(header).build()?;
    Ok(Some(HashMap::from([(MessageSystemAttributeNameForSends::AwsTraceHeader, value)])))
}

fn unbuildable(error: BuildError) -> TransportError {
    TransportError::Request { text: error.to_string() }
}
