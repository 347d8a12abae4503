//! The rules that an input must keep before anything is sent.

use crate::{
    BindingError, Violation, java,
    outbound::{
        input::{AttributeInput, AuthenticationInput, Input, QueueInput},
        request::{Attribute, AttributeContent, OutboundRequest, QueueType, QueueUrl, RequestCredentials},
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::SecretString;

const NOT_BLANK: &str = "must not be blank";
const NOT_EMPTY: &str = "must not be empty";
const NOT_NULL: &str = "must not be null";

/// SQS delays a message by 15 minutes at most.
const LONGEST_DELAY_SECONDS: i32 = 900;

/// What the rules found so far.
#[derive(Default)]
struct Findings(Vec<Violation>);

impl Findings {
    fn add(&mut self, path: impl Into<String>, rule: impl Into<String>) {
        self.0.push(Violation::new(path, rule));
    }

    /// The value, or a finding when it is absent.
    fn required<T>(&mut self, value: Option<T>, path: &str, rule: &str) -> Option<T> {
        self.required_at(value, || path.to_owned(), rule)
    }

    /// The same where the path has to be put together.
    fn required_at<T>(&mut self, value: Option<T>, path: impl FnOnce() -> String, rule: &str) -> Option<T> {
        if value.is_none() {
            self.add(path(), rule);
        }
        value
    }
}

impl Input {
    /// Applies all rules.
    pub(crate) fn validated(self) -> Result<OutboundRequest, BindingError> {
        if self.queue.as_ref().is_some_and(|queue| queue.queue_type.is_none()) {
            return Err(BindingError::NullQueueType);
        }
        let mut findings = Findings::default();
        let (has_credential, regions) = (self.credential.is_some(), self.regions());
        let inline = self.authentication.map(|input| credentials(input, "authentication", &mut findings));
        let shared = self.credential.and_then(|credential| {
            if credential.region.is_none_or(|region| java::is_blank(&region)) {
                findings.add("awsCredential.region", NOT_BLANK);
            }
            credential
                .authentication
                .map(|input| credentials(input, "awsCredential.authentication", &mut findings))
        });
        let effective = if has_credential { shared } else { inline };
        let credentials =
            findings.required(effective, "authenticationPresent", "Authentication is required").flatten();
        let message =
            findings.required(self.queue, "queue", NOT_NULL).and_then(|queue| message(queue, &mut findings));
        let (Some(credentials), Some(message), true) = (credentials, message, findings.0.is_empty()) else {
            return Err(BindingError::Violations { violations: findings.0 });
        };
        let region = region(regions, &message.queue_url)?;
        let endpoint = self.endpoint.filter(|endpoint| !java::is_blank(endpoint));
        Ok(OutboundRequest { credentials, region, endpoint, ..message })
    }

    /// The regions in the order in which they count.
    fn regions(&self) -> Vec<String> {
        let credential = self.credential.as_ref().and_then(|credential| credential.region.clone());
        let queue = self.queue.as_ref().and_then(|queue| queue.region.clone());
        let filled = |region: &String| !java::is_blank(region);
        [credential, self.region.clone(), queue].into_iter().flatten().filter(filled).collect()
    }
}

/// The first region that is filled, else the queue URL's; the two must not contradict each other.
fn region(filled: Vec<String>, url: &QueueUrl) -> Result<String, BindingError> {
    match (filled.into_iter().next(), url.region()) {
        (Some(region), Some(of_url)) if !region.trim().eq_ignore_ascii_case(of_url) => {
            let rule = format!("names the region {of_url}, but the configured region is {}", region.trim());
            Err(BindingError::Violations { violations: vec![Violation::new("queue.url", rule)] })
        }
        (Some(region), _) => Ok(region),
        (None, Some(of_url)) => Ok(of_url.to_owned()),
        (None, None) => Err(BindingError::NoRegion),
    }
}

/// `None` when a key is missing, which is a finding.
fn credentials(
    input: AuthenticationInput,
    path: &str,
    findings: &mut Findings,
) -> Option<RequestCredentials> {
    let (access_key, secret_key, session_token) = match input {
        AuthenticationInput::DefaultChain => return Some(RequestCredentials::DefaultChain),
        AuthenticationInput::Static { access_key, secret_key, session_token } => {
            (access_key, secret_key, session_token)
        }
    };
    let filled =
        |key: Option<String>| key.filter(|key| !java::is_blank(key)).map(|key| key.trim().to_owned());
    let access_key = findings.required_at(filled(access_key), || format!("{path}.accessKey"), NOT_BLANK);
    let secret_key = findings.required_at(filled(secret_key), || format!("{path}.secretKey"), NOT_BLANK);
    let session_token = filled(session_token).map(SecretString::from);
    Some(RequestCredentials::Static {
        access_key: access_key?,
        secret_key: secret_key?.into(),
        session_token,
    })
}

/// The message with a region and credentials still to be filled in; `None` when something is missing, which is a finding.
fn message(queue: QueueInput, findings: &mut Findings) -> Option<OutboundRequest> {
    let queue_type = queue.queue_type.unwrap_or(QueueType::Standard);
    let given = queue.url.filter(|url| !url.is_empty());
    let queue_url = findings
        .required(given, "queue.url", NOT_EMPTY)
        .and_then(|url| QueueUrl::parse(&url).map_err(|rule| findings.add("queue.url", rule)).ok());
    let body = findings.required(queue.body, "queue.messageBody", NOT_NULL);
    if queue_type == QueueType::Fifo && queue.message_group_id.as_deref().unwrap_or_default().is_empty() {
        findings.add("queue.validQueueProperties", "must be true");
    }
    if queue.delay_seconds.is_some_and(|delay| !(0..=LONGEST_DELAY_SECONDS).contains(&delay)) {
        findings.add("queue.delaySeconds", format!("must be between 0 and {LONGEST_DELAY_SECONDS}"));
    }
    let attributes: Vec<Option<Attribute>> =
        queue.attributes.into_iter().map(|(name, input)| attribute(name, input, findings)).collect();
    Some(OutboundRequest {
        credentials: RequestCredentials::DefaultChain,
        region: String::new(),
        endpoint: None,
        queue_url: queue_url?,
        queue_type,
        body: body?,
        attributes: attributes.into_iter().collect::<Option<_>>()?,
        message_group_id: queue.message_group_id,
        message_deduplication_id: queue.message_deduplication_id,
        delay_seconds: queue.delay_seconds,
        trace_header: queue.trace_header,
    })
}

fn attribute(name: String, input: Option<AttributeInput>, findings: &mut Findings) -> Option<Attribute> {
    let path = |field: &str| format!("queue.messageAttributes[{name}]{field}");
    let input = findings.required_at(input, || path(""), NOT_NULL)?;
    let filled = |text: &String| !text.is_empty();
    let data_type = findings.required_at(input.data_type.filter(filled), || path(".dataType"), NOT_EMPTY);
    let content = match (input.binary_value.filter(filled), input.string_value.filter(filled)) {
        (Some(_), Some(_)) => {
            findings.add(path(""), "must have a stringValue or a binaryValue, not both");
            None
        }
        (Some(encoded), None) => match STANDARD.decode(encoded.trim()) {
            Ok(bytes) => Some(AttributeContent::Binary(bytes)),
            Err(_) => {
                findings.add(path(".binaryValue"), "must be Base64");
                None
            }
        },
        (None, string_value) => {
            findings.required_at(string_value, || path(".stringValue"), NOT_EMPTY).map(AttributeContent::Text)
        }
    };
    Some(Attribute { name, data_type: data_type?, content: content? })
}
