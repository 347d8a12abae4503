//! From the settings to the providers of secrets.

mod remote;

use crate::{Environment, RuntimeError, Settings, settings::SecretSettings};
use connector_secrets::{
    DirectorySecrets, EnvironmentScoping, EnvironmentSecrets, FileFormat, FileSecrets, FilterMode,
    ResolverOptions, SecretProvider, SecretResolver,
};
use std::sync::Arc;

/// The resolver over all providers that the settings name, in this order: environment, folder, file, console, Vault, Secrets Manager.
///
/// # Errors
/// A setting that is missing or cannot be used, or that names a provider which this build does not have.
pub(crate) async fn resolver(
    settings: &Settings,
    environment: &Environment,
) -> Result<SecretResolver, RuntimeError> {
    let secrets = &settings.secrets;
    let mut providers: Vec<Arc<dyn SecretProvider>> = Vec::new();
    if secrets.environment_enabled {
        providers.push(Arc::new(from_environment(secrets, environment)));
    }
    if let Some(folder) = &secrets.directory {
        providers.push(Arc::new(DirectorySecrets::new(folder)));
    }
    if let Some(path) = &secrets.file {
        providers.push(Arc::new(FileSecrets::new(path, FileFormat::of(path))));
    }
    if secrets.console.enabled {
        providers.push(remote::console(settings)?);
    }
    if let Some(path) = &secrets.vault.path {
        providers.push(remote::vault(secrets, path)?);
    }
    if let Some(id) = &secrets.aws_secrets_manager_secret_id {
        providers.push(remote::secrets_manager(secrets, id).await?);
    }
    let options = ResolverOptions { time_to_live: secrets.cache_time, ..ResolverOptions::default() };
    Ok(SecretResolver::with_options(providers, options))
}

fn from_environment(settings: &SecretSettings, environment: &Environment) -> EnvironmentSecrets {
    let variables = environment.variables().map(|(name, value)| (name.to_owned(), value.to_owned()));
    if settings.prefix.is_empty() {
        tracing::warn!(
            "[secrets] prefix is empty: every variable of the environment can be read as a connector secret"
        );
    }
    EnvironmentSecrets::new(settings.prefix.clone(), variables).scoped(EnvironmentScoping {
        tenant: settings.tenant_aware,
        process_definition: settings.process_definition_aware,
    })
}

/// The filter's mode; the settings' table takes no other text.
pub(crate) fn filter_mode(settings: &SecretSettings) -> FilterMode {
    match settings.filter.as_str() {
        "disabled" => FilterMode::Disabled,
        "lax" => FilterMode::Lax,
        _ => FilterMode::Strict,
    }
}

#[cfg(test)]
#[cfg(all(feature = "console-secrets", feature = "vault-secrets"))]
mod tests;
