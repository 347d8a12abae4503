//! Where a consumer receives and how: the connector's own properties, secrets resolved, checked.

use super::{
    ConnectionRules, InboundBindingError, InboundCredentials,
    connection::{self, region_for},
    parse_names,
    paths::Paths,
};
use connector_feel::FeelEngine;
use connector_secrets::{Redactor, SecretResolver, SecretScope, Spelling};
use std::{ops::RangeInclusive, sync::Arc};

const ALL: &str = "All";
const POLLING_PATTERN: &str = r"^([0-9]?|1[0-9]|20|secrets\..+)$";
const LONGEST_VISIBILITY_SECONDS: u32 = 43_200;

/// Where a consumer receives and how.
#[derive(Clone, Debug)]
pub struct InboundProperties {
    /// As whom requests are signed.
    pub credentials: InboundCredentials,
    /// The region of the queue.
    pub region: String,
    /// An endpoint other than AWS's own.
    pub endpoint: Option<String>,
    /// The URL of the queue.
    pub queue_url: String,
    /// How long a receive call waits, in seconds, 1 to 20.
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

    /// Binds properties as they stand in the BPMN.
    ///
    /// Secrets are resolved here and nowhere earlier, so that a later call sees a changed one.
    ///
    /// # Errors
    /// [`InboundBindingError`]; texts never contain a resolved secret.
    pub async fn bind(
        &self,
        properties: &[(String, String)],
        scope: &SecretScope,
    ) -> Result<BoundInbound, InboundBindingError> {
        let mut redactor = Redactor::default();
        let mut resolved = Vec::with_capacity(properties.len());
        for (name, value) in properties.iter().filter(|(name, value)| is_own(name) && !value.is_empty()) {
            let value =
                self.secrets.resolve_text(value, Spelling::BracesOrBare, scope, &mut redactor).await?;
            resolved.push((name.clone(), value));
        }
        Paths::new(properties)?;
        let properties = self.typed(&Paths::new(&resolved)?).map_err(|error| redacted(error, &redactor))?;
        Ok(BoundInbound { properties, redactor })
    }

    fn typed(&self, paths: &Paths) -> Result<InboundProperties, InboundBindingError> {
        let mut violations = Violations::default();
        let credentials = connection::credentials(paths, &mut violations)?;
        let queue_url = paths.value("queue.url")?;
        let polling = paths.value("queue.pollingWaitTime")?;
        if paths.is_object("queue")? {
            violations.not_blank("queue.url", queue_url);
            violations.not_blank("queue.pollingWaitTime", polling);
        } else {
            violations.add("queue", "must not be null");
        }
        let wait = polling.and_then(polling_wait_seconds);
        if polling.is_some() && wait.is_none() {
            violations.add("queue.pollingWaitTime", &format!("must match \"{POLLING_PATTERN}\""));
        }
        let (Some(credentials), Some(queue_url), Some(wait), None) =
            (credentials, queue_url, wait, violations.error())
        else {
            return Err(violations.error().unwrap_or_else(|| InboundBindingError::Violations(String::new())));
        };
        self.rules.check_credentials(&credentials)?;
        let endpoint = paths.value("configuration.endpoint")?.filter(|text| !text.trim().is_empty());
        endpoint.map(|endpoint| self.rules.check_endpoint(endpoint)).transpose()?;
        Ok(InboundProperties {
            credentials,
            region: region_for(paths, queue_url)?,
            endpoint: endpoint.map(str::to_owned),
            queue_url: queue_url.to_owned(),
            polling_wait_seconds: wait.max(1),
            attribute_names: self.names(paths, "queue.attributeNames")?,
            message_attribute_names: self.names(paths, "queue.messageAttributeNames")?,
            visibility_timeout_seconds: number(
                paths,
                "queue.visibilityTimeout",
                0..=LONGEST_VISIBILITY_SECONDS,
            )?,
            max_in_flight: number(paths, "queue.maxInFlight", 1..=10_000)?,
        })
    }

    fn names(&self, paths: &Paths, property: &'static str) -> Result<Vec<String>, InboundBindingError> {
        let names = paths.value(property)?.map(|text| parse_names(property, text, &self.feel)).transpose()?;
        Ok(names.flatten().unwrap_or_else(|| vec![ALL.to_owned()]))
    }
}

/// Only these are the connector's; what else stands on the element is not looked at, so that a secret missing there harms nobody.
fn is_own(name: &str) -> bool {
    let first = name.split('.').next().unwrap_or_default();
    matches!(first, "authentication" | "awsCredential" | "configuration" | "queue")
}

fn polling_wait_seconds(text: &str) -> Option<u8> {
    let short = text.len() <= 2 && (text.len() == 1 || !text.starts_with('0'));
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|seconds| short && digits && *seconds <= 20)
}

fn number(
    paths: &Paths,
    property: &'static str,
    range: RangeInclusive<u32>,
) -> Result<Option<u32>, InboundBindingError> {
    let Some(text) = paths.value(property)? else { return Ok(None) };
    match text.trim().parse() {
        Ok(number) if range.contains(&number) => Ok(Some(number)),
        _ => Err(InboundBindingError::InvalidValue {
            property: property.to_owned(),
            reason: format!("expected a whole number from {} to {}", range.start(), range.end()),
        }),
    }
}

fn redacted(error: InboundBindingError, redactor: &Redactor) -> InboundBindingError {
    match error {
        InboundBindingError::InvalidValue { property, reason } => {
            InboundBindingError::InvalidValue { property, reason: redactor.redact(&reason) }
        }
        other => other,
    }
}

/// What is wrong with a set of properties, in the reference's words.
#[derive(Default)]
pub(crate) struct Violations(Vec<String>);

impl Violations {
    /// Adds one.
    pub(crate) fn add(&mut self, path: &str, message: &str) {
        self.0.push(format!(" - Property: {path}: Validation failed. Original message: {message}"));
    }

    /// Adds one when the value is missing or white space.
    pub(crate) fn not_blank(&mut self, path: &str, value: Option<&str>) {
        if value.is_none_or(|text| text.trim().is_empty()) {
            self.add(path, "must not be blank");
        }
    }

    fn error(&self) -> Option<InboundBindingError> {
        let head =
            "jakarta.validation.ValidationException: Found constraints violated while validating input: ";
        (!self.0.is_empty())
            .then(|| InboundBindingError::Violations(format!("{head}\n{}", self.0.join("\n"))))
    }
}
