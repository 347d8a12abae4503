//! Where elements may connect to, and as whom they do.

use super::{InboundBindingError, paths::Paths};
use crate::{RequestCredentials, Violation, java::is_blank};
use std::net::IpAddr;

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
    /// Checks as whom an element wants to connect.
    ///
    /// # Errors
    /// [`InboundBindingError::InvalidValue`] when it is the default chain and that is not allowed.
    pub fn check_credentials(&self, credentials: &RequestCredentials) -> Result<(), InboundBindingError> {
        if matches!(credentials, RequestCredentials::DefaultChain) && !self.allow_default_credentials {
            return Err(InboundBindingError::invalid(
                "authentication.type",
                "the default credentials chain is not allowed here: use keys, or set aws.allow-default-credentials",
            ));
        }
        Ok(())
    }

    /// Checks an endpoint that an element names.
    ///
    /// # Errors
    /// [`InboundBindingError::InvalidValue`] when it is no URL, is not on the operator's list, or is an address that
    /// nobody may name.
    pub fn check_endpoint(&self, endpoint: &str) -> Result<(), InboundBindingError> {
        let invalid = |reason: &str| InboundBindingError::invalid("configuration.endpoint", reason);
        let authority = Authority::parse(endpoint)
            .ok_or_else(|| invalid("not a URL: write http://host:port or https://host:port"))?;
        if authority.is_forbidden() {
            return Err(invalid("link-local and metadata addresses are never allowed"));
        }
        if !self.allowed_endpoints.iter().any(|allowed| authority.matches(allowed)) {
            let (host, port) = (&authority.host, authority.port);
            let reason =
                format!("'{host}:{port}' is not allowed: add it to aws.allowed-endpoints of the runtime");
            return Err(invalid(&reason));
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
        let (allowed, host, port) = (allowed.to_ascii_lowercase(), &self.host, self.port);
        allowed == *host || allowed == format!("{host}:{port}") || allowed == format!("[{host}]:{port}")
    }

    fn is_forbidden(&self) -> bool {
        match self.host.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => address.is_link_local(),
            Ok(IpAddr::V6(address)) => {
                let mapped = address.to_ipv4_mapped();
                address.is_unicast_link_local()
                    || mapped.is_some_and(|mapped| mapped.is_link_local())
                    || self.host.starts_with("fd00:ec2:")
            }
            Err(_) => self.host.trim_end_matches('.') == "metadata.google.internal",
        }
    }
}

/// The paths of an authentication's fields.
struct AuthenticationPaths {
    object: &'static str,
    kind: &'static str,
    access_key: &'static str,
    secret_key: &'static str,
    session_token: &'static str,
}

const INLINE: AuthenticationPaths = AuthenticationPaths {
    object: "authentication",
    kind: "authentication.type",
    access_key: "authentication.accessKey",
    secret_key: "authentication.secretKey",
    session_token: "authentication.sessionToken",
};

const OF_CREDENTIAL: AuthenticationPaths = AuthenticationPaths {
    object: "awsCredential.authentication",
    kind: "awsCredential.authentication.type",
    access_key: "awsCredential.authentication.accessKey",
    secret_key: "awsCredential.authentication.secretKey",
    session_token: "awsCredential.authentication.sessionToken",
};

/// The credentials that the properties name: those of `awsCredential` when it is there, else the inline ones;
/// `None` when something is missing, which is a violation.
pub(crate) fn credentials(
    paths: &Paths,
    violations: &mut Vec<Violation>,
) -> Result<Option<RequestCredentials>, InboundBindingError> {
    let has_credential = paths.is_object("awsCredential")?;
    let fields = if has_credential { OF_CREDENTIAL } else { INLINE };
    if has_credential {
        filled(paths, "awsCredential.region", violations)?;
    }
    if !paths.is_object(fields.object)? {
        violations.push(Violation::new("authenticationPresent", "Authentication is required"));
        return Ok(None);
    }
    if paths.value(fields.kind)? == Some("defaultCredentialsChain") {
        return Ok(Some(RequestCredentials::DefaultChain));
    }
    let access_key = filled(paths, fields.access_key, violations)?;
    let secret_key = filled(paths, fields.secret_key, violations)?;
    let (Some(access_key), Some(secret_key)) = (access_key, secret_key) else { return Ok(None) };
    Ok(Some(RequestCredentials::Static {
        access_key: access_key.trim().to_owned(),
        secret_key: secret_key.trim().into(),
        session_token: paths.value(fields.session_token)?.filter(|text| !is_blank(text)).map(Into::into),
    }))
}

/// The value at a path; a violation when there is none, or only white space.
pub(crate) fn filled<'p>(
    paths: &'p Paths,
    path: &'static str,
    violations: &mut Vec<Violation>,
) -> Result<Option<&'p str>, InboundBindingError> {
    let value = paths.value(path)?.filter(|text| !is_blank(text));
    if value.is_none() {
        violations.push(Violation::new(path, "must not be blank"));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(allowed: &[&str]) -> ConnectionRules {
        ConnectionRules {
            allowed_endpoints: allowed.iter().map(ToString::to_string).collect(),
            allow_default_credentials: false,
        }
    }

    #[test]
    fn allows_only_what_the_operator_listed() {
        let rules = rules(&["localhost:9324", "sqs.test", "[::1]:4566"]);
        for endpoint in [
            "http://localhost:9324",
            "HTTP://LocalHost:9324/x",
            "https://sqs.test",
            "http://sqs.test:1/",
            "http://[::1]:4566",
        ] {
            assert!(rules.check_endpoint(endpoint).is_ok(), "{endpoint}");
        }
        for endpoint in [
            "http://localhost",
            "http://localhost:9325",
            "http://localhost:9324@evil.test",
            "http://evil.test#localhost:9324",
            "localhost:9324",
            "ftp://localhost:9324",
            "http://localhost:port",
            "",
        ] {
            assert!(rules.check_endpoint(endpoint).is_err(), "{endpoint}");
        }
    }

    #[test]
    fn never_allows_metadata_addresses() {
        let hosts = [
            "169.254.169.254",
            "[fe80::1]",
            "[::ffff:169.254.169.254]",
            "[fd00:ec2::254]",
            "metadata.google.internal",
        ];
        for host in hosts {
            let bare = host.trim_matches(['[', ']']);
            let error = rules(&[bare]).check_endpoint(&format!("http://{host}/latest")).unwrap_err();
            assert!(error.to_string().contains("never allowed"), "{host}: {error}");
        }
    }

    #[test]
    fn an_operator_can_forbid_the_default_chain() {
        assert!(rules(&[]).check_credentials(&RequestCredentials::DefaultChain).is_err());
        assert!(ConnectionRules::default().check_credentials(&RequestCredentials::DefaultChain).is_ok());
    }
}
