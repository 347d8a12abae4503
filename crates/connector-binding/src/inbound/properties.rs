//! Where a consumer receives and how: the connector's own properties, secrets resolved, checked.

use super::{
    ConnectionRules, InboundBindingError,
    connection::{credentials, filled},
    parse_names,
    paths::Paths,
};
use crate::{BindingError, QueueUrl, RequestCredentials, Violation, java::is_blank};
use connector_feel::FeelEngine;
use connector_secrets::{Redactor, SecretResolver, SecretScope, Spelling};
use std::{ops::RangeInclusive, sync::Arc};

const ALL: &str = "All";
const POLLING_PATTERN: &str = r"^([0-9]?|1[0-9]|20|secrets\..+)$";
const LONGEST_VISIBILITY_SECONDS: u32 = 43_200;
const MOST_IN_FLIGHT: u32 = 10_000;

/// Where a consumer receives and how.
#[derive(Clone, Debug)]
pub struct InboundProperties {
    /// As whom requests are signed.
    pub credentials: RequestCredentials,
    /// The region of the queue: the first that is filled of the credential's, the configuration's, the queue's
    /// (old templates) and the queue URL's.
    pub region: String,
    /// Where to receive instead of from the region's own endpoint.
    pub endpoint: Option<String>,
    /// The queue.
    pub queue_url: QueueUrl,
    /// How long a receive waits, in seconds, 1 to 20.
    pub polling_wait_seconds: u8,
    /// The system attributes that are asked for.
    pub attribute_names: Vec<String>,
    /// The message attributes that are asked for.
    pub message_attribute_names: Vec<String>,
    /// How long a received message is hidden from other consumers, in seconds, 0 to 43 200; `None` = the queue's own.
    pub visibility_timeout_seconds: Option<u32>,
    /// How many messages are worked on at once; `None` = the runtime's default.
    pub max_in_flight: Option<u32>,
}

/// Bound properties, and what hides the secrets in them from texts.
#[derive(Clone)]
pub struct BoundInbound {
    /// The properties.
    pub properties: InboundProperties,
    /// Masks the resolved secrets.
    pub redactor: Redactor,
}

/// Binds the properties of a group of elements.
#[derive(Clone)]
pub struct InboundBinder {
    secrets: Arc<SecretResolver>,
    feel: FeelEngine,
    rules: ConnectionRules,
}

impl InboundBinder {
    /// A binder that takes secrets from `secrets` and holds connections to the operator's `rules`.
    pub fn new(secrets: Arc<SecretResolver>, feel: FeelEngine, rules: ConnectionRules) -> Self {
        Self { secrets, feel, rules }
    }

    /// Binds properties as they stand in the BPMN; an empty value is an absent one.
    ///
    /// Secrets are resolved here and nowhere earlier, so that a later call sees a changed one. Placeholders count in
    /// the connector's own properties alone, in both spellings.
    ///
    /// # Errors
    /// [`InboundBindingError`]; texts never contain a resolved secret.
    pub async fn bind(
        &self,
        properties: &[(String, String)],
        scope: &SecretScope,
    ) -> Result<BoundInbound, InboundBindingError> {
        Paths::new(properties)?;
        let mut redactor = Redactor::default();
        let mut resolved = Vec::with_capacity(properties.len());
        for (name, value) in properties.iter().filter(|(name, value)| is_own(name) && !value.is_empty()) {
            let value =
                self.secrets.resolve_text(value, Spelling::BracesOrBare, scope, &mut redactor).await?;
            resolved.push((name.clone(), value));
        }
        let properties = self.typed(&Paths::new(&resolved)?).map_err(|error| error.redacted(&redactor))?;
        Ok(BoundInbound { properties, redactor })
    }

    fn typed(&self, paths: &Paths) -> Result<InboundProperties, InboundBindingError> {
        let mut violations = Vec::new();
        let credentials = credentials(paths, &mut violations)?;
        let queue = queue(paths, &mut violations)?;
        let (Some(credentials), Some((queue_url, wait)), true) = (credentials, queue, violations.is_empty())
        else {
            return Err(BindingError::Violations { violations }.into());
        };
        let region = region(paths, &queue_url)?;
        let endpoint = paths.value("configuration.endpoint")?.filter(|text| !is_blank(text));
        let mut checks = vec![endpoint.map_or(Ok(()), |endpoint| self.rules.endpoints.check(endpoint))];
        if matches!(credentials, RequestCredentials::DefaultChain) {
            checks.push(self.rules.default_chain.check(&queue_url, &region));
        }
        let violations: Vec<Violation> = checks.into_iter().filter_map(Result::err).collect();
        if !violations.is_empty() {
            return Err(BindingError::Violations { violations }.into());
        }
        Ok(InboundProperties {
            credentials,
            region,
            endpoint: endpoint.map(str::to_owned),
            queue_url,
            // The reference never asks for a wait of zero.
            polling_wait_seconds: wait.max(1),
            attribute_names: self.names(paths, "queue.attributeNames")?,
            message_attribute_names: self.names(paths, "queue.messageAttributeNames")?,
            visibility_timeout_seconds: number(
                paths,
                "queue.visibilityTimeout",
                0..=LONGEST_VISIBILITY_SECONDS,
            )?,
            max_in_flight: number(paths, "queue.maxInFlight", 1..=MOST_IN_FLIGHT)?,
        })
    }

    fn names(&self, paths: &Paths, property: &'static str) -> Result<Vec<String>, InboundBindingError> {
        let names = paths.value(property)?.map(|text| parse_names(property, text, &self.feel)).transpose()?;
        Ok(names.flatten().unwrap_or_else(|| vec![ALL.to_owned()]))
    }
}

/// Only these are the connector's; what else stands on the element is not looked at, so that a secret missing there
/// harms nobody.
fn is_own(name: &str) -> bool {
    let first = name.split('.').next().unwrap_or_default();
    matches!(first, "authentication" | "awsCredential" | "configuration" | "queue")
}

/// URL and wait of the queue; `None` when something is missing, which is a violation.
fn queue(
    paths: &Paths,
    violations: &mut Vec<Violation>,
) -> Result<Option<(QueueUrl, u8)>, InboundBindingError> {
    if !paths.is_object("queue")? {
        violations.push(Violation::new("queue", "must not be null"));
        return Ok(None);
    }
    let url = match filled(paths, "queue.url", violations)?.map(QueueUrl::parse) {
        Some(Ok(url)) => Some(url),
        Some(Err(rule)) => {
            violations.push(Violation::new("queue.url", rule));
            None
        }
        None => None,
    };
    let wait = filled(paths, "queue.pollingWaitTime", violations)?.and_then(|text| {
        let seconds = polling_wait_seconds(text);
        if seconds.is_none() {
            let rule = format!("must match \"{POLLING_PATTERN}\"");
            violations.push(Violation::new("queue.pollingWaitTime", rule));
        }
        seconds
    });
    Ok(url.zip(wait))
}

fn polling_wait_seconds(text: &str) -> Option<u8> {
    let short = text.len() == 1 || (text.len() == 2 && !text.starts_with('0'));
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|seconds| short && digits && *seconds <= 20)
}

fn region(paths: &Paths, url: &QueueUrl) -> Result<String, InboundBindingError> {
    for property in ["awsCredential.region", "configuration.region", "queue.region"] {
        let Some(region) = paths.value(property)?.filter(|region| !is_blank(region)) else { continue };
        return match url.region() {
            Some(of_url) if !region.trim().eq_ignore_ascii_case(of_url) => {
                let rule =
                    format!("names the region {of_url}, but the configured region is {}", region.trim());
                Err(BindingError::Violations { violations: vec![Violation::new("queue.url", rule)] }.into())
            }
            _ => Ok(region.to_owned()),
        };
    }
    url.region().map(str::to_owned).ok_or_else(|| BindingError::NoRegion.into())
}

fn number(
    paths: &Paths,
    property: &'static str,
    range: RangeInclusive<u32>,
) -> Result<Option<u32>, InboundBindingError> {
    let Some(text) = paths.value(property)? else { return Ok(None) };
    match text.trim().parse() {
        Ok(number) if range.contains(&number) => Ok(Some(number)),
        _ => {
            let reason = format!("expected a whole number from {} to {}", range.start(), range.end());
            Err(InboundBindingError::invalid(property, &reason))
        }
    }
}
