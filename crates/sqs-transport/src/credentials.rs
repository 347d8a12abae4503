//! The default credentials chain, asked in the order of the AWS SDK for Java v2.

use aws_config::{
    ecs::EcsCredentialsProvider, environment::EnvironmentVariableCredentialsProvider,
    imds::credentials::ImdsCredentialsProvider, profile::ProfileFileCredentialsProvider,
    provider_config::ProviderConfig, web_identity_token::WebIdentityTokenCredentialsProvider,
};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future},
};
use std::{error::Error, fmt};

/// Providers that are asked one after another; the first that has credentials wins.
///
/// Any failure of a provider leads on to the next one, as in Java; the SDK's own chain stops at a provider that
/// fails for another reason than being absent, and asks the profile before the web identity.
pub(crate) struct JavaOrderChain {
    providers: Vec<(&'static str, SharedCredentialsProvider)>,
}

impl JavaOrderChain {
    /// Environment, web identity token, profile, container, instance metadata. Nothing is read or asked yet.
    pub(crate) fn new(config: &ProviderConfig) -> Self {
        Self::of(vec![
            ("environment", SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new())),
            (
                "web identity token",
                SharedCredentialsProvider::new(
                    WebIdentityTokenCredentialsProvider::builder().configure(config).build(),
                ),
            ),
            (
                "profile",
                SharedCredentialsProvider::new(
                    ProfileFileCredentialsProvider::builder().configure(config).build(),
                ),
            ),
            (
                "container",
                SharedCredentialsProvider::new(EcsCredentialsProvider::builder().configure(config).build()),
            ),
            (
                "instance metadata",
                SharedCredentialsProvider::new(ImdsCredentialsProvider::builder().configure(config).build()),
            ),
        ])
    }

    fn of(providers: Vec<(&'static str, SharedCredentialsProvider)>) -> Self {
        Self { providers }
    }

    async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let mut refusals = Vec::new();
        for (name, provider) in &self.providers {
            match provider.provide_credentials().await {
                Ok(credentials) => {
                    tracing::debug!(provider = name, "found AWS credentials");
                    return Ok(credentials);
                }
                Err(error) => refusals.push(format!("{name}: {}", chain_text(&error))),
            }
        }
        Err(CredentialsError::provider_error(NoneFound(refusals.join("; "))))
    }
}

impl ProvideCredentials for JavaOrderChain {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        // A slow refresh may go on with what instance metadata gave last.
        self.providers.iter().find_map(|(_, provider)| provider.fallback_on_interrupt())
    }
}

impl fmt::Debug for JavaOrderChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.providers.iter().map(|(name, _)| name)).finish()
    }
}

/// What every provider said.
#[derive(Debug, thiserror::Error)]
#[error("none of the providers has credentials ({0})")]
struct NoneFound(String);

/// An error and its causes in one line, without what repeats.
pub(crate) fn chain_text(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Scripted(Option<&'static str>, bool);

    impl ProvideCredentials for Scripted {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::ready(match (self.0, self.1) {
                (Some(key), _) => Ok(Credentials::new(key, "secret", None, None, "test")),
                (None, true) => Err(CredentialsError::unhandled("STS refused")),
                (None, false) => Err(CredentialsError::not_loaded("absent")),
            })
        }
    }

    fn chain(providers: Vec<(&'static str, Scripted)>) -> JavaOrderChain {
        JavaOrderChain::of(
            providers.into_iter().map(|(name, p)| (name, SharedCredentialsProvider::new(p))).collect(),
        )
    }

    #[tokio::test]
    async fn goes_on_to_the_next_provider_also_after_a_failure() {
        let chain = chain(vec![
            ("a", Scripted(None, false)),
            ("b", Scripted(None, true)),
            ("c", Scripted(Some("k"), false)),
        ]);
        assert_eq!(chain.provide_credentials().await.unwrap().access_key_id(), "k");
    }

    #[tokio::test]
    async fn says_what_each_provider_said_when_none_has_credentials() {
        let chain = chain(vec![("a", Scripted(None, false)), ("b", Scripted(None, true))]);
        let text = chain_text(&chain.provide_credentials().await.unwrap_err());
        assert!(
            text.contains("a: ")
                && text.contains("absent")
                && text.contains("b: ")
                && text.contains("STS refused"),
            "{text}"
        );
    }

    #[test]
    fn asks_in_the_order_of_the_java_sdk() {
        let names = format!("{:?}", JavaOrderChain::new(&ProviderConfig::without_region()));
        assert_eq!(
            names,
            r#"["environment", "web identity token", "profile", "container", "instance metadata"]"#
        );
    }
}
