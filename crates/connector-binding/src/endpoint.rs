//! Which endpoints a job or an element may name.
//!
//! The endpoint comes out of process data or a diagram, and a request to it carries a signature and the message. So only SQS's own hosts and those on
//! the operator's allow-list are called; link-local and metadata addresses never are.

use crate::{QueueUrl, Violation};
use connector_core::{ErrorKind, is_metadata_address};
use std::net::Ipv4Addr;

/// The operator's allow-list (`aws.allowed-endpoints`); empty = only SQS's own hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointPolicy {
    patterns: Vec<Pattern>,
}

/// An entry of the allow-list is neither a host, nor `host:port`, nor `*.suffix`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{entry}' in aws.allowed-endpoints is not a host, host:port or *.suffix")]
pub struct InvalidEndpointPattern {
    /// The entry.
    pub entry: String,
}

impl InvalidEndpointPattern {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        "allowed-endpoints-invalid"
    }

    /// A setting does not mend itself.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Terminal
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    host: String,
    any_subdomain: bool,
    port: Option<u16>,
}

/// Names under which cloud providers serve credentials.
const METADATA_HOSTS: [&str; 4] = ["metadata", "metadata.google.internal", "metadata.goog", "instance-data"];

impl EndpointPolicy {
    /// Takes hosts (`sqs.example.com`), hosts with a port (`localhost:9324`), suffixes (`*.example.com`), or `*` for all.
    ///
    /// # Errors
    /// [`InvalidEndpointPattern`] for an entry that is none of these.
    pub fn new<S: AsRef<str>>(entries: impl IntoIterator<Item = S>) -> Result<Self, InvalidEndpointPattern> {
        let patterns: Result<_, _> =
            entries.into_iter().map(|entry| Pattern::parse(entry.as_ref())).collect();
        Ok(Self { patterns: patterns? })
    }

    /// Checks an endpoint.
    ///
    /// # Errors
    /// The rule that is broken and the setting that would change it.
    pub fn check(&self, endpoint: &str) -> Result<(), Violation> {
        let refused = |rule: String| Err(Violation::new("configuration.endpoint", rule));
        let Some(target) = Target::parse(endpoint) else {
            return refused("must be a URL such as https://sqs.eu-central-1.amazonaws.com: http or https, a host, no user, no white space".to_owned());
        };
        if target.is_metadata() {
            return refused(format!("must not be the link-local or metadata address {}", target.host));
        }
        if target.is_sqs() || self.patterns.iter().any(|pattern| pattern.matches(&target)) {
            return Ok(());
        }
        refused(format!(
            "the host {}:{} is not allowed; an operator can add it to the setting aws.allowed-endpoints",
            target.host, target.port
        ))
    }
}

impl Pattern {
    fn parse(entry: &str) -> Result<Self, InvalidEndpointPattern> {
        let invalid = || InvalidEndpointPattern { entry: entry.to_owned() };
        let trimmed = entry.trim().to_ascii_lowercase();
        if trimmed == "*" {
            return Ok(Self { host: String::new(), any_subdomain: true, port: None });
        }
        let (host, port) = host_and_port(&trimmed).ok_or_else(invalid)?;
        let (host, any_subdomain) = match host.strip_prefix('*') {
            Some(suffix) if suffix.starts_with('.') => (suffix, true),
            Some(_) => return Err(invalid()),
            None => (host, false),
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '[' | ']' | ':');
        if host.is_empty() || !host.chars().all(plain) {
            return Err(invalid());
        }
        Ok(Self { host: host.to_owned(), any_subdomain, port })
    }

    fn matches(&self, target: &Target) -> bool {
        let host =
            if self.any_subdomain { target.host.ends_with(&self.host) } else { target.host == self.host };
        host && self.port.is_none_or(|port| port == target.port)
    }
}

/// Where an endpoint leads.
struct Target {
    host: String,
    port: u16,
    tls: bool,
}

impl Target {
    fn parse(endpoint: &str) -> Option<Self> {
        let lower = endpoint.to_ascii_lowercase();
        let (rest, tls) = match (lower.strip_prefix("https://"), lower.strip_prefix("http://")) {
            (Some(rest), _) => (rest, true),
            (None, Some(rest)) => (rest, false),
            (None, None) => return None,
        };
        let authority = rest.split(['/', '?', '#']).next()?;
        let usable = |c: char| c.is_ascii_graphic() && !matches!(c, '@' | '\\' | '%');
        if !lower.is_ascii() || lower.contains(char::is_whitespace) || !authority.chars().all(usable) {
            return None;
        }
        let (host, port) = host_and_port(authority)?;
        let host = host.trim_end_matches('.');
        if host.is_empty() || is_disguised_address(host) {
            return None;
        }
        Some(Self { host: host.to_owned(), port: port.unwrap_or(if tls { 443 } else { 80 }), tls })
    }

    /// SQS's own hosts over TLS, VPC endpoints included.
    fn is_sqs(&self) -> bool {
        let url = QueueUrl::parse(&format!("https://{}/0/0", self.host));
        self.tls && url.is_ok_and(|url| url.region().is_some())
    }

    fn is_metadata(&self) -> bool {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        match bare.parse() {
            Ok(address) => is_metadata_address(address),
            Err(_) => METADATA_HOSTS.contains(&self.host.as_str()),
        }
    }
}

/// `2852039166`, `0xa9fea9fe` or `169.254.43518`: forms of an IPv4 address that hide which one it is.
fn is_disguised_address(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or_default();
    let numeric =
        last.starts_with("0x") || (!last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()));
    numeric && host.parse::<Ipv4Addr>().is_err()
}

fn host_and_port(authority: &str) -> Option<(&str, Option<u16>)> {
    if authority.starts_with('[') {
        let (host, port) = authority.split_at_checked(authority.find(']')? + 1)?;
        return match port.strip_prefix(':') {
            Some(port) => Some((host, Some(port.parse().ok()?))),
            None if port.is_empty() => Some((host, None)),
            None => None,
        };
    }
    match authority.split_once(':') {
        Some((host, port)) => Some((host, Some(port.parse().ok()?))),
        None => Some((authority, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(entries: &[&str], endpoint: &str) -> bool {
        EndpointPolicy::new(entries).unwrap().check(endpoint).is_ok()
    }

    #[test]
    fn only_sqs_itself_is_allowed_without_a_list() {
        assert!(allowed(&[], "https://sqs.eu-central-1.amazonaws.com"));
        assert!(allowed(&[], "https://vpce-1-2.sqs.eu-west-1.vpce.amazonaws.com/"));
        for endpoint in [
            "http://sqs.eu-central-1.amazonaws.com",
            "https://x.sqs.s3.amazonaws.com",
            "http://localhost:9324",
            "https://sqs.eu-central-1.amazonaws.com.evil.example",
        ] {
            assert!(!allowed(&[], endpoint), "{endpoint}");
        }
    }

    #[test]
    fn the_list_names_hosts_ports_and_suffixes() {
        assert!(allowed(&["localhost:9324"], "http://LOCALHOST:9324/path"));
        assert!(!allowed(&["localhost:9324"], "http://localhost:9325"));
        assert!(allowed(&["elasticmq"], "http://elasticmq:9324"));
        assert!(allowed(&["*.example.com"], "https://sqs.example.com"));
        assert!(!allowed(&["*.example.com"], "https://sqsexample.com"));
        assert!(allowed(&["[::1]:9324"], "http://[::1]:9324"));
    }

    #[test]
    fn link_local_and_metadata_addresses_are_never_allowed() {
        for endpoint in [
            "http://169.254.169.254",
            "http://169.254.170.2/v2",
            "http://[fe80::1]",
            "http://[::ffff:169.254.169.254]",
            "http://[fd00:ec2::254]",
            "http://[fd20:ce::254]",
            "http://[64:ff9b::a9fe:a9fe]",
            "http://100.100.100.200",
            "http://168.63.129.16",
            "http://192.0.0.192",
            "http://metadata.google.internal",
            "http://2852039166",
            "http://0xa9fea9fe",
            "http://169.254.43518",
            "http://metadata.google.internal.",
        ] {
            assert!(!allowed(&["*"], endpoint), "{endpoint}");
        }
    }

    #[test]
    fn an_endpoint_must_be_a_plain_url() {
        for endpoint in [
            "localhost:9324",
            "29510",
            "ftp://h",
            "http://a b/",
            " http://h",
            "http://u@h",
            "http://",
            "http://h:x",
            "http://evil\\@h",
        ] {
            assert!(!allowed(&["*"], endpoint), "{endpoint}");
        }
        assert!(EndpointPolicy::new(["a b"]).is_err());
        assert!(EndpointPolicy::new(["*x"]).is_err());
    }

    #[test]
    fn the_rule_names_the_host_and_the_setting() {
        let violation = EndpointPolicy::default().check("http://localhost:9324").unwrap_err();
        assert_eq!(
            violation.rule,
            "the host localhost:9324 is not allowed; an operator can add it to the setting aws.allowed-endpoints"
        );
    }
}
