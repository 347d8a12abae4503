//! The floor: the calls that a connector cannot do without, made with tonic and the AWS SDK and nothing between them.

use anyhow::{Context, Result};
use aws_sdk_sqs::{
    Client,
    config::{BehaviorVersion, Config, Credentials, Region},
    types::{DeleteMessageBatchRequestEntry, Message, MessageAttributeValue, MessageSystemAttributeName},
};
use futures::{StreamExt, TryStreamExt, future, stream};
use std::time::Duration;
use tokio::time::sleep;
use tonic::{
    Code,
    transport::{Channel, Endpoint},
};
use zeebe_proto::{
    CompleteJobRequest, PublishMessageRequest, StreamActivatedJobsRequest, gateway_client::GatewayClient,
};

/// As many as the connector has in work at once.
const AT_ONCE: usize = 100;
/// Each holds ten messages at most, so that together they hold as many as the connector.
const RECEIVERS: usize = 10;
const PUSHED_BACK: Duration = Duration::from_millis(50);
const FIVE_MINUTES_MILLIS: i64 = 300_000;
const ONE_HOUR_MILLIS: i64 = 3_600_000;
/// What the outbound model's expression makes of an order, already made.
const BODY: &str = r#"{"orderId":"order-1","customer":"Ada","total":129.90,"items":[{"sku":"A-1","quantity":2},{"sku":"B-7","quantity":1}]}"#;

/// A client for a server of the test kit.
pub(crate) fn sqs(queue: &str) -> Result<Client> {
    let endpoint = queue.rsplitn(3, '/').nth(2).context("the queue's URL names no server")?;
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "bench"))
        .endpoint_url(endpoint)
        .build();
    Ok(Client::from_conf(config))
}

async fn connect(gateway: String) -> Result<GatewayClient<Channel>> {
    Ok(GatewayClient::new(Endpoint::from_shared(gateway)?.connect().await?))
}

/// Sends a message for each job, then completes it.
pub(crate) async fn outbound(gateway: String, job_type: String, queue: String) -> Result<()> {
    let (sqs, mut gateway) = (sqs(&queue)?, connect(gateway).await?);
    let request = StreamActivatedJobsRequest {
        r#type: job_type,
        worker: "floor".to_owned(),
        timeout: FIVE_MINUTES_MILLIS,
        ..StreamActivatedJobsRequest::default()
    };
    let jobs = gateway.stream_activated_jobs(request).await?.into_inner().map_err(anyhow::Error::from);
    let sent = jobs.map_ok(|job| {
        let done = send_and_complete(sqs.clone(), gateway.clone(), queue.clone(), job.key);
        async { tokio::spawn(done).await? }
    });
    sent.try_buffer_unordered(AT_ONCE).try_for_each(|()| future::ok(())).await
}

async fn send_and_complete(
    sqs: Client,
    mut gateway: GatewayClient<Channel>,
    queue: String,
    job_key: i64,
) -> Result<()> {
    let customer = MessageAttributeValue::builder().data_type("String").string_value("Ada").build()?;
    let request = sqs.send_message().queue_url(queue).message_body(BODY);
    let sent = request.message_attributes("customer", customer).send().await?;
    let variables = format!(r#"{{"confirmation":"{}"}}"#, sent.message_id.unwrap_or_default());
    gateway.complete_job(CompleteJobRequest { job_key, variables }).await?;
    Ok(())
}

/// Receives in tens, publishes each message, deletes in tens.
pub(crate) async fn inbound(gateway: String, message_name: String, queue: String) -> Result<()> {
    let (sqs, gateway) = (sqs(&queue)?, connect(gateway).await?);
    let receivers = (0..RECEIVERS).map(|_| {
        let (sqs, gateway) = (sqs.clone(), gateway.clone());
        let (queue, message_name) = (queue.clone(), message_name.clone());
        tokio::spawn(async move {
            loop {
                ten(&sqs, &gateway, &queue, &message_name).await?;
            }
        })
    });
    for ended in future::join_all(receivers).await {
        let ended: Result<()> = ended?;
        ended?;
    }
    Ok(())
}

async fn ten(sqs: &Client, gateway: &GatewayClient<Channel>, queue: &str, message_name: &str) -> Result<()> {
    let received = sqs
        .receive_message()
        .queue_url(queue)
        .max_number_of_messages(10)
        .wait_time_seconds(20)
        // As the connector asks, and the Java connector before it: answers without attributes would be half as long.
        .message_system_attribute_names(MessageSystemAttributeName::All)
        .message_attribute_names("All")
        .send()
        .await?;
    let messages = received.messages.unwrap_or_default();
    if messages.is_empty() {
        return Ok(());
    }
    let published = messages.iter().map(|message| publish(gateway.clone(), message_name.to_owned(), message));
    future::try_join_all(published).await?;
    let entries: Vec<_> = messages
        .into_iter()
        .enumerate()
        .map(|(place, message)| {
            DeleteMessageBatchRequestEntry::builder()
                .id(place.to_string())
                .receipt_handle(message.receipt_handle.unwrap_or_default())
                .build()
        })
        .collect::<Result<_, _>>()?;
    sqs.delete_message_batch().queue_url(queue).set_entries(Some(entries)).send().await?;
    Ok(())
}

async fn publish(mut gateway: GatewayClient<Channel>, name: String, message: &Message) -> Result<()> {
    let id = message.message_id().unwrap_or_default().to_owned();
    let request = PublishMessageRequest {
        name,
        correlation_key: id.clone(),
        message_id: id,
        time_to_live: ONE_HOUR_MILLIS,
        variables: format!(r#"{{"order":{}}}"#, message.body().unwrap_or_default()),
        ..PublishMessageRequest::default()
    };
    loop {
        match gateway.publish_message(request.clone()).await {
            Ok(_) => return Ok(()),
            // A real broker pushes back under load.
            Err(status) if status.code() == Code::ResourceExhausted => sleep(PUSHED_BACK).await,
            Err(status) => return Err(status.into()),
        }
    }
}

/// Puts numbered orders into a queue.
pub(crate) async fn fill(queue: &str, count: usize) -> Result<()> {
    let sqs = sqs(queue)?;
    let batches = stream::iter((0..count).step_by(10)).map(|first| {
        let entries = (first..count.min(first + 10)).map(|number| {
            aws_sdk_sqs::types::SendMessageBatchRequestEntry::builder()
                .id((number - first).to_string())
                .message_body(BODY.replacen("order-1", &format!("order-{number}"), 1))
                .build()
        });
        let entries: Result<Vec<_>, _> = entries.collect();
        let request = sqs.send_message_batch().queue_url(queue);
        async move { Ok::<_, anyhow::Error>(request.set_entries(Some(entries?)).send().await?) }
    });
    batches.buffer_unordered(8).try_for_each(|_| future::ok(())).await
}
