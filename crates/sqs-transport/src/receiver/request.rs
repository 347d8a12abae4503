//! The requests of a receiver.

use super::{NackPolicy, ReceiverOptions, shared::Shared};
use crate::{
    Message, MessageAttribute, TransportError,
    call::{Attempts, transport_error},
};
use aws_sdk_sqs::{
    Config,
    config::{retry::RetryConfig, timeout::TimeoutConfig},
    error::{BuildError, ProvideErrorMetadata, SdkError},
    types::{
        BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry,
        MessageSystemAttributeName,
    },
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use std::{error::Error, time::Duration};

const ALL: &str = "All";
const RECEIVE_COUNT: &str = "ApproximateReceiveCount";
const GROUP: &str = "MessageGroupId";
/// A receive may take this much longer than it waits for messages.
const RECEIVE_MARGIN: Duration = Duration::from_secs(10);
/// Heartbeats and deletions must not hang for as long as a message stays hidden.
const SHORT_TIMEOUT: Duration = Duration::from_secs(10);

/// Why SQS refused one entry of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// SQS will never take this handle.
    pub(crate) handle_is_gone: bool,
}

/// A message as received, before anything is known of it.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) message: Message,
    pub(crate) receive_count: u32,
    pub(crate) group: Option<String>,
}

/// Asks for at most `count` messages. One attempt: the poller has a backoff of its own.
pub(crate) async fn receive(shared: &Shared, count: usize) -> Result<Vec<Received>, TransportError> {
    let options = &shared.options;
    let attempts = Attempts::default();
    let timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(options.wait_time.duration() + RECEIVE_MARGIN)
        .build();
    let names = system_names(options);
    let output = shared
        .client
        .receive_message()
        .queue_url(&options.queue_url)
        .max_number_of_messages(i32::try_from(count).unwrap_or(10).clamp(1, 10))
        .wait_time_seconds(options.wait_time.seconds())
        .set_visibility_timeout(options.visibility_timeout.map(super::VisibilityTimeout::seconds))
        .set_message_attribute_names(
            (!options.message_attribute_names.is_empty()).then(|| options.message_attribute_names.clone()),
        )
        .set_message_system_attribute_names(Some(names))
        .customize()
        .config_override(Config::builder().retry_config(RetryConfig::disabled()).timeout_config(timeouts))
        .interceptor(attempts.clone())
        .send()
        .await
        .map_err(|error| transport_error(error, &attempts))?;
    Ok(output.messages.unwrap_or_default().into_iter().map(|message| received(message, options)).collect())
}

/// What became of a batch: for each entry `None` when SQS took it; and how many requests that was.
pub(crate) type BatchAnswer = (Result<Vec<Option<Refusal>>, TransportError>, u32);

/// Sets visibility timeouts.
pub(crate) async fn change_visibility(shared: &Shared, entries: Vec<(&str, Duration)>) -> BatchAnswer {
    let entries = numbered(entries, |id, (handle, timeout)| {
        ChangeMessageVisibilityBatchRequestEntry::builder()
            .id(id)
            .receipt_handle(handle)
            .visibility_timeout(super::VisibilityTimeout::rounded_up(timeout).seconds())
            .build()
    });
    let entries = match entries {
        Ok(entries) => entries,
        Err(error) => return (Err(error), 0),
    };
    let (count, attempts) = (entries.len(), Attempts::default());
    let request = shared.client.change_message_visibility_batch().queue_url(&shared.options.queue_url);
    let request = request.set_entries(Some(entries)).customize();
    let answer = request.config_override(short()).interceptor(attempts.clone()).send().await;
    (answered(answer.map(|output| output.failed), count, &attempts), attempts.count())
}

/// Deletes messages.
pub(crate) async fn delete(shared: &Shared, handles: Vec<&str>) -> BatchAnswer {
    let entries = numbered(handles, |id, handle| {
        DeleteMessageBatchRequestEntry::builder().id(id).receipt_handle(handle).build()
    });
    let entries = match entries {
        Ok(entries) => entries,
        Err(error) => return (Err(error), 0),
    };
    let (count, attempts) = (entries.len(), Attempts::default());
    let request = shared.client.delete_message_batch().queue_url(&shared.options.queue_url);
    let request = request.set_entries(Some(entries)).customize();
    let answer = request.config_override(short()).interceptor(attempts.clone()).send().await;
    (answered(answer.map(|output| output.failed), count, &attempts), attempts.count())
}

/// The entries of a batch; the id of each is its place.
fn numbered<T, E>(
    parts: Vec<T>,
    entry: impl Fn(String, T) -> Result<E, BuildError>,
) -> Result<Vec<E>, TransportError> {
    let entries = parts.into_iter().enumerate().map(|(place, part)| entry(place.to_string(), part));
    entries.collect::<Result<_, _>>().map_err(|error| TransportError::Request { text: error.to_string() })
}

fn answered<E>(
    answer: Result<Vec<BatchResultErrorEntry>, SdkError<E, HttpResponse>>,
    count: usize,
    attempts: &Attempts,
) -> Result<Vec<Option<Refusal>>, TransportError>
where
    E: Error + ProvideErrorMetadata + 'static,
{
    answer.map(|failed| refusals(count, failed)).map_err(|error| transport_error(error, attempts))
}

fn short() -> aws_sdk_sqs::config::Builder {
    Config::builder()
        .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(SHORT_TIMEOUT).build())
}

fn refusals(count: usize, failed: Vec<BatchResultErrorEntry>) -> Vec<Option<Refusal>> {
    let mut refusals = vec![None; count];
    for entry in failed {
        let place = entry.id.parse::<usize>().ok();
        if let Some(refusal) = place.and_then(|place| refusals.get_mut(place)) {
            *refusal = Some(Refusal { handle_is_gone: is_gone(&entry) });
        }
    }
    refusals
}

/// Whether SQS says that it will never take this handle.
///
/// Source: the errors of DeleteMessage and ChangeMessageVisibility in the SQS API Reference; an expired FIFO handle
/// is an InvalidParameterValue whose text names the receipt handle.
fn is_gone(entry: &BatchResultErrorEntry) -> bool {
    let message = entry.message.as_deref().unwrap_or_default().to_lowercase();
    entry.code.contains("ReceiptHandle")
        || entry.code.contains("NotInflight")
        || (entry.code.contains("InvalidParameterValue")
            && (message.contains("receipt")
                || message.contains("expired")
                || message.contains("does not exist")))
}

fn asked_for(options: &ReceiverOptions, name: &str) -> bool {
    options.message_system_attribute_names.iter().any(|asked| asked == ALL || asked == name)
}

/// What is asked for, and what the receiver itself needs.
fn system_names(options: &ReceiverOptions) -> Vec<MessageSystemAttributeName> {
    let mut names: Vec<_> =
        options.message_system_attribute_names.iter().map(|name| name.as_str().into()).collect();
    let backs_off = matches!(options.nack, NackPolicy::Backoff(_));
    let needed = [(RECEIVE_COUNT, backs_off), (GROUP, options.is_fifo())];
    for (name, _) in needed.into_iter().filter(|(name, needed)| *needed && !asked_for(options, name)) {
        names.push(name.into());
    }
    names
}

fn received(message: aws_sdk_sqs::types::Message, options: &ReceiverOptions) -> Received {
    let mut attributes: std::collections::BTreeMap<String, String> = message
        .attributes
        .unwrap_or_default()
        .into_iter()
        .map(|(name, value)| (name.as_str().to_owned(), value))
        .collect();
    let receive_count = attributes.get(RECEIVE_COUNT).and_then(|count| count.parse().ok()).unwrap_or(1);
    // Without a group a FIFO queue is one single group: order is kept in any case.
    let group = options.is_fifo().then(|| attributes.get(GROUP).cloned().unwrap_or_default());
    attributes.retain(|name, _| asked_for(options, name));
    let message = Message {
        message_id: message.message_id.unwrap_or_default(),
        receipt_handle: message.receipt_handle.unwrap_or_default(),
        body: message.body.unwrap_or_default(),
        md5_of_body: message.md5_of_body.unwrap_or_default(),
        attributes,
        md5_of_message_attributes: message.md5_of_message_attributes,
        message_attributes: message
            .message_attributes
            .unwrap_or_default()
            .into_iter()
            .map(|(name, value)| (name, attribute(value)))
            .collect(),
    };
    Received { message, receive_count, group }
}

fn attribute(value: aws_sdk_sqs::types::MessageAttributeValue) -> MessageAttribute {
    MessageAttribute {
        data_type: value.data_type,
        string_value: value.string_value,
        binary_value: value.binary_value.map(aws_sdk_sqs::primitives::Blob::into_inner),
        string_list_values: value.string_list_values.unwrap_or_default(),
        binary_list_values: value
            .binary_list_values
            .unwrap_or_default()
            .into_iter()
            .map(aws_sdk_sqs::primitives::Blob::into_inner)
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gone_handle_is_told_from_a_passing_failure() {
        let entry = |code: &str, message: &str| {
            BatchResultErrorEntry::builder()
                .id("0")
                .code(code)
                .message(message)
                .sender_fault(true)
                .build()
                .unwrap()
        };
        assert!(is_gone(&entry("ReceiptHandleIsInvalid", "")));
        assert!(is_gone(&entry("AWS.SimpleQueueService.MessageNotInflight", "")));
        assert!(is_gone(&entry(
            "InvalidParameterValue",
            "Value x for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired."
        )));
        assert!(!is_gone(&entry("InvalidParameterValue", "Total VisibilityTimeout is beyond the limit")));
        assert!(!is_gone(&entry("InternalError", "")));
    }

    #[test]
    fn asks_for_what_it_needs_itself() {
        let mut options = ReceiverOptions::new("http://x/q.fifo");
        assert_eq!(system_names(&options), ["All".into()]);
        options.message_system_attribute_names = vec!["SentTimestamp".into()];
        assert_eq!(system_names(&options), ["SentTimestamp".into(), GROUP.into()]);
        let second = Duration::from_secs(1);
        options.nack = NackPolicy::Backoff(connector_core::Backoff::new(second, second, 1.0));
        assert_eq!(system_names(&options), ["SentTimestamp".into(), RECEIVE_COUNT.into(), GROUP.into()]);
    }
}
