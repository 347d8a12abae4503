//! Where to connect and as whom.

use super::{InboundBindingError, paths::Paths, properties::Violations};
use secrecy::SecretString;
use std::net::IpAddr;

/// As whom requests are signed.
#[derive(Clone, Debug)]
pub enum InboundCredentials {
    /// Keys from the properties.
    Static {
        /// The access key id.
        access_key: String,
        /// The secret access key.
        secret_key: SecretString,
        /// The token of temporary credentials.
        session_token: Option<SecretString>,
    },
    /// Whatever the runtime's surroundings provide.
    DefaultChain,
}

/// What the operator allows elements to connect to.
#[derive(Clone, Debug)]
pub struct ConnectionRules {
    /// The `host:port` that an element may name as its endpoint; a host alone allows every port.
    pub allowed_endpoints: Vec<String>,
    /// Whether elements may use the default credentials chain.
    pub allow_default_credentials: bool,
}

impl Default for ConnectionRules {
    /// No endpoint but AWS's own; the default credentials chain is allowed.
    fn default() -> Self {
        Self { allowed_endpoints: Vec::new(), allow_default_credentials: true }
    }
}

impl ConnectionRules {
    /// # Errors
    /// When the default chain is forbidden.
    pub(crate) fn check_credentials(
        &self,
        credentials: &InboundCredentials,
    ) -> Result<(), InboundBindingError> {
        if matches!(credentials, InboundCredentials::DefaultChain) && !self.allow_default_credentials {
            return Err(invalid(
                "authentication.type",
                "the default credentials chain is not allowed here: use keys, or set aws.allow-default-credentials",
            ));
        }
        Ok(())
    }

    /// # Errors
    /// When the endpoint is no URL, is not on the operator's list, or is an address that nobody may name.
    pub(crate) fn check_endpoint(&self, endpoint: &str) -> Result<(), InboundBindingError> {
        const PROPERTY: &str = "configuration.endpoint";
        let Some(authority) = Authority::parse(endpoint) else {
            return Err(invalid(PROPERTY, "not a URL: write http://host:port or https://host:port"));
        };
        if authority.is_forbidden() {
            return Err(invalid(PROPERTY, "link-local and metadata addresses are never allowed"));
        }
        if !self.allowed_endpoints.iter().any(|allowed| authority.matches(allowed)) {
            let reason = format!(
                "'{}:{}' is not allowed: add it to aws.allowed-endpoints of the runtime",
                authority.host, authority.port
            );
            return Err(invalid(PROPERTY, &reason));
        }
        Ok(())
    }
}

/// Host and port of a URL.
struct Authority {
    host: String,
    port: u16,
}

impl Authority {
    fn parse(url: &str) -> Option<Self> {
        let (default_port, rest) = match url.split_once("://")? {
            (scheme, rest) if scheme.eq_ignore_ascii_case("http") => (80, rest),
            (scheme, rest) if scheme.eq_ignore_ascii_case("https") => (443, rest),
            _ => return None,
        };
        let authority = rest.split(['/', '?', '#']).next()?;
        let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, "")) => (host, None),
            Some((host, port)) => (host, Some(port.strip_prefix(':')?)),
            None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
        };
        let port = port.map_or(Some(default_port), |port| port.parse().ok())?;
        let plain = !host.is_empty() && !host.contains(['@', '\\']) && !host.contains(char::is_whitespace);
        plain.then(|| Self { host: host.to_ascii_lowercase(), port })
    }

    fn matches(&self, allowed: &str) -> bool {
        let allowed = allowed.to_ascii_lowercase();
        allowed == self.host
            || allowed == format!("{}:{}", self.host, self.port)
            || allowed == format!("[{}]:{}", self.host, self.port)
    }

    fn is_forbidden(&self) -> bool {
        match self.host.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => address.is_link_local(),
            Ok(IpAddr::V6(address)) => {
                address.is_unicast_link_local()
                    || address.to_ipv4_mapped().is_some_and(|mapped| mapped.is_link_local())
                    || self.host.starts_with("fd00:ec2:")
            }
            Err(_) => self.host == "metadata.google.internal",
        }
    }
}

/// The credentials that the properties name: those of `awsCredential` when it is there, else the inline ones.
pub(crate) fn credentials(
    paths: &Paths,
    violations: &mut Violations,
) -> Result<Option<InboundCredentials>, InboundBindingError> {
    let fields: [&'static str; 5] = if paths.is_object("awsCredential")? {
        [
            "awsCredential.authentication",
            "awsCredential.authentication.type",
            "awsCredential.authentication.accessKey",
            "awsCredential.authentication.secretKey",
            "awsCredential.authentication.sessionToken",
        ]
    } else {
        [
            "authentication",
            "authentication.type",
            "authentication.accessKey",
            "authentication.secretKey",
            "authentication.sessionToken",
        ]
    };
    let [object, kind, access, secret, token] = fields;
    if !paths.is_object(object)? {
        violations.add("authenticationPresent", "Authentication is required");
        return Ok(None);
    }
    if paths.value(kind)? == Some("defaultCredentialsChain") {
        return Ok(Some(InboundCredentials::DefaultChain));
    }
    violations.not_blank(access, paths.value(access)?);
    violations.not_blank(secret, paths.value(secret)?);
    let (Some(access_key), Some(secret_key)) = (paths.value(access)?, paths.value(secret)?) else {
        return Ok(None);
    };
    Ok(Some(InboundCredentials::Static {
        access_key: access_key.to_owned(),
        secret_key: secret_key.into(),
        session_token: paths.value(token)?.map(Into::into),
    }))
}

/// The first region that is not blank: of the credential, of the configuration, of the queue (old templates), of the queue's URL.
pub(crate) fn region_for(paths: &Paths, queue_url: &str) -> Result<String, InboundBindingError> {
    let of_url = region_of_url(queue_url);
    for property in ["awsCredential.region", "configuration.region", "queue.region"] {
        let Some(region) = paths.value(property)?.filter(|region| !region.trim().is_empty()) else {
            continue;
        };
        if let Some(of_url) = of_url.filter(|of_url| *of_url != region.trim()) {
            let reason = format!("'{region}' contradicts the region '{of_url}' of the queue URL");
            return Err(invalid(property, &reason));
        }
        return Ok(region.to_owned());
    }
    of_url.map(str::to_owned).ok_or_else(|| {
        InboundBindingError::Violations(
            "Found constraints violated while validating input: - configuration.region: must not be empty"
                .to_owned(),
        )
    })
}

/// The region that an AWS queue URL states, for instance `https://sqs.eu-central-1.amazonaws.com/…`.
fn region_of_url(url: &str) -> Option<&str> {
    let host = url.split_once("://")?.1.split(['/', ':']).next()?;
    let labels = ["amazonaws.com", "amazonaws.com.cn", "api.aws"]
        .iter()
        .find_map(|domain| host.strip_suffix(domain)?.strip_suffix('.'))?;
    let labels: Vec<&str> = labels.split('.').collect();
    let queue_form =
        || labels.iter().position(|label| *label == "queue").and_then(|at| labels.get(at.checked_sub(1)?));
    let at = labels.iter().position(|label| matches!(*label, "sqs" | "sqs-fips"));
    at.and_then(|at| labels.get(at + 1)).or_else(queue_form).copied()
}

fn invalid(property: &str, reason: &str) -> InboundBindingError {
    InboundBindingError::InvalidValue { property: property.to_owned(), reason: reason.to_owned() }
}
