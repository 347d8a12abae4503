//! The secrets that are kept in the console of Camunda SaaS.

use crate::{
    BearerToken, SecretError, SecretMap, SecretSource,
    remote::{http_client::HttpClient, object::from_object},
};
use async_trait::async_trait;
use std::{fmt, sync::Arc};

/// The provider `console`: a GET with a bearer token gives one JSON object, names to values.
pub struct ConsoleSource {
    http: HttpClient,
    token: Arc<dyn BearerToken>,
}

impl ConsoleSource {
    /// Asks this address, normally `https://cluster-api.cloud.camunda.io/secrets`, with tokens for the audience `secrets.camunda.io`.
    ///
    /// # Errors
    /// [`SecretError::Provider`] when the address is no URL or the system has no certificates.
    pub fn new(url: &str, token: Arc<dyn BearerToken>) -> Result<Self, SecretError> {
        Ok(Self { http: HttpClient::new("console", url)?, token })
    }
}

#[async_trait]
impl SecretSource for ConsoleSource {
    fn describe(&self) -> &str {
        "console"
    }

    async fn read(&self) -> Result<SecretMap, SecretError> {
        self.http.get(&*self.token, "authorization", "Bearer ", None).await.map(from_object)
    }
}

impl fmt::Debug for ConsoleSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConsoleSource")
    }
}
