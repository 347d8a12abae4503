//! Why an expression gives no result.

use connector_core::ErrorKind;
use feel_rs::{EvaluationError, EvaluationErrorKind, ParseError, ParseErrorKind};
use serde_json::{Map, Value};

use crate::text::cut;

/// Where an expression failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FeelPhase {
    /// The text is no expression.
    Parse,
    /// The evaluation fails.
    Eval,
    /// The result is not of the type that is asked for.
    Convert,
    /// The expression is too long, too deep, or takes too many steps.
    Limit,
}

/// An expression gave no result.
///
/// Its text is the reference's: `Failed to evaluate expression '…' in context '…'. Reason: …`, with the context as JSON
/// cut after 2,000 characters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Failed to evaluate expression '{expression}' in context '{context}'. Reason: {reason}")]
pub struct FeelError {
    expression: String,
    context: String,
    reason: String,
    phase: FeelPhase,
    code: &'static str,
    position: Option<(usize, usize)>,
}

impl FeelError {
    /// Line and column (in UTF-16 units), both counted from 1, in the expression without its leading `=`.
    pub fn position(&self) -> Option<(usize, usize)> {
        self.position
    }

    /// What the engine says, without expression and context.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The expression as it was given.
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// Where it failed.
    pub fn phase(&self) -> FeelPhase {
        self.phase
    }

    /// A stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// Always terminal: the same expression fails again on the same input.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Terminal
    }

    pub(crate) fn parse(expression: &str, contexts: &[&Value], error: &ParseError) -> Self {
        let phase = match error.kind() {
            ParseErrorKind::TooLong | ParseErrorKind::TooDeep => FeelPhase::Limit,
            _ => FeelPhase::Parse,
        };
        let unplaced = Self::new(expression, contexts, error.to_string(), phase, error.code());
        Self { position: error.position(), ..unplaced }
    }

    pub(crate) fn evaluation(expression: &str, contexts: &[&Value], error: &EvaluationError) -> Self {
        let phase = match error.kind() {
            EvaluationErrorKind::Limit => FeelPhase::Limit,
            _ => FeelPhase::Eval,
        };
        Self::new(expression, contexts, error.to_string(), phase, error.code())
    }

    /// The result holds a document that is still to be made.
    pub(crate) fn document(expression: &str, contexts: &[&Value]) -> Self {
        let reason = "the result holds a document of createDocument(…), and this runtime has no document store: return the \
                      content itself"
            .to_owned();
        Self::new(expression, contexts, reason, FeelPhase::Convert, "FEEL_DOCUMENT")
    }

    /// The reference shows the result in place of the context here.
    pub(crate) fn convert(expression: &str, result: &Value, class: &str) -> Self {
        let reason = format!("Cannot parse '{}' as '{class}'.", cut(result.to_string()));
        Self {
            expression: cut(expression.to_owned()),
            context: cut(result.to_string()),
            reason,
            phase: FeelPhase::Convert,
            code: "FEEL_CONVERT",
            position: None,
        }
    }

    fn new(
        expression: &str,
        contexts: &[&Value],
        reason: String,
        phase: FeelPhase,
        code: &'static str,
    ) -> Self {
        Self {
            expression: cut_long(expression, phase),
            context: cut(merged(contexts)),
            reason,
            phase,
            code,
            position: None,
        }
    }
}

/// The expression as given; an oversized one is cut.
fn cut_long(expression: &str, phase: FeelPhase) -> String {
    match phase {
        FeelPhase::Limit => cut(expression.to_owned()),
        _ => expression.to_owned(),
    }
}

/// All contexts as one JSON object, later ones over earlier ones.
fn merged(contexts: &[&Value]) -> String {
    let mut fields = Map::new();
    for context in contexts.iter().filter_map(|context| context.as_object()) {
        fields.extend(context.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
    Value::Object(fields).to_string()
}
