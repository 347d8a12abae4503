//! The token that a server of secrets asks for.

use async_trait::async_trait;
use secrecy::SecretString;

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
