//! Asks the providers in order, remembers what they said, and replaces placeholders.

use crate::{
    Document, Leaves, NameFilter, Redactor, SecretError, SecretName, SecretProvider, SecretScope, Spelling,
    placeholders, redact, redact::Form,
};
use secrecy::{ExposeSecret, SecretString};
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// How long values are remembered, and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResolverOptions {
    /// How long a value may be used before the providers are asked again; zero = they are always asked.
    pub time_to_live: Duration,
    /// How many values are remembered at most.
    pub capacity: usize,
}

impl Default for ResolverOptions {
    /// Five seconds, as the Java providers do, and 10,000 values.
    fn default() -> Self {
        Self { time_to_live: Duration::from_secs(5), capacity: 10_000 }
    }
}

/// The providers in the order in which they are asked.
pub struct SecretResolver {
    providers: Vec<Arc<dyn SecretProvider>>,
    options: ResolverOptions,
    known: Mutex<HashMap<SecretScope, Values>>,
}

/// The values of a scope, each with the end of its time.
type Values = HashMap<SecretName, (Known, Instant)>;

/// A value, and the forms of it that are hidden.
#[derive(Clone)]
struct Known {
    value: Arc<SecretString>,
    forms: Arc<[Form]>,
}

impl Known {
    fn new(value: SecretString) -> Self {
        Self { forms: redact::forms(&value), value: Arc::new(value) }
    }
}

impl SecretResolver {
    /// Asks these providers in this order; the first that knows a name wins.
    pub fn new(providers: Vec<Arc<dyn SecretProvider>>) -> Self {
        Self::with_options(providers, ResolverOptions::default())
    }

    /// The same with other limits.
    pub fn with_options(providers: Vec<Arc<dyn SecretProvider>>, options: ResolverOptions) -> Self {
        Self { providers, options, known: Mutex::default() }
    }

    /// The value of one secret.
    ///
    /// # Errors
    /// [`SecretError::NotAvailable`] when no provider knows it; a provider's own error.
    pub async fn secret(&self, name: &SecretName, scope: &SecretScope) -> Result<SecretString, SecretError> {
        self.known(name, scope).await.map(|known| SecretString::clone(&known.value))
    }

    async fn known(&self, name: &SecretName, scope: &SecretScope) -> Result<Known, SecretError> {
        if let Some(known) = self.remembered(name, scope) {
            return Ok(known);
        }
        for provider in &self.providers {
            if let Some(value) = provider.secret(name, scope).await? {
                let known = Known::new(value);
                self.remember(name, scope, &known);
                return Ok(known);
            }
        }
        Err(SecretError::NotAvailable { name: name.to_string() })
    }

    /// Replaces the placeholders in the string leaves of a job's input, in one pass: both spellings in connection fields, braces
    /// elsewhere, and there only the names that the filter allows. Keys are left alone.
    ///
    /// # Errors
    /// The first placeholder whose secret is not available, or a provider's own error; the document may be half replaced then.
    pub async fn resolve<D: Document>(
        &self,
        input: &mut D,
        scope: &SecretScope,
        filter: &NameFilter,
    ) -> Result<Redactor, SecretError> {
        self.resolve_leaves(Leaves::of(input), scope, filter).await
    }

    /// The same for leaves that were found before.
    ///
    /// # Errors
    /// As [`SecretResolver::resolve`].
    pub async fn resolve_leaves<D: Document>(
        &self,
        leaves: Leaves<'_, D>,
        scope: &SecretScope,
        filter: &NameFilter,
    ) -> Result<Redactor, SecretError> {
        let mut redactor = Redactor::default();
        for (leaf, connection_field) in leaves.0 {
            let spelling = if connection_field { Spelling::BracesOrBare } else { Spelling::Braces };
            let allows = |name: &SecretName| filter.allows(name.as_str(), connection_field);
            if let Some(text) = self.replace(leaf.as_ref(), spelling, scope, &allows, &mut redactor).await? {
                *leaf = text.into();
            }
        }
        Ok(redactor)
    }

    /// Replaces the placeholders of one text; what was put in is added to the redactor.
    ///
    /// # Errors
    /// As [`SecretResolver::resolve`].
    pub async fn resolve_text(
        &self,
        text: &str,
        spelling: Spelling,
        scope: &SecretScope,
        redactor: &mut Redactor,
    ) -> Result<String, SecretError> {
        let replaced = self.replace(text, spelling, scope, &|_| true, redactor).await?;
        Ok(replaced.unwrap_or_else(|| text.to_owned()))
    }

    async fn replace(
        &self,
        text: &str,
        spelling: Spelling,
        scope: &SecretScope,
        allows: &(dyn Fn(&SecretName) -> bool + Sync),
        redactor: &mut Redactor,
    ) -> Result<Option<String>, SecretError> {
        let mut replaced = String::new();
        let mut copied = 0;
        for placeholder in placeholders(text, spelling).into_iter().filter(|found| allows(&found.name)) {
            let Known { value, forms } = self.known(&placeholder.name, scope).await?;
            redactor.add_forms(&forms);
            replaced.push_str(text.get(copied..placeholder.range.start).unwrap_or_default());
            replaced.push_str(value.expose_secret());
            copied = placeholder.range.end;
        }
        if copied == 0 {
            return Ok(None);
        }
        replaced.push_str(text.get(copied..).unwrap_or_default());
        Ok(Some(replaced))
    }

    fn remembered(&self, name: &SecretName, scope: &SecretScope) -> Option<Known> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, until) = known.get(scope)?.get(name)?;
        (Instant::now() < *until).then(|| known.clone())
    }

    fn remember(&self, name: &SecretName, scope: &SecretScope, value: &Known) {
        if self.options.time_to_live.is_zero() {
            return;
        }
        let now = Instant::now();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let count = |known: &HashMap<SecretScope, Values>| known.values().map(HashMap::len).sum::<usize>();
        if count(&known) >= self.options.capacity {
            known.retain(|_, values| {
                values.retain(|_, (_, until)| now < *until);
                !values.is_empty()
            });
        }
        if count(&known) < self.options.capacity {
            let values = known.entry(scope.clone()).or_default();
            values.insert(name.clone(), (value.clone(), now + self.options.time_to_live));
        }
    }
}

impl fmt::Debug for SecretResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let providers: Vec<&str> = self.providers.iter().map(|provider| provider.describe()).collect();
        f.debug_struct("SecretResolver").field("providers", &providers).finish_non_exhaustive()
    }
}
