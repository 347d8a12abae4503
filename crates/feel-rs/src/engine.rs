//! The way in: compile a text, evaluate it against JSON.

use std::{fmt, sync::Arc};

use serde_json::Value as Json;

use crate::{
    Clock, Limits, ParseError, Registry, SystemClock, Value, Warning,
    evaluate::{Evaluator, Failure, INPUT_VARIABLE, Inputs, Notes, Program, Scope},
    parse::{self, Syntax, shorten},
    resolve,
    syntax::Node,
    value::{Context, List},
};

/// Compiles expressions: the functions they may call, the clock they see, the limits they keep to.
///
/// Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Engine {
    registry: Arc<Registry>,
    clock: Arc<dyn Clock>,
    limits: Limits,
    collects_warnings: bool,
}

/// A compiled expression or unary test; it can be shared between threads and evaluated at the same time.
///
/// Cloning is cheap.
#[derive(Clone)]
pub struct Expression {
    inner: Arc<Compiled>,
}

struct Compiled {
    text: Box<str>,
    program: Program,
    /// Whether a range is the argument of a function somewhere, so that it may get into a result.
    has_ranges: bool,
}

/// What an evaluation came to.
#[derive(Debug)]
pub struct Outcome<'a> {
    /// The value, or why there is none.
    pub result: Result<Value<'a>, EvaluationError>,
    /// What became `null` on the way.
    pub warnings: Vec<Warning>,
}

/// The kind of an [`EvaluationError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EvaluationErrorKind {
    /// The result is a failure.
    Failed,
    /// An `assert` does not hold.
    Assertion,
    /// The reference throws an exception.
    Thrown,
    /// The expression asks for more than its limits allow.
    Limit,
}

/// An evaluation without a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvaluationError(Box<Explanation>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Explanation {
    kind: EvaluationErrorKind,
    message: String,
}

impl Default for Engine {
    /// The built-in functions, the system's clock in UTC, the default limits, warnings collected.
    fn default() -> Self {
        Self::new(Registry::builtin())
    }
}

impl Engine {
    /// An engine with these functions, the system's clock in UTC, the default limits, warnings collected.
    pub fn new(registry: Registry) -> Self {
        Self {
            registry: Arc::new(registry),
            clock: Arc::new(SystemClock),
            limits: Limits::default(),
            collects_warnings: true,
        }
    }

    /// The same engine with another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The same engine with a clock that is shared.
    #[must_use]
    pub fn with_shared_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The same engine with other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The same engine, with warnings collected or not; without them nothing is spent on their texts.
    #[must_use]
    pub fn with_warnings(mut self, collected: bool) -> Self {
        self.collects_warnings = collected;
        self
    }

    /// Compiles an expression.
    ///
    /// # Errors
    /// [`ParseError`] with the reference's text when it is no expression, and when it is too long or too deep.
    pub fn compile(&self, text: &str) -> Result<Expression, ParseError> {
        let syntax = parse::parse_expression(text, &self.limits, self.now_seconds())?;
        Ok(self.finish(text, syntax))
    }

    /// Compiles unary tests; the input is given at evaluation.
    ///
    /// # Errors
    /// As [`Engine::compile`].
    pub fn compile_unary_tests(&self, text: &str) -> Result<Expression, ParseError> {
        let syntax = parse::parse_unary_tests(text, &self.limits, self.now_seconds())?;
        Ok(self.finish(text, syntax))
    }

    fn now_seconds(&self) -> i64 {
        self.clock.now().map_or(0, |now| now.epoch_seconds())
    }

    fn finish(&self, text: &str, syntax: Syntax) -> Expression {
        let mut program = Program {
            tree: syntax.tree,
            root: syntax.root,
            mentions_partial: syntax.mentions_partial,
            clock: Arc::clone(&self.clock),
            limits: self.limits.clone(),
            collects_warnings: self.collects_warnings,
        };
        resolve::resolve(&mut program, &self.registry);
        let has_ranges = program.tree.iter().any(|node| matches!(node, Node::Range(_)));
        Expression { inner: Arc::new(Compiled { text: text.into(), program, has_ranges }) }
    }
}

impl Expression {
    /// The text it was compiled from.
    pub fn text(&self) -> &str {
        &self.inner.text
    }

    /// The syntax tree in the reference's notation, for people: `Addition(Ref(List(a)),ConstNumber(1))`.
    pub fn syntax_tree(&self) -> String {
        crate::print::node(&self.inner.program.tree, self.inner.program.root)
    }

    /// Evaluates with the fields of JSON objects as variables; a later object hides equal names of an earlier one,
    /// and anything else than an object gives no variables.
    pub fn evaluate<'a>(&'a self, contexts: &[&'a Json]) -> Outcome<'a> {
        self.evaluate_within(usize::MAX, contexts)
    }

    /// The same with at most `max_work` of the work that the limits allow: a try that costs little when more is needed.
    pub fn evaluate_within<'a>(&'a self, max_work: usize, contexts: &[&'a Json]) -> Outcome<'a> {
        self.run(max_work, contexts, &Scope::default())
    }

    /// Evaluates unary tests for an input.
    pub fn evaluate_with_input<'a>(&'a self, input: Value<'a>, contexts: &[&'a Json]) -> Outcome<'a> {
        self.run(usize::MAX, contexts, &Scope::default().with_entry(INPUT_VARIABLE, input))
    }

    fn run<'a>(&'a self, max_work: usize, contexts: &[&'a Json], scope: &Scope<'a>) -> Outcome<'a> {
        let compiled = &*self.inner;
        let mut evaluator = Evaluator::new(&compiled.program, Inputs::new(contexts), max_work);
        let result = evaluator.run(scope);
        let notes = evaluator.into_notes();
        let is_plain = notes.is_none() && !compiled.has_ranges;
        match result {
            Ok(ref value) if !is_plain || value.is_failure() => self.checked(result, notes),
            Ok(value) => Outcome { result: Ok(value), warnings: Vec::new() },
            failed => self.checked(failed, notes),
        }
    }

    /// The result where it may be no value.
    #[cold]
    fn checked<'a>(&self, result: Result<Value<'a>, Failure>, notes: Option<Box<Notes>>) -> Outcome<'a> {
        let Notes { mut warnings, assertion_failure, .. } = notes.map(|notes| *notes).unwrap_or_default();
        let range = match (&result, &assertion_failure) {
            (Ok(value), None) => range_failure(value),
            _ => None,
        };
        let result = match (range.map_or(result, Err), assertion_failure) {
            (Err(failure), _) => {
                // An exception of the reference takes its warnings along.
                warnings.clear();
                Err(self.failed(&failure))
            }
            (Ok(_), Some(cause)) => Err(EvaluationError::new(
                EvaluationErrorKind::Assertion,
                format!("Assertion failure on evaluate the expression '{}': {cause}", self.text()),
            )),
            (Ok(Value::Error(cause) | Value::FatalError(cause)), None) => Err(EvaluationError::new(
                EvaluationErrorKind::Failed,
                format!("failed to evaluate expression '{}': {cause}", self.text()),
            )),
            (Ok(value), None) => Ok(value),
        };
        Outcome { result, warnings }
    }

    fn failed(&self, failure: &Failure) -> EvaluationError {
        let text = self.text();
        if failure.is_limit() {
            let message = format!("failed to evaluate expression '{}': {failure}", shorten(text));
            return EvaluationError::new(EvaluationErrorKind::Limit, message);
        }
        let message = format!("failed to evaluate expression '{text}' : {failure}");
        EvaluationError::new(EvaluationErrorKind::Thrown, message)
    }
}

/// The reference cannot hand out a range, not even inside a list or context.
fn range_failure(value: &Value<'_>) -> Option<Failure> {
    match value {
        Value::Range(_) => Some(Failure::thrown(
            "java.lang.IllegalArgumentException",
            format!("no value mapper found for '{value}'"),
        )),
        Value::List(List::Shared(items)) => items.values().iter().find_map(range_failure),
        Value::Context(Context::Shared(map)) => map.values().find_map(range_failure),
        _ => None,
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.text()).finish()
    }
}

impl EvaluationError {
    fn new(kind: EvaluationErrorKind, message: String) -> Self {
        Self(Box::new(Explanation { kind, message }))
    }

    /// Its kind.
    pub fn kind(&self) -> EvaluationErrorKind {
        self.0.kind
    }

    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self.0.kind {
            EvaluationErrorKind::Failed => "FEEL_FAILED",
            EvaluationErrorKind::Assertion => "FEEL_ASSERTION",
            EvaluationErrorKind::Thrown => "FEEL_EXCEPTION",
            EvaluationErrorKind::Limit => "FEEL_LIMIT",
        }
    }
}

impl fmt::Display for EvaluationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for EvaluationError {}
