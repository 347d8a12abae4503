//! What each operation of the API does.

mod batch;
mod handles;
mod queues;
mod receive;
mod send;

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::faults::FaultEffect;
use super::operation::Operation;
use super::queue::Queue;
use super::refusal::{Refusal, RefusalCode};
use super::server::Shared;

/// A request that passed the checks of the protocol.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) shared: Arc<Shared>,
    /// The base of queue URLs in answers: what the client calls this server.
    pub(crate) base_url: String,
    /// Who sends messages.
    pub(crate) sender_id: String,
    /// A fault that leaves the operation alive and only changes its answer.
    pub(crate) effect: FaultEffect,
}

impl Call {
    fn queue(&self, url: Option<&str>) -> Result<Arc<Queue>, Refusal> {
        let url = url.ok_or_else(|| Refusal::missing("QueueUrl"))?;
        self.shared.account.of_url(url, &self.shared.options, self.shared.clock.now())
    }

    fn url_of(&self, queue: &str) -> String {
        format!("{}/{}/{queue}", self.base_url, self.shared.options.account_id)
    }
}

/// Carries an operation out; the answer is the body of a 200.
pub(crate) async fn carry_out(call: &Call, operation: Operation, body: &[u8]) -> Result<Vec<u8>, Refusal> {
    use Operation as O;
    match operation {
        O::SendMessage => answer(&send::one(call, parse(body)?)?),
        O::SendMessageBatch => answer(&send::batch(call, parse(body)?)?),
        O::ReceiveMessage => answer(&receive::receive(call, parse(body)?).await?),
        O::DeleteMessage => answer(&handles::delete(call, &parse(body)?)?),
        O::DeleteMessageBatch => answer(&handles::delete_batch(call, parse(body)?)?),
        O::ChangeMessageVisibility => answer(&handles::change(call, &parse(body)?)?),
        O::ChangeMessageVisibilityBatch => answer(&handles::change_batch(call, parse(body)?)?),
        O::CreateQueue => answer(&queues::create(call, &parse(body)?)?),
        O::DeleteQueue => answer(&queues::delete(call, &parse(body)?)?),
        O::GetQueueUrl => answer(&queues::url(call, &parse(body)?)?),
        O::ListQueues => answer(&queues::list(call, &parse(body)?)?),
        O::ListDeadLetterSourceQueues => answer(&queues::dead_letter_sources(call, &parse(body)?)?),
        O::GetQueueAttributes => answer(&queues::attributes(call, parse(body)?)?),
        O::SetQueueAttributes => answer(&queues::set_attributes(call, &parse(body)?)?),
        O::PurgeQueue => answer(&queues::purge(call, &parse(body)?)?),
        O::ListQueueTags => answer(&queues::tags(call, &parse(body)?)?),
        O::TagQueue => answer(&queues::tag(call, parse(body)?)?),
        O::UntagQueue => answer(&queues::untag(call, &parse(body)?)?),
    }
}

/// The empty answer of operations that give nothing back.
#[derive(Debug, Serialize)]
struct Nothing {}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| Refusal::new(RefusalCode::Serialization, error.to_string()))
}

fn answer<T: Serialize>(answer: &T) -> Result<Vec<u8>, Refusal> {
    serde_json::to_vec(answer).map_err(|error| Refusal::new(RefusalCode::Serialization, error.to_string()))
}

/// A number of a request, with the range that the API gives it.
fn within(name: &str, value: Option<i64>, most: u32, reason: &str) -> Result<Option<u32>, Refusal> {
    let Some(value) = value else { return Ok(None) };
    match u32::try_from(value) {
        Ok(number) if number <= most => Ok(Some(number)),
        _ => Err(Refusal::value(name, value, reason)),
    }
}

fn visibility_timeout(value: Option<i64>) -> Result<Option<u32>, Refusal> {
    within("VisibilityTimeout", value, 43_200, "VisibilityTimeout must be an integer between 0 and 43200.")
}
