//! The request that a job makes: everything in it has been validated.

use crate::{BindingError, Json, outbound::input::Input};
use secrecy::SecretString;
use std::fmt;

/// One message to send, where to, and as whom.
#[derive(Debug)]
pub struct OutboundRequest {
    /// As whom.
    pub credentials: RequestCredentials,
    /// The region to sign for: the first that is filled of the credential's, the configuration's, the queue's and the queue URL's.
    pub region: String,
    /// Where to send instead of to the region's own endpoint.
    pub endpoint: Option<String>,
    /// The queue.
    pub queue_url: QueueUrl,
    /// Standard or FIFO.
    pub queue_type: QueueType,
    /// The message's body.
    pub body: String,
    /// The message's attributes in the order of the input.
    pub attributes: Vec<Attribute>,
    /// The group to keep in order (FIFO) or to share fairly (standard); passed on as it is, even empty.
    pub message_group_id: Option<String>,
    /// What identifies a repetition; passed on as it is, even empty.
    pub message_deduplication_id: Option<String>,
    /// Seconds until the message can be received, 0 to 900.
    pub delay_seconds: Option<i32>,
    /// The value of the system attribute `AWSTraceHeader`.
    pub trace_header: Option<String>,
}

/// As whom a request is signed.
#[derive(Clone)]
pub enum RequestCredentials {
    /// With keys, white space around them removed.
    Static {
        /// The id of the access key.
        access_key: String,
        /// Its secret.
        secret_key: SecretString,
        /// The token of temporary keys.
        session_token: Option<SecretString>,
    },
    /// With what the machine has.
    DefaultChain,
}

impl fmt::Debug for RequestCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Static { .. } => "Static",
            Self::DefaultChain => "DefaultChain",
        })
    }
}

/// The kind of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueType {
    /// Best effort order.
    Standard,
    /// Order in each message group, no repetitions.
    Fifo,
}

/// A message attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// `String`, `Number`, `Binary` or one of these with a custom label.
    pub data_type: String,
    /// What it holds.
    pub content: AttributeContent,
}

/// The content of a message attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributeContent {
    /// Text, also for numbers.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
}

/// A queue URL of a shape that SQS and its stand-ins have: `http(s)://host[:port]/…/account/name`.
#[derive(Clone, PartialEq, Eq)]
pub struct QueueUrl {
    text: String,
    host: String,
}

impl fmt::Debug for QueueUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("QueueUrl")
    }
}

impl QueueUrl {
    /// Checks the shape.
    ///
    /// # Errors
    /// The rule that the text breaks; never the text, which may hold a secret.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        if !plain && text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err("must not contain white space");
        }
        if !plain || text.contains(['?', '#', '@', '\\']) {
            return Err("must not contain a user, a query, a fragment or characters outside ASCII");
        }
        let starts =
            |scheme: &&str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
        let scheme = ["https://", "http://"].into_iter().find(starts);
        let behind = scheme.and_then(|scheme| text.get(scheme.len()..));
        let Some((authority, path)) = behind.and_then(|behind| behind.split_once('/')) else {
            return Err(
                "must be a queue URL such as https://sqs.eu-central-1.amazonaws.com/123456789012/name, not a name or an ARN",
            );
        };
        let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
        if host.is_empty() || path.split('/').any(str::is_empty) {
            return Err("must have a host, an account and a queue name");
        }
        Ok(Self { text: text.to_owned(), host: host.to_ascii_lowercase() })
    }

    /// The URL as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The region that an AWS host names.
    pub fn region(&self) -> Option<&str> {
        let host = self.host.strip_suffix(".cn").unwrap_or(&self.host);
        if let Some(inner) = host.strip_suffix(".amazonaws.com") {
            let inner = inner.strip_suffix(".vpce").unwrap_or(inner);
            if inner == "queue" {
                return Some("us-east-1");
            }
            if let Some(region) = inner.strip_suffix(".queue") {
                return is_region(region).then_some(region);
            }
            return service_region(inner);
        }
        service_region(host.strip_suffix(".api.aws")?)
    }

    /// The queue's ARN in a region, with the last two steps of the path as account and name.
    pub fn arn(&self, region: &str) -> String {
        let mut steps = self.text.rsplit('/');
        let (name, account) = (steps.next().unwrap_or_default(), steps.next().unwrap_or_default());
        let partition = match region {
            region if region.starts_with("cn-") => "aws-cn",
            region if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        format!("arn:{partition}:sqs:{region}:{account}:{name}")
    }
}

/// `<…>.sqs.<region>` or `sqs-fips.<region>`.
fn service_region(host: &str) -> Option<&str> {
    let (service, region) = host.rsplit_once('.')?;
    let service = service.rsplit('.').next()?;
    (matches!(service, "sqs" | "sqs-fips") && is_region(region)).then_some(region)
}

/// `eu-central-1` and the like; a bucket or a host of somebody else is none.
fn is_region(text: &str) -> bool {
    text.contains('-') && text.ends_with(|c: char| c.is_ascii_digit())
}

impl OutboundRequest {
    /// Binds and validates a job's variables, secrets already put in.
    ///
    /// # Errors
    /// The first field that cannot be converted, or all rules that the input breaks, or the missing region.
    pub fn bind<'a>(variables: impl Into<Json<'a>>) -> Result<Self, BindingError> {
        Input::read(&variables.into())?.validated()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_region_of_aws_hosts() {
        for (url, region) in [
            ("https://sqs.eu-central-1.amazonaws.com/1/q", Some("eu-central-1")),
            ("https://sqs.cn-north-1.amazonaws.com.cn/1/q", Some("cn-north-1")),
            ("https://eu-west-1.queue.amazonaws.com/1/q", Some("eu-west-1")),
            ("https://queue.amazonaws.com/1/q", Some("us-east-1")),
            ("https://sqs-fips.us-gov-west-1.amazonaws.com/1/q", Some("us-gov-west-1")),
            ("https://sqs.eu-west-3.api.aws/1/q", Some("eu-west-3")),
            ("https://vpce-0a1-b2.sqs.eu-west-1.vpce.amazonaws.com/1/q", Some("eu-west-1")),
            ("http://localhost:9324/000000000000/q", None),
            ("https://sqs.example.com/1/q", None),
            ("https://bucket.sqs.s3.amazonaws.com/1/q", None),
        ] {
            assert_eq!(QueueUrl::parse(url).unwrap().region(), region, "{url}");
        }
    }

    #[test]
    fn refuses_what_is_no_queue_url() {
        for text in [
            "q",
            "arn:aws:sqs:eu-central-1:1:q",
            "http://h",
            "http://h/",
            "http:///1/q",
            "http://h/1/q?x=1",
            "http://u@h/1/q",
            " http://h/1/q",
            "ftp://h/1/q",
            "http://h/ü/q",
        ] {
            assert!(QueueUrl::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn makes_the_arn_of_a_queue() {
        let url = QueueUrl::parse("http://localhost:4566/queue/eu-west-1/000000000000/orders.fifo").unwrap();
        assert_eq!(url.arn("eu-west-1"), "arn:aws:sqs:eu-west-1:000000000000:orders.fifo");
        assert_eq!(url.arn("cn-north-1"), "arn:aws-cn:sqs:cn-north-1:000000000000:orders.fifo");
    }
}
