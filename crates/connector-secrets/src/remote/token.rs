//! The token that a server of secrets asks for.

use async_trait::async_trait;
use secrecy::SecretString;
use std::path::PathBuf;

/// Gives the token, for instance by client credentials or from a file that somebody renews.
#[async_trait]
pub trait BearerToken: Send + Sync {
    /// The token to use now.
    ///
    /// # Errors
    /// Why there is none, in words, without a secret.
    async fn token(&self) -> Result<SecretString, String>;

    /// The server refused the token: the next one should be a new one.
    fn refused(&self) {}
}

/// A token that never changes.
#[derive(Clone, Debug)]
pub struct FixedToken(SecretString);

impl FixedToken {
    /// Always this one.
    pub fn new(token: impl Into<SecretString>) -> Self {
        Self(token.into())
    }
}

#[async_trait]
impl BearerToken for FixedToken {
    async fn token(&self) -> Result<SecretString, String> {
        Ok(self.0.clone())
    }
}

/// A token in a file that somebody else renews, as Vault's agent does. It is read for each request.
#[derive(Clone, Debug)]
pub struct TokenFile(PathBuf);

impl TokenFile {
    /// Reads this file; white space around the token is dropped.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }
}

#[async_trait]
impl BearerToken for TokenFile {
    async fn token(&self) -> Result<SecretString, String> {
        let text = tokio::fs::read_to_string(&self.0).await;
        let text = text.map_err(|error| format!("cannot read {}: {error}", self.0.display()))?;
        match text.trim() {
            "" => Err(format!("{} is empty", self.0.display())),
            token => Ok(token.into()),
        }
    }
}
