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
        match (self, deadline) {
            (Self::Token(source), Some(deadline)) => {
                let header = timeout_at(deadline, source.header()).await;
                header.unwrap_or_else(|_| Err(source.late())).map(Some)
            }
            _ => self.header().await,
        }
    }

    /// The header to send; `None` when the gateway asks for nothing.
    pub(crate) async fn header(&self) -> Result<Option<MetadataValue<Ascii>>, Refusal> {
        match self {
            Self::Nobody => Ok(None),
            Self::Fixed(header) => Ok(Some(header.clone())),
            Self::Token(source) => source.header().await.map(Some),
        }
    }

    /// The gateway refused a header; true when there is another one to try before the deadline.
    pub(crate) async fn refused(
        &self,
        header: Option<&MetadataValue<Ascii>>,
        deadline: Option<Instant>,
    ) -> bool {
        let (Self::Token(source), Some(header)) = (self, header) else { return false };
        match deadline {
            Some(deadline) => timeout_at(deadline, source.replace(header)).await.unwrap_or(false),
            None => source.replace(header).await,
        }
    }
}

/// A header value that no log shows.
pub(crate) fn sensitive(text: &str) -> Option<MetadataValue<Ascii>> {
    let mut value = MetadataValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
