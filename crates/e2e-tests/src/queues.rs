//! Queues of the real SQS server.

use anyhow::{Context, Result, ensure};
use aws_credential_types::Credentials;
use aws_sdk_sqs::{
    Client,
    config::{BehaviorVersion, Region},
    types::{
        DeleteMessageBatchRequestEntry, Message, MessageAttributeValue, MessageSystemAttributeName,
        QueueAttributeName, SendMessageBatchRequestEntry,
    },
};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::{Instant, timeout_at};

const BATCH: usize = 10;

/// One queue.
#[derive(Clone)]
pub struct Queue {
    client: Client,
    /// The queue's URL.
    pub url: String,
}

/// A message as it came out of a queue.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Received {
    /// The body.
    pub body: String,
    /// Message attributes: name → (data type, string value).
    pub attributes: BTreeMap<String, (String, String)>,
}

impl Queue {
    pub(crate) async fn create(endpoint: &str, name: &str) -> Result<Self> {
        let configuration = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(endpoint)
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "e2e"))
            .build();
        let client = Client::from_conf(configuration);
        let unique = format!("{}-{name}", uuid::Uuid::new_v4().simple());
        Self::with_name(client, &unique).await
    }

    /// Creates the queue anew after it was deleted.
    ///
    /// # Errors
    /// When the server refuses it.
    pub async fn recreate(&self) -> Result<Self> {
        Self::with_name(self.client.clone(), self.name()).await
    }

    async fn with_name(client: Client, name: &str) -> Result<Self> {
        // Short enough that a killed connector's messages come back within a test.
        let mut request =
            client.create_queue().queue_name(name).attributes(QueueAttributeName::VisibilityTimeout, "10");
        if name.ends_with(".fifo") {
            request = request.attributes(QueueAttributeName::FifoQueue, "true");
        }
        let url = request.send().await?.queue_url.context("a queue without URL")?;
        Ok(Self { client, url })
    }

    /// The queue's name.
    pub fn name(&self) -> &str {
        self.url.rsplit('/').next().unwrap_or_default()
    }

    /// Sends messages, ten a request.
    ///
    /// # Errors
    /// When the server refuses one.
    pub async fn send(&self, messages: &[Received]) -> Result<()> {
        for batch in messages.chunks(BATCH) {
            let entries: Vec<_> =
                batch.iter().enumerate().map(|(at, message)| entry(at, message)).collect::<Result<_>>()?;
            let answer = self
                .client
                .send_message_batch()
                .queue_url(&self.url)
                .set_entries(Some(entries))
                .send()
                .await?;
            ensure!(answer.failed().is_empty(), "the server refused a message: {:?}", answer.failed());
        }
        Ok(())
    }

    /// Receives and deletes until `count` messages came or `patience` is over; then whatever else is there.
    ///
    /// # Errors
    /// When the server refuses a request.
    pub async fn drain(&self, count: usize, patience: Duration) -> Result<Vec<Received>> {
        let deadline = Instant::now() + patience;
        let mut all = Vec::new();
        while all.len() < count {
            match timeout_at(deadline, self.receive(1)).await {
                Ok(messages) => all.extend(messages?),
                Err(_) => return Ok(all),
            }
        }
        // A doubled message would come late.
        loop {
            let more = self.receive(2).await?;
            if more.is_empty() {
                return Ok(all);
            }
            all.extend(more);
        }
    }

    /// How many messages are visible and how many are in flight, as the server counts.
    ///
    /// # Errors
    /// When the server refuses the request.
    pub async fn depth(&self) -> Result<(usize, usize)> {
        let (visible, flying) = (
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        );
        let request = self.client.get_queue_attributes().queue_url(&self.url);
        let answer = request.attribute_names(visible.clone()).attribute_names(flying.clone()).send().await?;
        let attributes = answer.attributes.unwrap_or_default();
        let number = |name| attributes.get(&name).and_then(|text: &String| text.parse().ok()).unwrap_or(0);
        Ok((number(visible), number(flying)))
    }

    /// Deletes the queue.
    ///
    /// # Errors
    /// When the server refuses the request.
    pub async fn delete(&self) -> Result<()> {
        self.client.delete_queue().queue_url(&self.url).send().await?;
        Ok(())
    }

    async fn receive(&self, wait_seconds: i32) -> Result<Vec<Received>> {
        let request = self.client.receive_message().queue_url(&self.url).max_number_of_messages(10);
        let request = request
            .message_attribute_names("All")
            .message_system_attribute_names(MessageSystemAttributeName::All);
        let messages = request.wait_time_seconds(wait_seconds).send().await?.messages.unwrap_or_default();
        if !messages.is_empty() {
            let entries = messages.iter().enumerate().map(|(at, message)| {
                let handle = message.receipt_handle().unwrap_or_default();
                Ok(DeleteMessageBatchRequestEntry::builder()
                    .id(at.to_string())
                    .receipt_handle(handle)
                    .build()?)
            });
            let entries = entries.collect::<Result<Vec<_>>>()?;
            self.client.delete_message_batch().queue_url(&self.url).set_entries(Some(entries)).send().await?;
        }
        Ok(messages.iter().map(received).collect())
    }
}

fn entry(at: usize, message: &Received) -> Result<SendMessageBatchRequestEntry> {
    let mut entry = SendMessageBatchRequestEntry::builder().id(at.to_string()).message_body(&message.body);
    for (name, (data_type, value)) in &message.attributes {
        let value = MessageAttributeValue::builder().data_type(data_type).string_value(value).build()?;
        entry = entry.message_attributes(name, value);
    }
    Ok(entry.build()?)
}

fn received(message: &Message) -> Received {
    let attributes = message.message_attributes().into_iter().flatten().map(|(name, value)| {
        let text = value.string_value().unwrap_or_default().to_owned();
        (name.clone(), (value.data_type().to_owned(), text))
    });
    Received { body: message.body().unwrap_or_default().to_owned(), attributes: attributes.collect() }
}
