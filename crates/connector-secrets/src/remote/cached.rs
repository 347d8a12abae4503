//! A map of secrets that is asked for again after a while, and kept when that fails.

use crate::{SecretError, SecretName, SecretProvider, SecretScope};
use async_trait::async_trait;
use secrecy::SecretString;
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::Semaphore, time::Instant};

/// Names and values.
pub type SecretMap = HashMap<String, SecretString>;

/// Something that gives all its secrets at once.
#[async_trait]
pub trait SecretSource: Send + Sync {
    /// A name for messages, for instance `vault`.
    fn describe(&self) -> &str;

    /// All secrets as they are now.
    ///
    /// # Errors
    /// [`SecretError::Provider`] when they cannot be had.
    async fn read(&self) -> Result<SecretMap, SecretError>;
}

/// How soon a source that failed is asked again.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// The provider over a [`SecretSource`]: one request for all names and all jobs, repeated when the answer is too old.
///
/// An old answer is used on while the source fails. Source: the Java runtime's console, AWS and GCP providers.
pub struct CachedSecrets<S> {
    source: S,
    time_to_live: Duration,
    known: Mutex<Known>,
    /// One request at a time: whoever waits uses the answer of the one before.
    turn: Semaphore,
}

#[derive(Default)]
struct Known {
    secrets: Option<Arc<SecretMap>>,
    ask_again: Option<Instant>,
}

impl<S: SecretSource> CachedSecrets<S> {
    /// Asks again after this time: 20 s is usual for the console, 5 s for the others.
    pub fn new(source: S, time_to_live: Duration) -> Self {
        Self { source, time_to_live, known: Mutex::default(), turn: Semaphore::new(1) }
    }

    async fn secrets(&self) -> Result<Arc<SecretMap>, SecretError> {
        if let Some(fresh) = self.fresh() {
            return Ok(fresh);
        }
        // The semaphore is never closed; were it, everybody would ask for himself.
        let _turn = self.turn.acquire().await;
        if let Some(fresh) = self.fresh() {
            return Ok(fresh);
        }
        let answer = self.source.read().await;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match answer {
            Ok(secrets) => {
                let secrets = Arc::new(secrets);
                known.secrets = Some(Arc::clone(&secrets));
                known.ask_again = Some(Instant::now() + self.time_to_live);
                Ok(secrets)
            }
            Err(error) => {
                let old = known.secrets.clone().ok_or_else(|| error.clone())?;
                known.ask_again = Some(Instant::now() + PAUSE_AFTER_FAILURE.min(self.time_to_live));
                tracing::warn!(provider = self.source.describe(), %error, "secrets could not be read again; the old ones are used on");
                Ok(old)
            }
        }
    }

    fn fresh(&self) -> Option<Arc<SecretMap>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let ask_again = known.ask_again?;
        known.secrets.clone().filter(|_| Instant::now() < ask_again)
    }
}

#[async_trait]
impl<S: SecretSource> SecretProvider for CachedSecrets<S> {
    fn describe(&self) -> &str {
        self.source.describe()
    }

    async fn secret(&self, name: &SecretName, _: &SecretScope) -> Result<Option<SecretString>, SecretError> {
        Ok(self.secrets().await?.get(name.as_str()).cloned())
    }
}

impl<S> fmt::Debug for CachedSecrets<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedSecrets").field("time_to_live", &self.time_to_live).finish_non_exhaustive()
    }
}
