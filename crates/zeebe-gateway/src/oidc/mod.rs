//! Tokens of an OpenID Connect provider: one request at a time, replaced before they end.

mod exchange;
mod http_client;

use crate::{ClientMetrics, GatewayError, OidcOptions, auth::sensitive, status::Refusal};
use connector_core::{Backoff, EngineError, EngineErrorCode, ErrorKind};
use exchange::{Exchange, Grant};
use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, sleep, timeout};
use tonic::metadata::{Ascii, MetadataValue};

/// After a refused request, and after a token that the gateway refused, the provider is left alone for so long.
const COOLDOWN: Duration = Duration::from_secs(30);
/// How long a call waits for a new token while the old one still holds.
const PATIENCE: Duration = Duration::from_secs(1);

/// Gives out the current token.
pub(crate) struct TokenSource {
    shared: Arc<Source>,
}

struct Source {
    exchange: Exchange,
    options: OidcOptions,
    metrics: Arc<ClientMetrics>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    token: Option<Token>,
    flight: Option<Flight>,
    refused: Option<(Instant, EngineError)>,
    replaced: Option<Instant>,
}

#[derive(Clone)]
struct Token {
    header: MetadataValue<Ascii>,
    refresh_at: Instant,
    expires_at: Instant,
}

/// One request that everybody waits for who needs a token.
type Flight = Shared<BoxFuture<'static, Result<Token, EngineError>>>;

impl TokenSource {
    pub(crate) fn new(
        options: OidcOptions,
        user_agent: &str,
        metrics: Arc<ClientMetrics>,
    ) -> Result<Self, GatewayError> {
        let exchange = Exchange::new(&options, user_agent)?;
        Ok(Self { shared: Arc::new(Source { exchange, options, metrics, state: Mutex::default() }) })
    }

    /// The current header; a new one when the old one is about to end.
    pub(crate) async fn header(&self) -> Result<MetadataValue<Ascii>, Refusal> {
        let (flight, valid) = {
            let mut state = self.shared.lock();
            let now = Instant::now();
            let valid = state.token.clone().filter(|token| now < token.expires_at);
            let refused = state.refused.as_ref().filter(|(until, _)| now < *until);
            match (&valid, refused) {
                (Some(token), _) if now < token.refresh_at => return Ok(token.header.clone()),
                (Some(token), Some(_)) => return Ok(token.header.clone()),
                (None, Some((_, error))) => return Err(Refusal::before(error.clone())),
                _ => {}
            }
            let flight =
                state.flight.get_or_insert_with(|| Arc::clone(&self.shared).fetch().boxed().shared());
            (flight.clone(), valid)
        };
        let fresh = match &valid {
            Some(_) => timeout(PATIENCE, flight).await.ok().and_then(Result::ok),
            None => Some(flight.await.map_err(Refusal::before)?),
        };
        let token = fresh.or(valid);
        token
            .map(|token| token.header)
            .ok_or_else(|| Refusal::unsent(EngineErrorCode::Unavailable, "no token"))
    }

    /// The gateway refused this header: gets another one, at most once in a while. True when there is one.
    pub(crate) async fn replace(&self, used: &MetadataValue<Ascii>) -> bool {
        {
            let mut state = self.shared.lock();
            let now = Instant::now();
            if state.token.as_ref().is_some_and(|token| token.header != *used) {
                return true;
            }
            if state.replaced.is_some_and(|replaced| now < replaced + COOLDOWN) {
                return false;
            }
            state.replaced = Some(now);
            state.token = None;
        }
        self.header().await.is_ok_and(|header| header != *used)
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSource")
            .field("client_id", &self.shared.options.client_id)
            .finish_non_exhaustive()
    }
}

impl Source {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gets a token, with retries, and keeps it.
    async fn fetch(self: Arc<Self>) -> Result<Token, EngineError> {
        let fetched = self.fetch_with_retries().await;
        let mut state = self.lock();
        state.flight = None;
        match &fetched {
            Ok(token) => {
                state.token = Some(token.clone());
                state.refused = None;
            }
            Err(error) => state.refused = Some((Instant::now() + COOLDOWN, error.clone())),
        }
        fetched
    }

    async fn fetch_with_retries(&self) -> Result<Token, EngineError> {
        let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(16), 2.0);
        let mut attempt = 1;
        loop {
            let error = match self.exchange.grant().await.and_then(|grant| self.token(&grant)) {
                Ok(token) => {
                    self.metrics.tokens.increment();
                    return Ok(token);
                }
                Err(error) => error,
            };
            self.metrics.token_failures.increment();
            tracing::warn!(%error, attempt, client_id = %self.options.client_id, "no token from the identity provider");
            if error.kind() != ErrorKind::Retryable || attempt > self.options.max_retries {
                return Err(error);
            }
            sleep(backoff.delay(attempt)).await;
            attempt += 1;
        }
    }

    fn token(&self, grant: &Grant) -> Result<Token, EngineError> {
        let header = sensitive(&grant.header_text()).ok_or_else(|| {
            EngineError::new(
                EngineErrorCode::Unauthenticated,
                "the identity provider's token has characters that a header cannot carry",
            )
        })?;
        let now = Instant::now();
        let early = self.options.refresh_before_expiry.min(grant.lifetime / 2);
        Ok(Token {
            header,
            refresh_at: now + grant.lifetime.saturating_sub(early),
            expires_at: now + grant.lifetime,
        })
    }
}
