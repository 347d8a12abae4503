//! Operations on queues themselves.

use std::collections::BTreeMap;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Call, Nothing};
use crate::sqs::queue::{Queue, Settings, unknown_attribute};
use crate::sqs::refusal::{Refusal, RefusalCode};

/// Source: API reference, PurgeQueue.
const PURGE_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// A request about one queue; the fields that an operation does not know stay empty.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct QueueRequest {
    queue_url: Option<String>,
    queue_name: Option<String>,
    #[serde(rename = "QueueOwnerAWSAccountId")]
    owner: Option<String>,
    attributes: Option<BTreeMap<String, String>>,
    attribute_names: Option<Vec<String>>,
    #[serde(alias = "tags")]
    tags: Option<BTreeMap<String, String>>,
    tag_keys: Option<Vec<String>>,
    queue_name_prefix: Option<String>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UrlAnswer {
    queue_url: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListAnswer {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    queue_urls: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// The one list whose name begins with a small letter.
#[derive(Debug, Serialize)]
pub(crate) struct SourcesAnswer {
    #[serde(rename = "queueUrls")]
    queue_urls: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AttributesAnswer {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TagsAnswer {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<String, String>,
}

pub(crate) fn create(call: &Call, request: &QueueRequest) -> Result<UrlAnswer, Refusal> {
    let name = request.queue_name.as_deref().ok_or_else(|| Refusal::missing("QueueName"))?;
    let attributes = request.attributes.iter().flatten();
    let settings = Settings::new(attributes.map(|(name, value)| (name.as_str(), value.as_str())))?;
    check_target(call, &settings)?;
    let shared = &call.shared;
    let queue = shared.account.create(name, settings, &shared.options, shared.clock.now())?;
    if let Some(tags) = &request.tags {
        tags_of(&queue).extend(tags.clone());
    }
    Ok(UrlAnswer { queue_url: call.url_of(name) })
}

pub(crate) fn delete(call: &Call, request: &QueueRequest) -> Result<Nothing, Refusal> {
    let queue = call.queue(request.queue_url.as_deref())?;
    call.shared.account.delete(&queue.name, call.shared.clock.now());
    Ok(Nothing {})
}

pub(crate) fn url(call: &Call, request: &QueueRequest) -> Result<UrlAnswer, Refusal> {
    let name = request.queue_name.as_deref().ok_or_else(|| Refusal::missing("QueueName"))?;
    let owner = request.owner.as_deref().unwrap_or(&call.shared.options.account_id);
    let queue = call.queue(Some(&format!("{owner}/{name}")))?;
    Ok(UrlAnswer { queue_url: call.url_of(&queue.name) })
}

/// Source: API reference, ListQueues: a token only comes when MaxResults is set.
pub(crate) fn list(call: &Call, request: &QueueRequest) -> Result<ListAnswer, Refusal> {
    let most = request.max_results.unwrap_or(1000);
    if !(1..=1000).contains(&most) {
        return Err(Refusal::value("MaxResults", most, "Must be between 1 and 1000, if provided."));
    }
    let prefix = request.queue_name_prefix.as_deref().unwrap_or_default();
    let after = request.next_token.as_deref().unwrap_or_default();
    let queues = call.shared.account.all();
    let mut names = queues
        .iter()
        .map(|queue| queue.name.as_str())
        .filter(|name| name.starts_with(prefix) && *name > after);
    let page: Vec<&str> = names.by_ref().take(most).collect();
    let more = request.max_results.is_some() && names.next().is_some();
    Ok(ListAnswer {
        next_token: page.last().filter(|_| more).map(ToString::to_string),
        queue_urls: page.iter().map(|name| call.url_of(name)).collect(),
    })
}

pub(crate) fn dead_letter_sources(call: &Call, request: &QueueRequest) -> Result<SourcesAnswer, Refusal> {
    let target = call.queue(request.queue_url.as_deref())?;
    let now = call.shared.clock.now();
    let points_here = |queue: &Queue| {
        queue.read(now, |state| {
            state.settings.redrive.as_ref().is_some_and(|redrive| redrive.target_arn == target.arn)
        })
    };
    let queues = call.shared.account.all();
    let sources = queues.iter().filter(|queue| points_here(queue));
    Ok(SourcesAnswer { queue_urls: sources.map(|queue| call.url_of(&queue.name)).collect() })
}

pub(crate) fn attributes(call: &Call, request: QueueRequest) -> Result<AttributesAnswer, Refusal> {
    let queue = call.queue(request.queue_url.as_deref())?;
    let all = describe(call, &queue);
    let names = request.attribute_names.unwrap_or_default();
    if names.iter().any(|name| name == "All") {
        return Ok(AttributesAnswer { attributes: all });
    }
    let mut attributes = BTreeMap::new();
    for name in names {
        match all.get(&name) {
            Some(value) => attributes.insert(name, value.clone()),
            None if is_known(&name) => None,
            None => return Err(unknown_attribute(&name)),
        };
    }
    Ok(AttributesAnswer { attributes })
}

pub(crate) fn set_attributes(call: &Call, request: &QueueRequest) -> Result<Nothing, Refusal> {
    let queue = call.queue(request.queue_url.as_deref())?;
    let now = call.shared.clock.now();
    let mut settings = queue.read(now, |state| state.settings.clone());
    for (name, value) in request.attributes.as_ref().ok_or_else(|| Refusal::missing("Attributes"))? {
        settings.set(name, value)?;
    }
    check_target(call, &settings)?;
    queue.change(now, |state| {
        state.settings = settings;
        state.modified = now;
    });
    Ok(Nothing {})
}

pub(crate) fn purge(call: &Call, request: &QueueRequest) -> Result<Nothing, Refusal> {
    let queue = call.queue(request.queue_url.as_deref())?;
    let now = call.shared.clock.now();
    let recently = queue.read(now, |state| state.purged.is_some_and(|at| at + PURGE_AGAIN_AFTER > now));
    if recently && call.shared.options.enforce_cooldowns {
        let text = format!("Only one PurgeQueue operation on {} is allowed every 60 seconds.", queue.name);
        return Err(Refusal::new(RefusalCode::PurgeQueueInProgress, text));
    }
    queue.change(now, |state| state.purge(now));
    Ok(Nothing {})
}

pub(crate) fn tags(call: &Call, request: &QueueRequest) -> Result<TagsAnswer, Refusal> {
    let queue = call.queue(request.queue_url.as_deref())?;
    let tags = tags_of(&queue).clone();
    Ok(TagsAnswer { tags })
}

pub(crate) fn tag(call: &Call, request: QueueRequest) -> Result<Nothing, Refusal> {
    let queue = call.queue(request.queue_url.as_deref())?;
    tags_of(&queue).extend(request.tags.unwrap_or_default());
    Ok(Nothing {})
}

pub(crate) fn untag(call: &Call, request: &QueueRequest) -> Result<Nothing, Refusal> {
    let queue = call.queue(request.queue_url.as_deref())?;
    let keys = request.tag_keys.as_deref().unwrap_or_default();
    tags_of(&queue).retain(|name, _| !keys.contains(name));
    Ok(Nothing {})
}

fn tags_of(queue: &Queue) -> MutexGuard<'_, BTreeMap<String, String>> {
    queue.tags.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A redrive policy must point to a queue that exists and is of the same kind.
fn check_target(call: &Call, settings: &Settings) -> Result<(), Refusal> {
    let Some(redrive) = &settings.redrive else { return Ok(()) };
    let name = redrive.target_arn.rsplit(':').next().unwrap_or_default();
    let reason = match call.shared.account.get(name) {
        None => "Dead letter target does not exist.",
        Some(target) if target.fifo != settings.fifo => {
            "Dead-letter queue must be same type of queue as the source."
        }
        Some(_) => return Ok(()),
    };
    Err(Refusal::value("RedrivePolicy", &redrive.target_arn, reason))
}

fn describe(call: &Call, queue: &Queue) -> BTreeMap<String, String> {
    let clock = &call.shared.clock;
    queue.read(clock.now(), |state| {
        let depth = state.depth();
        let mut all: BTreeMap<String, String> =
            state.settings.describe().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        for (name, value) in [
            ("ApproximateNumberOfMessages", depth.visible.to_string()),
            ("ApproximateNumberOfMessagesNotVisible", depth.in_flight.to_string()),
            ("ApproximateNumberOfMessagesDelayed", depth.delayed.to_string()),
            ("CreatedTimestamp", clock.epoch_seconds(state.created).to_string()),
            ("LastModifiedTimestamp", clock.epoch_seconds(state.modified).to_string()),
            ("QueueArn", queue.arn.clone()),
        ] {
            all.insert(name.into(), value);
        }
        all
    })
}

/// Attributes that exist but are not set on this queue are left out of the answer.
fn is_known(name: &str) -> bool {
    matches!(
        name,
        "ContentBasedDeduplication"
            | "DeduplicationScope"
            | "FifoQueue"
            | "FifoThroughputLimit"
            | "KmsDataKeyReusePeriodSeconds"
            | "KmsMasterKeyId"
            | "Policy"
            | "RedriveAllowPolicy"
            | "RedrivePolicy"
    )
}
