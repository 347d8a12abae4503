//! The secrets that are kept in AWS Secrets Manager.

use crate::{SecretError, SecretMap, SecretSource, remote::object::from_text};
use async_trait::async_trait;
use aws_sdk_secretsmanager::{Client, config::BehaviorVersion, error::ProvideErrorMetadata};
use std::fmt;

const PROVIDER: &str = "aws-secrets-manager";

/// The provider `aws-secrets-manager`: one secret whose value is a JSON object, names to values.
///
/// Source: the Java runtime's AWS provider, which asks for the secret `<prefix>-<cluster id>`.
pub struct SecretsManagerSource {
    client: Client,
    secret_id: String,
}

impl SecretsManagerSource {
    /// Asks this client, which has region, credentials and HTTP client, for the secret of this name or ARN.
    pub fn new(client: Client, secret_id: impl Into<String>) -> Self {
        Self { client, secret_id: secret_id.into() }
    }

    /// Asks with the region and the credentials that the AWS SDK's default chain finds.
    pub async fn from_default_chain(secret_id: impl Into<String>) -> Self {
        let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
        Self::new(Client::new(&config), secret_id)
    }

    fn failed(&self, reason: &str) -> SecretError {
        let reason = format!("the secret {} {reason}", self.secret_id);
        SecretError::Provider { provider: PROVIDER.to_owned(), reason }
    }
}

#[async_trait]
impl SecretSource for SecretsManagerSource {
    fn describe(&self) -> &str {
        PROVIDER
    }

    async fn read(&self) -> Result<SecretMap, SecretError> {
        let answer = self.client.get_secret_value().secret_id(&self.secret_id).send().await;
        let answer = answer.map_err(|error| match error.code() {
            Some(code) => self.failed(&format!("cannot be read: AWS says {code}")),
            // Neither this text nor its kind holds anything of the answer.
            None => self.failed(&format!("cannot be read: {error}")),
        })?;
        let text =
            answer.secret_string().ok_or_else(|| self.failed("is binary and should be a JSON text"))?;
        from_text(text.as_bytes()).ok_or_else(|| self.failed("is not a JSON object"))
    }
}

impl fmt::Debug for SecretsManagerSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretsManagerSource").field("secret_id", &self.secret_id).finish_non_exhaustive()
    }
}
