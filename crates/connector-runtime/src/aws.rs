//! From the settings to the way to AWS.

use crate::{RuntimeError, settings::AwsSettings};
use secrecy::{ExposeSecret, SecretString};
use sqs_transport::{AssumeRole, Certificates, PoolOptions, Proxy};
use std::path::Path;

/// How SQS is reached.
///
/// # Errors
/// A proxy's address that is no URL.
pub(crate) fn pool_options(settings: &AwsSettings) -> Result<PoolOptions, RuntimeError> {
    let proxy = |url: Option<&SecretString>, name: &str| {
        let proxy = url.map(|url| Proxy::new(url.expose_secret(), &settings.no_proxy)).transpose();
        proxy.map_err(|error| RuntimeError::Setting {
            place: format!("[aws] {name}"),
            complaint: error.to_string(),
        })
    };
    Ok(PoolOptions {
        endpoint_override: settings.endpoint_url_sqs.clone(),
        assume_role: settings.assume_role.clone().map(|role_arn| AssumeRole {
            role_arn,
            session_name: settings.assume_role_session_name.clone(),
            external_id: settings.assume_role_external_id.clone(),
        }),
        proxy: proxy(settings.https_proxy.as_ref(), "https-proxy (HTTPS_PROXY)")?,
        plain_proxy: proxy(settings.http_proxy.as_ref(), "http-proxy (HTTP_PROXY)")?,
        certificates: settings.ca_certificate_path.as_deref().map(certificates).transpose()?,
        ..PoolOptions::default()
    })
}

fn certificates(path: &Path) -> Result<Certificates, RuntimeError> {
    let refused = |problem: String| RuntimeError::Setting {
        place: "[aws] ca-certificate-path (AWS_CA_BUNDLE)".to_owned(),
        complaint: format!("{}: {problem}", path.display()),
    };
    let pem = std::fs::read(path).map_err(|error| refused(format!("cannot be read: {error}")))?;
    Certificates::from_pem(pem).map_err(|error| refused(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Environment, Settings};

    fn options(variables: &[(&str, &str)]) -> Result<PoolOptions, RuntimeError> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        pool_options(&Settings::load(None, &Environment::new(variables))?.aws)
    }

    #[test]
    fn the_environments_proxies_are_used() {
        let set =
            options(&[("HTTPS_PROXY", "http://user:canary@proxy:3128"), ("http_proxy", "http://proxy")])
                .unwrap();
        assert!(set.proxy.is_some() && set.plain_proxy.is_some());
        assert!(!format!("{set:?}").contains("canary"));
        assert!(options(&[]).unwrap().proxy.is_none());
    }

    #[test]
    fn what_cannot_be_used_is_named_without_its_password() {
        for (variable, value) in [
            ("HTTPS_PROXY", "user:canary@proxy"),
            ("HTTP_PROXY", "ftp://user:canary@proxy"),
            ("AWS_CA_BUNDLE", "/canary/there/is/none.pem"),
        ] {
            let error = options(&[(variable, value)]).unwrap_err().to_string();
            assert!(error.contains(variable), "{error}");
            assert!(variable == "AWS_CA_BUNDLE" || !error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn a_role_is_assumed_with_its_external_id() {
        let arn = ("SQS_CONNECTOR_AWS_ASSUME_ROLE", "arn:aws:iam::1:role/r");
        let role = options(&[arn, ("SQS_CONNECTOR_AWS_ASSUME_ROLE_EXTERNAL_ID", "e")]).unwrap().assume_role;
        let role = role.unwrap();
        assert_eq!((role.role_arn.as_str(), role.external_id.as_deref()), (arn.1, Some("e")));
    }
}
