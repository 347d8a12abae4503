//! Tokens for other services that the same identity provider looks after.

use crate::{ClientMetrics, GatewayError, OidcOptions, oidc::TokenSource};
use connector_core::{EngineError, EngineErrorCode};
use secrecy::SecretString;
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};
use tonic::metadata::{Ascii, MetadataValue};

/// Gives out access tokens of an OpenID Connect provider, and replaces them before they end.
pub struct AccessTokens {
    source: TokenSource,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    given: Option<MetadataValue<Ascii>>,
    refused: bool,
}

impl AccessTokens {
    /// Asks with these options; nothing is asked yet.
    ///
    /// # Errors
    /// When the provider's address, certificates or our key cannot be used.
    pub fn new(options: OidcOptions, user_agent: &str) -> Result<Self, GatewayError> {
        let clock = crate::WallClock::default();
        let source = TokenSource::new(options, user_agent, Arc::new(ClientMetrics::default()), clock)?;
        Ok(Self { source, state: Mutex::default() })
    }

    /// The current token, without its type.
    ///
    /// # Errors
    /// Why the provider gives none.
    pub async fn token(&self) -> Result<SecretString, EngineError> {
        let refused = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut state.refused).then(|| state.given.take()).flatten()
        };
        if let Some(header) = refused {
            self.source.replace(&header).await;
        }
        let header = self.source.header().await.map_err(|refusal| refusal.error)?;
        let text = header.to_str().map_err(|_| {
            EngineError::new(EngineErrorCode::Unauthenticated, "the token has characters outside ASCII")
        })?;
        let token = text.split_once(' ').map_or(text, |(_, token)| token).into();
        self.state.lock().unwrap_or_else(PoisonError::into_inner).given = Some(header);
        Ok(token)
    }

    /// The service refused the last token: the next one is a new one, at most twice a minute.
    pub fn refused(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).refused = true;
    }
}

impl fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}
