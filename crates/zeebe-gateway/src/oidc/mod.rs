//! Tokens of an OpenID Connect provider: one request at a time, replaced before they end.

mod assertion;
mod cache;
mod exchange;
mod http_client;
mod options;
mod yaml;

pub use options::{ClientAssertion, ClientProof, KeyName, OidcOptions, TokenUrl};

use crate::{ClientMetrics, GatewayError, WallClock, auth::sensitive, clock::after, status::Refusal};
use cache::{Cached, CredentialsCache};
use connector_core::{Backoff, EngineError, EngineErrorCode, ErrorKind};
use exchange::{Exchange, Grant, header_text};
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

/// After a token that the gateway refused, the provider is left alone for so long.
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
    cache: Option<CredentialsCache>,
    clock: WallClock,
    metrics: Arc<ClientMetrics>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    token: Option<Token>,
    flight: Option<Flight>,
    refused: Option<(Instant, EngineError)>,
    /// When the gateway refused a header for the last time, and which.
    replaced: Option<(Instant, MetadataValue<Ascii>)>,
    /// Why there is no token yet.
    trouble: Option<EngineError>,
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
        clock: WallClock,
    ) -> Result<Self, GatewayError> {
        let exchange = Exchange::new(&options, user_agent, clock.clone())?;
        let cache = options.credentials_cache.clone();
        let cache = cache.map(|path| CredentialsCache::new(path, options.client_id.clone()));
        let state = Mutex::default();
        Ok(Self { shared: Arc::new(Source { exchange, options, cache, clock, metrics, state }) })
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

    /// Why a call that waited for a token until its deadline has none.
    pub(crate) fn late(&self) -> Refusal {
        let unknown =
            || EngineError::new(EngineErrorCode::Unavailable, "the identity provider has not answered yet");
        Refusal::before(self.shared.lock().trouble.clone().unwrap_or_else(unknown))
    }

    /// The gateway refused this header: gets another one, at most once in a while. True when there is one.
    pub(crate) async fn replace(&self, used: &MetadataValue<Ascii>) -> bool {
        {
            let mut state = self.shared.lock();
            let now = Instant::now();
            match &state.token {
                Some(token) if token.header != *used => return true,
                Some(_) if state.replaced.as_ref().is_some_and(|(at, _)| now < *at + COOLDOWN) => {
                    return false;
                }
                Some(_) => (state.token, state.replaced) = (None, Some((now, used.clone()))),
                // Another call was refused as well and gets a token already.
                None => {}
            }
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
        let fetched = match self.kept().await {
            Some(token) => Ok(token),
            None => self.fetch_with_retries().await,
        };
        let mut state = self.lock();
        state.flight = None;
        match &fetched {
            Ok(token) => {
                state.token = Some(token.clone());
                (state.refused, state.trouble) = (None, None);
            }
            Err(error) => {
                let until = after(Instant::now(), self.options.non_retryable_cooldown);
                state.refused = Some((until, error.clone()));
            }
        }
        fetched
    }

    async fn fetch_with_retries(&self) -> Result<Token, EngineError> {
        let first = self.options.retry_initial_backoff;
        let backoff = Backoff::new(first, first.saturating_mul(16), self.options.retry_backoff_multiplier);
        let mut attempt = 1;
        loop {
            let error = match self.granted().await {
                Ok(token) => return Ok(token),
                Err(error) => error,
            };
            self.lock().trouble = Some(error.clone());
            self.metrics.token_failures.increment();
            tracing::warn!(%error, attempt, client_id = %self.options.client_id, "no token from the identity provider");
            if error.kind() != ErrorKind::Retryable || attempt > self.options.max_retries {
                return Err(error);
            }
            sleep(backoff.delay(attempt)).await;
            attempt += 1;
        }
    }

    async fn granted(&self) -> Result<Token, EngineError> {
        let grant = self.exchange.grant().await?;
        let token = self.token(&grant.header_text(), grant.lifetime)?;
        self.metrics.tokens.increment();
        if let Some(cache) = &self.cache {
            cache.write(&self.to_keep(grant)).await;
        }
        Ok(token)
    }

    fn to_keep(&self, grant: Grant) -> Cached {
        let lifetime = i64::try_from(grant.lifetime.as_millis()).unwrap_or(i64::MAX);
        Cached {
            access_token: grant.token,
            token_type: grant.kind,
            scope: grant.scope,
            expiry: self.clock.epoch_millis().saturating_add(lifetime),
        }
    }

    /// The token that the file keeps, unless it is about to end or the gateway has just refused it.
    async fn kept(&self) -> Option<Token> {
        let cached = self.cache.as_ref()?.read().await?;
        let left = cached.expiry.saturating_sub(self.clock.epoch_millis());
        let left = Duration::from_millis(u64::try_from(left).ok()?);
        if left <= self.options.refresh_before_expiry {
            return None;
        }
        let token = self.token(&header_text(&cached.token_type, &cached.access_token), left).ok()?;
        let refused = self.lock().replaced.as_ref().is_some_and(|(_, header)| *header == token.header);
        (!refused).then_some(token)
    }

    fn token(&self, header: &str, lifetime: Duration) -> Result<Token, EngineError> {
        let header = sensitive(header).ok_or_else(|| {
            EngineError::new(
                EngineErrorCode::Unauthenticated,
                "the identity provider's token has characters that a header cannot carry",
            )
        })?;
        let now = Instant::now();
        let early = self.options.refresh_before_expiry.min(lifetime / 2);
        let refresh_at = after(now, lifetime.saturating_sub(early));
        Ok(Token { header, refresh_at, expires_at: after(now, lifetime) })
    }
}
