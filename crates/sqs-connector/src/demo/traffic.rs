//! The world around the process: sends orders, pays what is confirmed, archives what is paid.

use super::{book::Book, queues::Queues};
use anyhow::{Context, Result, bail};
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message, SendMessageBatchRequestEntry};
use connector_core::{Engine, JobSource, RawJson};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::warn;
use zeebe_gateway::{GatewayClient, GatewayOptions, JobWorker, JobWorkerOptions};

const CUSTOMERS: [&str; 5] = ["Ada", "Grace", "Edsger", "Barbara", "Tony"];
/// SQS takes ten entries in a batch.
const BATCH: usize = 10;

/// The tasks that play customers, the bank and the archive.
pub(super) struct Traffic {
    queues: Arc<Queues>,
    book: Arc<Book>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Traffic {
    /// Starts the bank and the archive.
    pub(super) async fn start(zeebe_address: &str, queues: Queues, book: Arc<Book>) -> Result<Self> {
        let queues = Arc::new(queues);
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let client = GatewayClient::connect(GatewayOptions::new(zeebe_address)).await?;
        let worker = JobWorker::open(client.clone(), JobWorkerOptions::new("demo:archive-order"))?;
        tasks.spawn(archive(client, worker, Arc::clone(&book), stop.clone()));
        let paying = stop.clone();
        let (bank_queues, bank_book) = (Arc::clone(&queues), Arc::clone(&book));
        tasks.spawn(async move {
            // Whatever is received but not deleted when this is dropped stays in the queue.
            tokio::select! {
                () = paying.cancelled() => {}
                () = pay_what_is_confirmed(&bank_queues, &bank_book) => {}
            }
        });
        Ok(Self { queues, book, stop, tasks })
    }

    /// Sends the orders, ten a request.
    pub(super) async fn send_orders(&self, count: u32) -> Result<()> {
        let ids: Vec<String> = (1..=count).map(|number| format!("order-{number:05}")).collect();
        for (batch, ids) in ids.chunks(BATCH).enumerate() {
            let bodies = ids.iter().enumerate().map(|(at, id)| {
                let customer =
                    CUSTOMERS.get((batch * BATCH + at) % CUSTOMERS.len()).copied().unwrap_or_default();
                json!({"kind": "order", "orderId": id, "customer": customer, "total": batch + at})
            });
            for id in ids {
                self.book.sent(id.clone());
            }
            send_batch(&self.queues, &self.queues.orders, bodies.collect()).await?;
        }
        Ok(())
    }

    /// Stops the bank and the archive.
    pub(super) async fn stop(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

async fn archive(client: GatewayClient, mut worker: JobWorker, book: Arc<Book>, stop: CancellationToken) {
    loop {
        // A job that was taken but not handed over goes back to the engine with its timeout.
        let activated = tokio::select! {
            () = stop.cancelled() => break,
            next = worker.next() => match next { Some(activated) => activated, None => break },
        };
        let job = &activated.job;
        let variables: Value = serde_json::from_str(&job.variables).unwrap_or_default();
        if let Some(id) = variables.get("orderId").and_then(Value::as_str) {
            book.archived(id, job.process_instance_key.get());
        }
        if let Err(error) = client.complete(job.lease, RawJson::empty_object()).await {
            warn!(%error, "an archived order could not be completed");
        }
    }
    worker.shutdown(Duration::from_secs(1)).await;
}

async fn pay_what_is_confirmed(queues: &Queues, book: &Book) {
    loop {
        if let Err(error) = pay_once(queues, book).await {
            warn!("the bank tries again in a second: {error:#}");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

async fn pay_once(queues: &Queues, book: &Book) -> Result<()> {
    let receive = queues.client.receive_message().queue_url(&queues.confirmations);
    let answer =
        receive.max_number_of_messages(10).wait_time_seconds(5).send().await.context("cannot receive")?;
    let messages = answer.messages.unwrap_or_default();
    let confirmed: Vec<String> =
        messages.iter().filter_map(order_id).filter(|id| book.confirmed(id)).collect();
    if !confirmed.is_empty() {
        let payments = confirmed.iter().map(|id| json!({"orderId": id, "paidAt": "2026-01-01"})).collect();
        send_batch(queues, &queues.payments, payments).await?;
    }
    delete_batch(queues, &messages).await
}

fn order_id(message: &Message) -> Option<String> {
    let body: Value = serde_json::from_str(message.body()?).ok()?;
    Some(body.get("orderId")?.as_str()?.to_owned())
}

async fn send_batch(queues: &Queues, queue_url: &str, bodies: Vec<Value>) -> Result<()> {
    let entries = bodies.iter().enumerate().map(|(at, body)| {
        SendMessageBatchRequestEntry::builder().id(at.to_string()).message_body(body.to_string()).build()
    });
    let entries = entries.collect::<Result<Vec<_>, _>>()?;
    let request = queues.client.send_message_batch().queue_url(queue_url).set_entries(Some(entries));
    let answer = request.send().await.with_context(|| format!("cannot send to {queue_url}"))?;
    match answer.failed().first() {
        None => Ok(()),
        Some(failed) => bail!("{queue_url} refused a message: {} {:?}", failed.code(), failed.message()),
    }
}

async fn delete_batch(queues: &Queues, messages: &[Message]) -> Result<()> {
    let entries = messages.iter().enumerate().filter_map(|(at, message)| {
        let entry = DeleteMessageBatchRequestEntry::builder().id(at.to_string());
        entry.receipt_handle(message.receipt_handle()?).build().ok()
    });
    let entries: Vec<_> = entries.collect();
    if !entries.is_empty() {
        let request = queues.client.delete_message_batch().queue_url(&queues.confirmations);
        request.set_entries(Some(entries)).send().await.context("cannot delete")?;
    }
    Ok(())
}
