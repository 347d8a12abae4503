//! What getting tokens needs to know.

use crate::TlsOptions;
use secrecy::SecretString;
use std::{path::PathBuf, time::Duration};

/// How to get a token. The defaults are those of the Java client.
#[derive(Clone, Debug)]
pub struct OidcOptions {
    /// The client's id.
    pub client_id: String,
    /// How the client proves that it is the one.
    pub proof: ClientProof,
    /// Where tokens are given out.
    pub token_url: TokenUrl,
    /// The form field `audience`.
    pub audience: Option<String>,
    /// The form field `scope`.
    pub scope: Option<String>,
    /// The form field `resource`.
    pub resource: Option<String>,
    /// How TLS is set up for the provider: private authorities, our own certificate.
    pub tls: TlsOptions,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// How long to wait for an answer.
    pub read_timeout: Duration,
    /// How long before its end a token is replaced.
    pub refresh_before_expiry: Duration,
    /// How often a failed request is repeated.
    pub max_retries: u32,
    /// The wait before the first repetition.
    pub retry_initial_backoff: Duration,
    /// By how much each further wait is longer; at most 16 times the first one.
    pub retry_backoff_multiplier: f64,
    /// The HTTP statuses after which a request is repeated; one without any answer always is.
    pub retryable_status_codes: Vec<u16>,
    /// For how long the provider is left alone after any other refusal.
    pub non_retryable_cooldown: Duration,
    /// A YAML file (mode 0600) that keeps tokens across restarts, as the Java client writes it; `None` = memory only.
    pub credentials_cache: Option<PathBuf>,
}

impl OidcOptions {
    /// The defaults for a client with a secret at a token endpoint.
    pub fn new(
        client_id: impl Into<String>,
        client_secret: SecretString,
        token_url: impl Into<String>,
    ) -> Self {
        let token_url = TokenUrl::Endpoint(token_url.into());
        Self::with_proof(client_id, ClientProof::Secret(client_secret), token_url)
    }

    /// The defaults for a client with any proof and any way to the token endpoint.
    pub fn with_proof(client_id: impl Into<String>, proof: ClientProof, token_url: TokenUrl) -> Self {
        Self {
            client_id: client_id.into(),
            proof,
            token_url,
            audience: None,
            scope: None,
            resource: None,
            tls: TlsOptions::default(),
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(5),
            refresh_before_expiry: Duration::from_secs(30),
            max_retries: 5,
            retry_initial_backoff: Duration::from_secs(1),
            retry_backoff_multiplier: 2.0,
            retryable_status_codes: [408, 429].into_iter().chain(500..=599).collect(),
            non_retryable_cooldown: Duration::from_secs(30),
            credentials_cache: None,
        }
    }
}

/// How a client proves to the provider that it is the one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ClientProof {
    /// A secret that both know: the form field `client_secret`.
    Secret(SecretString),
    /// A statement signed with a private key (RFC 7523): the form field `client_assertion`.
    Assertion(ClientAssertion),
}

/// A private key to sign statements with (RS256, five minutes each), and how the provider finds the public one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientAssertion {
    /// The RSA key, a PEM file, unencrypted.
    pub key: PathBuf,
    /// What the provider knows the key by.
    pub known_by: KeyName,
}

/// What a provider knows a key by.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyName {
    /// The certificate of the key, a PEM file: its SHA-1 fingerprint is the header `x5t`.
    Certificate(PathBuf),
    /// A name: the header `kid`.
    Id(String),
}

/// Where tokens are given out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenUrl {
    /// The token endpoint itself.
    Endpoint(String),
    /// The provider's configuration document, which names the token endpoint.
    WellKnownConfiguration(String),
    /// The issuer; its configuration document is at `/.well-known/openid-configuration` under it.
    Issuer(String),
}
