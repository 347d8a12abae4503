//! Secrets from variables that were handed in, normally those of the process's environment.

use crate::{SecretError, SecretName, SecretProvider, SecretScope};
use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;

/// Which parts of the scope stand between the prefix and the name of a variable.
///
/// Source: the Java runtime's flags `tenantaware` and `processdefinitionaware`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EnvironmentScoping {
    /// `<prefix><tenant id>_<name>`.
    pub tenant: bool,
    /// `<prefix><process id>_<name>`, after the tenant if both are set.
    pub process_definition: bool,
}

/// The provider `environment`: the secret `N` is the variable `<prefix>N`.
///
/// A name is also found in upper case with `_` for every `.`, `-` and `/`. `${variable:default}` in a value is resolved from the
/// other variables; without a default an unknown one stays as it is.
/// Source: Spring's environment, through which the Java runtime looks.
pub struct EnvironmentSecrets {
    prefix: String,
    scoping: EnvironmentScoping,
    variables: HashMap<String, SecretString>,
}

const MAXIMAL_NESTING: usize = 16;

impl EnvironmentSecrets {
    /// Takes the variables as they are now; the prefix is normally `SECRET_`. An empty prefix gives every variable away as a secret.
    pub fn new(prefix: impl Into<String>, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let variables =
            variables.into_iter().map(|(name, value)| (name, SecretString::from(value))).collect();
        Self { prefix: prefix.into(), scoping: EnvironmentScoping::default(), variables }
    }

    /// Puts the tenant or the process id into the variables' names.
    #[must_use]
    pub fn scoped(mut self, scoping: EnvironmentScoping) -> Self {
        self.scoping = scoping;
        self
    }

    fn variable_name(&self, name: &SecretName, scope: &SecretScope) -> String {
        let mut variable = self.prefix.clone();
        if self.scoping.tenant {
            variable.push_str(scope.tenant_id.as_str());
            variable.push('_');
        }
        if self.scoping.process_definition {
            variable.push_str(&scope.bpmn_process_id);
            variable.push('_');
        }
        variable.push_str(name.as_str());
        variable
    }

    fn lookup(&self, variable: &str) -> Option<&str> {
        let underscored: String =
            variable.chars().map(|c| if matches!(c, '.' | '-' | '/') { '_' } else { c }).collect();
        [variable, &underscored, &underscored.to_uppercase()]
            .into_iter()
            .find_map(|candidate| self.variables.get(candidate))
            .map(ExposeSecret::expose_secret)
    }

    fn expand(&self, text: &str, depth: usize) -> String {
        let mut expanded = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            expanded.push_str(before);
            let Some((reference, behind)) = after.split_once('}') else {
                expanded.push_str("${");
                rest = after;
                break;
            };
            match self.reference(reference, depth) {
                Some(value) => expanded.push_str(&value),
                None => {
                    expanded.push_str("${");
                    expanded.push_str(reference);
                    expanded.push('}');
                }
            }
            rest = behind;
        }
        expanded.push_str(rest);
        expanded
    }

    fn reference(&self, reference: &str, depth: usize) -> Option<String> {
        let (name, default) = match reference.split_once(':') {
            Some((name, default)) => (name, Some(default)),
            None => (reference, None),
        };
        match self.lookup(name) {
            Some(value) if depth < MAXIMAL_NESTING => Some(self.expand(value, depth + 1)),
            Some(_) => None,
            None => default.map(str::to_owned),
        }
    }
}

#[async_trait]
impl SecretProvider for EnvironmentSecrets {
    fn describe(&self) -> &str {
        "environment"
    }

    async fn secret(
        &self,
        name: &SecretName,
        scope: &SecretScope,
    ) -> Result<Option<SecretString>, SecretError> {
        let variable = self.variable_name(name, scope);
        let value = self.lookup(&variable).map(|text| SecretString::from(self.expand(text, 0)));
        if value.is_none() && !self.prefix.is_empty() && self.variables.contains_key(name.as_str()) {
            tracing::warn!(
                secret = name.as_str(),
                expected_variable = variable,
                "a variable of that name exists without the prefix; it is not a connector secret"
            );
        }
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(prefix: &str) -> EnvironmentSecrets {
        EnvironmentSecrets::new(
            prefix,
            [
                ("SECRET_AWS_KEY", "k"),
                ("SECRET_t1_order_KEY", "scoped"),
                ("PLAIN", "p"),
                ("SECRET_P", "x-${PLAIN}-${NO:dflt}-${NO}-${"),
                ("SECRET_LOOP", "${SECRET_LOOP}"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        )
    }

    async fn value(provider: &EnvironmentSecrets, name: &str, scope: &SecretScope) -> Option<String> {
        let found = provider.secret(&SecretName::new(name).unwrap(), scope).await.unwrap();
        found.map(|value| value.expose_secret().to_owned())
    }

    #[tokio::test]
    async fn finds_a_name_also_in_upper_case_with_underscores() {
        let (provider, scope) = (provider("SECRET_"), SecretScope::default());
        for name in ["AWS_KEY", "aws_key", "aws-key", "aws.key"] {
            assert_eq!(value(&provider, name, &scope).await.as_deref(), Some("k"), "{name}");
        }
        assert_eq!(value(&provider, "PLAIN", &scope).await, None);
    }

    #[tokio::test]
    async fn scopes_by_tenant_and_process() {
        let provider =
            provider("SECRET_").scoped(EnvironmentScoping { tenant: true, process_definition: true });
        let scope = SecretScope {
            tenant_id: connector_core::TenantId::new("t1"),
            bpmn_process_id: "order".to_owned(),
        };
        assert_eq!(value(&provider, "KEY", &scope).await.as_deref(), Some("scoped"));
        assert_eq!(value(&provider, "KEY", &SecretScope::default()).await, None);
    }

    #[tokio::test]
    async fn resolves_references_to_other_variables_and_stops_at_loops() {
        let (provider, scope) = (provider("SECRET_"), SecretScope::default());
        assert_eq!(value(&provider, "P", &scope).await.as_deref(), Some("x-p-dflt-${NO}-${"));
        assert_eq!(value(&provider, "LOOP", &scope).await.as_deref(), Some("${SECRET_LOOP}"));
    }
}
