//! The trait of everything that holds secrets.

use crate::SecretError;
use async_trait::async_trait;
use connector_core::TenantId;
use secrecy::SecretString;
use std::fmt;

/// The name of a secret as a placeholder has it, for instance `AWS_KEY` or `team/queue.key`; never empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SecretName(String);

impl SecretName {
    /// The name without surrounding white space; `None` when nothing is left.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// For whom a secret is asked: providers that scope by tenant or process use it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SecretScope {
    /// The tenant of the process instance or definition.
    pub tenant_id: TenantId,
    /// The id of the process in its BPMN.
    pub bpmn_process_id: String,
}

/// Something that holds secrets.
#[async_trait]
pub trait SecretProvider: Send + Sync {
    /// A name for messages, for instance `environment`.
    fn describe(&self) -> &str;

    /// The value of a secret; `None` when this provider does not know it, so that the next one is asked.
    ///
    /// # Errors
    /// [`SecretError::Provider`] or [`SecretError::InvalidFile`] when it cannot say.
    async fn secret(
        &self,
        name: &SecretName,
        scope: &SecretScope,
    ) -> Result<Option<SecretString>, SecretError>;
}
