//! From the settings to the providers of secrets.

use crate::{Environment, settings::SecretSettings};
use connector_secrets::{
    DirectorySecrets, EnvironmentScoping, EnvironmentSecrets, FilterMode, SecretProvider, SecretResolver,
};
use std::sync::Arc;

/// The resolver over all providers that the settings name: the environment first, then the folder.
pub(crate) fn resolver(settings: &SecretSettings, environment: &Environment) -> SecretResolver {
    let variables = environment.variables().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let scoping = EnvironmentScoping {
        tenant: settings.tenant_aware,
        process_definition: settings.process_definition_aware,
    };
    let from_environment = EnvironmentSecrets::new(settings.prefix.clone(), variables).scoped(scoping);
    let mut providers: Vec<Arc<dyn SecretProvider>> = vec![Arc::new(from_environment)];
    if let Some(folder) = &settings.directory {
        providers.push(Arc::new(DirectorySecrets::new(folder)));
    }
    SecretResolver::new(providers)
}

/// The filter's mode; the settings' table takes no other text.
pub(crate) fn filter_mode(settings: &SecretSettings) -> FilterMode {
    match settings.filter.as_str() {
        "disabled" => FilterMode::Disabled,
        "lax" => FilterMode::Lax,
        _ => FilterMode::Strict,
    }
}
