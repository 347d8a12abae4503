//! Connector secrets: where their values come from, how a job's or an element's input names them, and how they are kept out of every text.
//!
//! [`SecretProvider`]s are asked in order by a [`SecretResolver`], which replaces the placeholders in the string leaves of a JSON
//! document in one pass and gives back a [`Redactor`] that knows what must never be shown.
//!
//! ```
//! use connector_secrets::{EnvironmentSecrets, NameFilter, SecretResolver, SecretScope};
//! use serde_json::json;
//! use std::sync::Arc;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! let variables = [("SECRET_AWS_KEY".to_owned(), "AKID".to_owned())];
//! let resolver = SecretResolver::new(vec![Arc::new(EnvironmentSecrets::new("SECRET_", variables))]);
//! let mut input = json!({"authentication": {"accessKey": "{{secrets.AWS_KEY}}"}});
//! let redactor = resolver.resolve(&mut input, &SecretScope::default(), &NameFilter::AllowAll).await?;
//! assert_eq!(input["authentication"]["accessKey"], "AKID");
//! assert_eq!(redactor.redact("AKID was refused"), "*** was refused");
//! # Ok::<(), connector_secrets::SecretError>(())
//! # }).unwrap();
//! ```
//!
//! Features, off by default: `console` (the console of Camunda SaaS), `vault` (HashiCorp Vault), `aws-secrets-manager`.
//!
//! Invariant: a value that a placeholder brought in is never searched for placeholders again.
//! Invariant: no provider reads the environment; variables and paths are handed in.
//! Invariant: no `Debug` and no error shows a secret's value.

mod document;
mod environment;
mod error;
mod file;
mod filter;
mod placeholder;
mod provider;
mod redact;
mod remote;
mod resolve;

pub use document::{Contents, Document, Leaves};
pub use environment::{EnvironmentScoping, EnvironmentSecrets};
pub use error::SecretError;
pub use file::{DirectorySecrets, FileFormat, FileSecrets};
pub use filter::{FilterMode, NameFilter};
pub use placeholder::{Placeholder, Spelling, is_connection_field, placeholders};
pub use provider::{SecretName, SecretProvider, SecretScope};
pub use redact::Redactor;
#[cfg(feature = "console")]
pub use remote::ConsoleSource;
#[cfg(feature = "aws-secrets-manager")]
pub use remote::SecretsManagerSource;
#[cfg(any(feature = "console", feature = "vault"))]
pub use remote::{BearerToken, FixedToken, TokenFile};
pub use remote::{CachedSecrets, SecretMap, SecretSource};
#[cfg(feature = "vault")]
pub use remote::{VaultLocation, VaultSource};
pub use resolve::{ResolverOptions, SecretResolver};
