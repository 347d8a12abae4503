//! Providers that are servers; each is a feature of the build.

use crate::{RuntimeError, Settings, settings::SecretSettings};
use connector_secrets::SecretProvider;
use std::sync::Arc;

type Provider = Result<Arc<dyn SecretProvider>, RuntimeError>;

/// The console of Camunda's cloud, asked with tokens for the gateway's client. Source: the Java runtime, with its refresh after 20 s.
#[cfg(feature = "console-secrets")]
pub(super) fn console(settings: &Settings) -> Provider {
    use crate::gateway;
    use connector_secrets::{CachedSecrets, ConsoleSource};
    use std::time::Duration;

    const REFRESH: Duration = Duration::from_secs(20);
    let place = "[secrets] console-enabled";
    if crate::settings::cluster(&settings.gateway)?.is_none() {
        let complaint = "Console Secrets require a SaaS environment, but the client is configured for self-managed; set [gateway] cloud-cluster-id";
        return Err(refused(place, complaint.to_owned()));
    }
    let tokens = gateway::tokens(&settings.gateway, &settings.secrets.console.audience)?;
    let source = ConsoleSource::new(&settings.secrets.console.endpoint, Arc::new(ConsoleToken(tokens)));
    let source = source.map_err(|error| refused("[secrets] console-endpoint", error.to_string()))?;
    Ok(Arc::new(CachedSecrets::new(source, REFRESH)))
}

#[cfg(not(feature = "console-secrets"))]
pub(super) fn console(_: &Settings) -> Provider {
    Err(not_built("console-enabled", "console-secrets"))
}

#[cfg(feature = "console-secrets")]
struct ConsoleToken(zeebe_gateway::AccessTokens);

#[cfg(feature = "console-secrets")]
#[async_trait::async_trait]
impl connector_secrets::BearerToken for ConsoleToken {
    async fn token(&self) -> Result<secrecy::SecretString, String> {
        self.0.token().await.map_err(|error| error.to_string())
    }

    fn refused(&self) {
        self.0.refused();
    }
}

/// HashiCorp Vault.
#[cfg(feature = "vault-secrets")]
pub(super) fn vault(settings: &SecretSettings, path: &str) -> Provider {
    use connector_secrets::{BearerToken, CachedSecrets, FixedToken, TokenFile, VaultLocation, VaultSource};

    let vault = &settings.vault;
    let missing =
        |name: &str| refused(&format!("[secrets] {name}"), "is missing: vault-path is set".to_owned());
    let token: Arc<dyn BearerToken> = match (&vault.token_file, &vault.token) {
        (Some(file), _) => Arc::new(TokenFile::new(file)),
        (None, Some(token)) => Arc::new(FixedToken::new(token.clone())),
        (None, None) => return Err(missing("vault-token-file (or vault-token)")),
    };
    let location = VaultLocation {
        address: vault.address.clone().ok_or_else(|| missing("vault-address"))?,
        mount: vault.mount.clone(),
        path: path.to_owned(),
        namespace: vault.namespace.clone(),
    };
    let source = VaultSource::new(location, token);
    let source = source.map_err(|error| refused("[secrets] vault-address", error.to_string()))?;
    Ok(Arc::new(CachedSecrets::new(source, settings.cache_time)))
}

#[cfg(not(feature = "vault-secrets"))]
pub(super) fn vault(_: &SecretSettings, _: &str) -> Provider {
    Err(not_built("vault-path", "vault-secrets"))
}

/// AWS Secrets Manager, with the region and the credentials that the AWS SDK finds by itself.
#[cfg(feature = "aws-secrets-manager")]
pub(super) async fn secrets_manager(settings: &SecretSettings, id: &str) -> Provider {
    use connector_secrets::{CachedSecrets, SecretsManagerSource};

    let client = SecretsManagerSource::from_default_chain(id).await;
    Ok(Arc::new(CachedSecrets::new(client, settings.cache_time)))
}

#[cfg(not(feature = "aws-secrets-manager"))]
pub(super) async fn secrets_manager(_: &SecretSettings, _: &str) -> Provider {
    Err(not_built("aws-secrets-manager-secret-id", "aws-secrets-manager"))
}

#[cfg(not(all(feature = "console-secrets", feature = "vault-secrets", feature = "aws-secrets-manager")))]
fn not_built(name: &str, feature: &str) -> RuntimeError {
    let complaint =
        format!("is not part of this build: build sqs-connector with the cargo feature {feature}");
    RuntimeError::Setting { place: format!("[secrets] {name}"), complaint }
}

#[cfg(any(feature = "console-secrets", feature = "vault-secrets"))]
fn refused(place: &str, complaint: String) -> RuntimeError {
    RuntimeError::Setting { place: place.to_owned(), complaint }
}
