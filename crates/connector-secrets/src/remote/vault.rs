//! The secrets that are kept in HashiCorp Vault, in a key-value engine of version 2.

use crate::{
    BearerToken, SecretError, SecretMap, SecretSource,
    remote::{http_client::HttpClient, object::from_object},
};
use async_trait::async_trait;
use serde_json::Value;
use std::{fmt, sync::Arc};

/// Where in Vault the secrets are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultLocation {
    /// The server, for instance `https://vault.example.com:8200`.
    pub address: String,
    /// The mount of the engine, normally `secret`.
    pub mount: String,
    /// The path inside it; its keys are the names of the secrets.
    pub path: String,
    /// The namespace, where Vault has them.
    pub namespace: Option<String>,
}

/// The provider `vault`: the newest version of one path gives all secrets.
pub struct VaultSource {
    http: HttpClient,
    location: VaultLocation,
    token: Arc<dyn BearerToken>,
}

impl VaultSource {
    /// Reads this path with these tokens.
    ///
    /// # Errors
    /// [`SecretError::Provider`] when the address is no URL or the system has no certificates.
    pub fn new(location: VaultLocation, token: Arc<dyn BearerToken>) -> Result<Self, SecretError> {
        let slashes = |text: &str| text.trim_matches('/').to_owned();
        let (address, mount, path) =
            (location.address.trim_end_matches('/'), slashes(&location.mount), slashes(&location.path));
        let http = HttpClient::new("vault", &format!("{address}/v1/{mount}/data/{path}"))?;
        Ok(Self { http, location, token })
    }
}

#[async_trait]
impl SecretSource for VaultSource {
    fn describe(&self) -> &str {
        "vault"
    }

    async fn read(&self) -> Result<SecretMap, SecretError> {
        let namespace = self.location.namespace.as_deref().map(|name| ("x-vault-namespace", name));
        let mut answer = self.http.get(&*self.token, "x-vault-token", "", namespace).await?;
        match answer.get_mut("data").and_then(|data| data.get_mut("data")).map(Value::take) {
            Some(Value::Object(secrets)) => Ok(from_object(secrets)),
            _ => Err(self.http.failed(
                "its answer has no data.data; the mount must be a key-value engine of version 2".to_owned(),
            )),
        }
    }
}

impl fmt::Debug for VaultSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VaultSource").field("location", &self.location).finish_non_exhaustive()
    }
}
