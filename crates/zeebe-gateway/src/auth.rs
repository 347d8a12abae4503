//! The `authorization` header of each call.

use crate::{
    ClientMetrics, Credentials, GatewayError, OidcOptions, WallClock, oidc::TokenSource, status::Refusal,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::ExposeSecret;
use std::sync::Arc;
use tokio::time::{Instant, timeout_at};
use tonic::metadata::{Ascii, MetadataValue};

/// Knows how to prove who we are.
#[derive(Debug)]
pub(crate) enum Authorizer {
    Nobody,
    Fixed(MetadataValue<Ascii>),
    Token(Box<TokenSource>),
}

impl Authorizer {
    pub(crate) fn new(
        credentials: &Credentials,
        user_agent: &str,
        metrics: Arc<ClientMetrics>,
        clock: WallClock,
    ) -> Result<Self, GatewayError> {
        match credentials {
            Credentials::None => Ok(Self::Nobody),
            Credentials::Basic { username, password } => {
                let pair = format!("{username}:{}", password.expose_secret());
                let header = sensitive(&format!("Basic {}", STANDARD.encode(pair)));
                header.map(Self::Fixed).ok_or(GatewayError::InvalidCredentials)
            }
            Credentials::Oidc(options) => Ok(Self::Token(Box::new(TokenSource::new(
                OidcOptions::clone(options),
                user_agent,
                metrics,
                clock,
            )?))),
        }
    }

    /// The header to send; `None` when the gateway asks for nothing. After the deadline, why there is none.
    pub(crate) async fn header_until(
        &self,
        deadline: Option<Instant>,
    ) -> Result<Option<MetadataValue<Ascii>>, Refusal> {
        let Some(deadline) = deadline else { return self.header().await };
        timeout_at(deadline, self.header()).await.unwrap_or_else(|_| match self {
            Self::Token(source) => Err(source.late()),
            _ => Err(Refusal::timed_out()),
        })
    }

    /// The header to send; `None` when the gateway asks for nothing.
    pub(crate) async fn header(&self) -> Result<Option<MetadataValue<Ascii>>, Refusal> {
        match self {
            Self::Nobody => Ok(None),
            Self::Fixed(header) => Ok(Some(header.clone())),
            Self::Token(source) => source.header().await.map(Some),
        }
    }

    /// The gateway refused a header; true when there is now another one to try.
    pub(crate) async fn refused(&self, header: Option<&MetadataValue<Ascii>>) -> bool {
        match (self, header) {
            (Self::Token(source), Some(header)) => source.replace(header).await,
            _ => false,
        }
    }
}

/// A header value that no log shows.
pub(crate) fn sensitive(text: &str) -> Option<MetadataValue<Ascii>> {
    let mut value = MetadataValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
