//! Expressions as the connectors evaluate them.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use feel_rs::{Clock, Engine, EvaluationError, EvaluationErrorKind, Limits, SystemClock};
use serde_json::Value;

use crate::{backoff::Jitter, cache::Cache, error::FeelError, functions};

/// A try with this much work takes some milliseconds as a rule; nearly every expression needs less.
const QUICK_WORK: usize = 10_000;

/// Runs what it is given, before it returns.
///
/// Source of the need: an executor's worker thread must not be kept for long
/// (<https://docs.rs/tokio/latest/tokio/task/index.html#blocking-and-yielding>).
pub type LongWork = fn(&mut dyn FnMut());

/// How a [`FeelEngine`] works.
#[derive(Clone)]
#[non_exhaustive]
pub struct FeelOptions {
    /// About how many compiled expressions are kept; 0 compiles anew each time.
    pub cache_capacity: usize,
    /// How much one expression may ask for.
    pub limits: Limits,
    /// The clock of `now()` and `today()`.
    pub clock: Arc<dyn Clock>,
    /// A number from 0 (inclusive) to 1 (exclusive) for each delay that `backoff(…)` spreads.
    pub jitter: Arc<dyn Fn() -> f64 + Send + Sync>,
    /// Where an evaluation runs that proves long (10,000 steps); `None` = where every other does.
    pub long_work: Option<LongWork>,
}

impl Default for FeelOptions {
    /// 1,024 expressions, the default limits, the system's clock in UTC, a random jitter, no other place for long evaluations.
    fn default() -> Self {
        Self {
            cache_capacity: 1024,
            limits: Limits::default(),
            clock: Arc::new(SystemClock),
            jitter: Arc::new(crate::backoff::random),
            long_work: None,
        }
    }
}

impl fmt::Debug for FeelOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FeelOptions")
            .field("cache_capacity", &self.cache_capacity)
            .field("limits", &self.limits)
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}

/// Compiles and evaluates expressions, keeping the compiled ones by their text. Cloning is cheap and shares the cache.
#[derive(Clone)]
pub struct FeelEngine {
    engine: Engine,
    cache: Arc<Mutex<Cache>>,
    /// Tells markers of `createDocument` from JSON that looks like one.
    nonce: Arc<str>,
    long_work: Option<LongWork>,
}

/// A compiled expression with the text as it was given. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Expression {
    text: Arc<str>,
    compiled: feel_rs::Expression,
    nonce: Arc<str>,
    long_work: Option<LongWork>,
}

impl FeelEngine {
    /// An engine with the built-in functions and those of the connectors.
    pub fn new(options: FeelOptions) -> Self {
        let nonce: Arc<str> = functions::nonce().into();
        let registry = functions::registry(Jitter::new(options.jitter), Arc::clone(&nonce));
        let engine = Engine::new(registry)
            .with_shared_clock(options.clock)
            .with_limits(options.limits)
            .with_warnings(false);
        let cache = Arc::new(Mutex::new(Cache::new(options.cache_capacity)));
        Self { engine, cache, nonce, long_work: options.long_work }
    }

    /// Compiles an expression: white space around it and one leading `=` do not count.
    ///
    /// # Errors
    /// Phase parse when it is no expression, phase limit when it is too long or too deep.
    pub fn compile(&self, text: &str) -> Result<Expression, FeelError> {
        self.compile_for(text, &[])
    }

    /// Evaluates an expression with the fields of objects as variables; later objects win, anything else is skipped.
    ///
    /// # Errors
    /// As [`FeelEngine::compile`], and phase eval or limit when there is no value.
    pub fn evaluate(&self, text: &str, contexts: &[&Value]) -> Result<Value, FeelError> {
        self.compile_for(text, contexts)?.evaluate(contexts)
    }

    /// Evaluates to a text: an object becomes its JSON, numbers and booleans their text, `null` none.
    ///
    /// # Errors
    /// As [`FeelEngine::evaluate`], and phase convert when the result is a list.
    pub fn evaluate_to_string(&self, text: &str, contexts: &[&Value]) -> Result<Option<String>, FeelError> {
        match self.evaluate(text, contexts)? {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text)),
            // serde_json writes `e+21` where Java writes `E21`; a correlation key has to be Java's.
            Value::Number(number) => Ok(Some(number.to_string().replace('e', "E").replace("E+", "E"))),
            list @ Value::Array(_) => Err(FeelError::convert(text, &list, "java.lang.String")),
            other => Ok(Some(other.to_string())),
        }
    }

    /// Evaluates a condition: met only when the result is the boolean `true`.
    ///
    /// # Errors
    /// As [`FeelEngine::evaluate`].
    pub fn evaluate_condition(&self, text: &str, contexts: &[&Value]) -> Result<bool, FeelError> {
        Ok(self.evaluate(text, contexts)? == Value::Bool(true))
    }

    /// Evaluates to the compact JSON text of what [`FeelEngine::evaluate`] gives, which is written at once.
    ///
    /// # Errors
    /// As [`FeelEngine::evaluate`].
    pub fn evaluate_to_json(&self, text: &str, contexts: &[&Value]) -> Result<String, FeelError> {
        self.compile_for(text, contexts)?.evaluate_to_json(contexts)
    }

    /// The number of compiled expressions kept at the moment.
    pub fn cached(&self) -> usize {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn compile_for(&self, text: &str, contexts: &[&Value]) -> Result<Expression, FeelError> {
        let known = self.cache.lock().unwrap_or_else(PoisonError::into_inner).get(text);
        let compiled = match known {
            Some(compiled) => compiled,
            None => {
                let compiled = self
                    .engine
                    .compile(body(text))
                    .map_err(|error| FeelError::parse(text, contexts, &error))?;
                self.cache.lock().unwrap_or_else(PoisonError::into_inner).put(text, compiled.clone());
                compiled
            }
        };
        let (nonce, long_work) = (Arc::clone(&self.nonce), self.long_work);
        Ok(Expression { text: text.into(), compiled, nonce, long_work })
    }
}

impl fmt::Debug for FeelEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FeelEngine").field("cached", &self.cached()).finish_non_exhaustive()
    }
}

impl Expression {
    /// Evaluates with the fields of objects as variables; later objects win, anything else is skipped.
    ///
    /// # Errors
    /// Phase eval or limit when there is no value, phase convert when it holds a document of `createDocument(…)`, for which
    /// there is no store.
    pub fn evaluate(&self, contexts: &[&Value]) -> Result<Value, FeelError> {
        let value = self.value(contexts)?.to_json();
        if self.may_ask_for_document() && functions::asks_for_document(&value, &self.nonce) {
            return Err(FeelError::document(&self.text, contexts));
        }
        Ok(value)
    }

    /// Evaluates to the compact JSON text of what [`Expression::evaluate`] gives, which is written at once.
    ///
    /// # Errors
    /// As [`Expression::evaluate`].
    pub fn evaluate_to_json(&self, contexts: &[&Value]) -> Result<String, FeelError> {
        if self.may_ask_for_document() {
            return Ok(self.evaluate(contexts)?.to_string());
        }
        Ok(self.value(contexts)?.to_json_text())
    }

    fn value<'a>(&'a self, contexts: &[&'a Value]) -> Result<feel_rs::Value<'a>, FeelError> {
        let result = match self.long_work {
            Some(long_work) => self.quickly_or_long(contexts, long_work),
            None => self.compiled.evaluate(contexts).result,
        };
        result.map_err(|error| FeelError::evaluation(&self.text, contexts, &error))
    }

    /// Begins anew what proves long, elsewhere.
    fn quickly_or_long<'a>(
        &'a self,
        contexts: &[&'a Value],
        long_work: LongWork,
    ) -> Result<feel_rs::Value<'a>, EvaluationError> {
        let mut result = self.compiled.evaluate_within(QUICK_WORK, contexts).result;
        if matches!(&result, Err(error) if error.kind() == EvaluationErrorKind::Limit) {
            long_work(&mut || result = self.compiled.evaluate(contexts).result);
        }
        result
    }

    fn may_ask_for_document(&self) -> bool {
        self.text.contains(functions::CREATE_DOCUMENT)
    }

    /// The text as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// The expression itself: trimmed, without one leading `=`.
pub(crate) fn body(text: &str) -> &str {
    let text = trim(text);
    trim(text.strip_prefix('=').unwrap_or(text))
}

/// Java's `String.trim`: everything up to U+0020.
fn trim(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}
