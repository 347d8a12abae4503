//! Which secrets a task's own input mappings name.

use async_trait::async_trait;
use connector_core::ProcessDefinitionKey;
use std::collections::BTreeSet;

/// Reads process definitions for the secret filter; the runtime implements it.
#[async_trait]
pub trait InputMappings: Send + Sync {
    /// The names of the secrets that the input mappings of an element mention; `None` when the definition cannot be read.
    async fn mentioned_secrets(
        &self,
        process: ProcessDefinitionKey,
        element_id: &str,
    ) -> Option<BTreeSet<String>>;
}
