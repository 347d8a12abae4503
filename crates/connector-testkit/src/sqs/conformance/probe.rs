//! The client of a check, with the few calls that most checks begin or end with.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sqs::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::{Message, MessageAttributeValue, MessageSystemAttributeName, QueueAttributeName};
use secrecy::ExposeSecret;

use super::Target;

/// A client and a name that no other check uses.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    pub(super) client: Client,
    target: Target,
    name: String,
}

impl Probe {
    pub(super) fn new(target: &Target, position: usize) -> Self {
        let name = format!("check-{position}-{}", uuid::Uuid::new_v4().simple());
        Self { client: client(target), target: target.clone(), name }
    }

    /// A client of the same server with another key and secret.
    pub(super) fn client_with(&self, access_key: &str, secret: &str) -> Client {
        client(&Target {
            access_key: access_key.into(),
            secret_key: secret.to_owned().into(),
            ..self.target.clone()
        })
    }

    /// A client with the same key and a secret that is wrong.
    pub(super) fn client_with_wrong_secret(&self) -> Client {
        self.client_with(&self.target.access_key, &format!("{}-not", self.target.secret_key.expose_secret()))
    }

    /// A name for a queue of this check.
    pub(super) fn queue_name(&self, suffix: &str) -> String {
        format!("{}{suffix}", self.name)
    }

    /// Makes a queue and gives its URL; a suffix that ends in `.fifo` makes a FIFO queue.
    pub(super) async fn queue(&self, suffix: &str, attributes: &[(&str, &str)]) -> Result<String, String> {
        let fifo = if suffix.ends_with(".fifo") { Some(("FifoQueue", "true")) } else { None };
        let mut create = self.client.create_queue().queue_name(self.queue_name(suffix));
        for (name, value) in attributes.iter().copied().chain(fifo) {
            create = create.attributes(QueueAttributeName::from(name), value);
        }
        let created = create.send().await.map_err(|error| said("CreateQueue", &error))?;
        created.queue_url.ok_or_else(|| "CreateQueue gave no URL".into())
    }

    /// Sends a body and nothing else.
    pub(super) async fn send(&self, queue: &str, body: &str) -> Result<(), String> {
        let sent = self.client.send_message().queue_url(queue).message_body(body).send().await;
        sent.map(drop).map_err(|error| said("SendMessage", &error))
    }

    /// Sends to a FIFO queue.
    pub(super) async fn send_fifo(
        &self,
        queue: &str,
        body: &str,
        group: &str,
        id: &str,
    ) -> Result<String, String> {
        let send = self.client.send_message().queue_url(queue).message_body(body);
        let sent = send.message_group_id(group).message_deduplication_id(id).send().await;
        let sent = sent.map_err(|error| said("SendMessage", &error))?;
        sent.message_id.ok_or_else(|| "SendMessage gave no message id".into())
    }

    /// Receives once, with everything that can be asked for.
    pub(super) async fn receive(&self, queue: &str, most: i32, wait: i32) -> Result<Vec<Message>, String> {
        let receive = self
            .client
            .receive_message()
            .queue_url(queue)
            .max_number_of_messages(most)
            .wait_time_seconds(wait);
        let received = receive
            .message_attribute_names("All")
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .send()
            .await
            .map_err(|error| said("ReceiveMessage", &error))?;
        Ok(received.messages.unwrap_or_default())
    }

    /// Receives one message, or says that none came.
    pub(super) async fn receive_one(&self, queue: &str) -> Result<Message, String> {
        self.receive(queue, 1, 10).await?.pop().ok_or_else(|| "no message came within 10 seconds".into())
    }

    /// Deletes a received message.
    pub(super) async fn delete(&self, queue: &str, message: &Message) -> Result<(), String> {
        let delete = self.client.delete_message().queue_url(queue).receipt_handle(handle(message));
        delete.send().await.map(drop).map_err(|error| said("DeleteMessage", &error))
    }

    /// The ARN of a queue.
    pub(super) async fn arn(&self, queue: &str) -> Result<String, String> {
        let get =
            self.client.get_queue_attributes().queue_url(queue).attribute_names(QueueAttributeName::QueueArn);
        let got = get.send().await.map_err(|error| said("GetQueueAttributes", &error))?;
        let arn =
            got.attributes().and_then(|attributes| attributes.get(&QueueAttributeName::QueueArn)).cloned();
        arn.ok_or_else(|| "GetQueueAttributes gave no ARN".into())
    }

    /// Receives and deletes until the queue gives nothing more; the bodies in order.
    pub(super) async fn drain(&self, queue: &str) -> Result<Vec<String>, String> {
        let mut bodies = Vec::new();
        loop {
            let messages = self.receive(queue, 10, 1).await?;
            if messages.is_empty() {
                return Ok(bodies);
            }
            for message in messages {
                self.delete(queue, &message).await?;
                bodies.push(message.body.unwrap_or_default());
            }
        }
    }
}

fn client(target: &Target) -> Client {
    let secret = target.secret_key.expose_secret();
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(&target.endpoint)
        .region(Region::new(target.region.clone()))
        .credentials_provider(Credentials::new(&target.access_key, secret, None, None, "conformance"))
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

/// The receipt handle of a received message; empty when the server gave none.
pub(super) fn handle(message: &Message) -> &str {
    message.receipt_handle().unwrap_or_default()
}

/// A system attribute of a received message.
pub(super) fn attribute(message: &Message, name: MessageSystemAttributeName) -> Option<&str> {
    message.attributes().and_then(|attributes| attributes.get(&name)).map(String::as_str)
}

/// A string attribute of any type.
pub(super) fn text(data_type: &str, value: &str) -> Result<MessageAttributeValue, String> {
    let built = MessageAttributeValue::builder().data_type(data_type).string_value(value).build();
    built.map_err(|error| error.to_string())
}

/// The code of a refusal without its namespace, or how the call went otherwise.
pub(super) fn code<T, E>(result: Result<T, SdkError<E>>) -> Result<String, String>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match result {
        Ok(_) => Err("was accepted".into()),
        Err(error) => match error.code() {
            Some(code) => Ok(code.rsplit(['.', '#']).next().unwrap_or(code).to_owned()),
            None => Err(format!("failed without a code: {}", DisplayErrorContext(&error))),
        },
    }
}

/// Holds a refusal against the codes that the documentation gives it.
pub(super) fn expect_code<T, E>(
    what: &str,
    result: Result<T, SdkError<E>>,
    codes: &[&str],
) -> Result<(), String>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match code(result) {
        Ok(code) if codes.contains(&code.as_str()) => Ok(()),
        Ok(code) => Err(format!("{what}: refused with {code} instead of {}", codes.join(" or "))),
        Err(other) => Err(format!("{what}: {other}")),
    }
}

/// An unexpected error, with everything that the client knows about it.
pub(super) fn said<E>(operation: &str, error: &SdkError<E>) -> String
where
    E: std::error::Error + 'static,
{
    format!("{operation}: {}", DisplayErrorContext(error))
}

pub(super) async fn pause(millis: u64) {
    tokio::time::sleep(Duration::from_millis(millis)).await;
}
