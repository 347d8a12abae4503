//! Providers that ask a server for all secrets at once and remember the answer.

#[cfg(feature = "aws-secrets-manager")]
mod aws;
mod cached;
#[cfg(feature = "console")]
mod console;
#[cfg(any(feature = "console", feature = "vault"))]
mod http_client;
#[cfg(any(feature = "aws-secrets-manager", feature = "console", feature = "vault"))]
mod object;
#[cfg(any(feature = "console", feature = "vault"))]
mod token;
#[cfg(feature = "vault")]
mod vault;

#[cfg(feature = "aws-secrets-manager")]
pub use aws::SecretsManagerSource;
pub use cached::{CachedSecrets, SecretMap, SecretSource};
#[cfg(feature = "console")]
pub use console::ConsoleSource;
#[cfg(any(feature = "console", feature = "vault"))]
pub use token::{BearerToken, FixedToken, TokenFile};
#[cfg(feature = "vault")]
pub use vault::{VaultLocation, VaultSource};
