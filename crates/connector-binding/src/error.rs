//! What can be wrong with a job's input.

use connector_core::ErrorKind;

/// A job's headers or variables do not make a request.
///
/// The texts are those of the Java runtime where a model or a runbook matches on them, plain words elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BindingError {
    /// The variables are not JSON.
    #[error("{reason}")]
    InvalidJson {
        /// Where it stops being JSON.
        reason: String,
    },
    /// A field has a value that its type does not know.
    #[error("Json object contains an invalid field: {}. It Must be `{expected}`", path.replace('.', ", "))]
    InvalidField {
        /// The field, steps separated by dots.
        path: String,
        /// The name of the reference's type.
        expected: &'static str,
    },
    /// A field has a JSON type that cannot be converted.
    #[error("{path} must be {expected}, but is {found}")]
    WrongType {
        /// The field, steps separated by dots.
        path: String,
        /// What would do.
        expected: &'static str,
        /// What is there, without its value.
        found: String,
    },
    /// The input asks for something that only a runtime with a document store has.
    #[error("{path} {reason}")]
    Unsupported {
        /// The field, steps separated by dots.
        path: String,
        /// What is asked for and what to do instead.
        reason: String,
    },
    /// An intrinsic function is unknown, misused, or used too often.
    #[error("{reason}")]
    Function {
        /// What is wrong with it.
        reason: String,
    },
    /// Fields are missing or contradict each other; one line a violation.
    #[error(
        "jakarta.validation.ValidationException: Found constraints violated while validating input: \n{}",
        lines(violations)
    )]
    Violations {
        /// Which.
        violations: Vec<Violation>,
    },
    /// There are no variables at all.
    #[error("HV000116: The object to be validated must not be null.")]
    NoInput,
    /// `queue.type` is null.
    #[error("HV000090: Unable to access hasValidQueueProperties.")]
    NullQueueType,
    /// No field names a region.
    #[error("Found constraints violated while validating input: - configuration.region: must not be empty")]
    NoRegion,
}

/// One rule that the input breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The field, steps separated by dots.
    pub path: String,
    /// The rule, for instance `must not be blank`; never a value.
    pub rule: String,
}

impl Violation {
    /// A violation of a rule by a field.
    pub fn new(path: impl Into<String>, rule: impl Into<String>) -> Self {
        Self { path: path.into(), rule: rule.into() }
    }
}

fn lines(violations: &[Violation]) -> String {
    let lines: Vec<String> = violations
        .iter()
        .map(|violation| {
            format!(
                " - Property: {}: Validation failed. Original message: {}",
                violation.path, violation.rule
            )
        })
        .collect();
    lines.join("\n")
}

impl BindingError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidJson { .. } => "variables-not-json",
            Self::InvalidField { .. } | Self::WrongType { .. } => "field-type",
            Self::Unsupported { .. } | Self::Function { .. } => "field-unsupported",
            Self::Violations { .. } | Self::NullQueueType | Self::NoInput => "field-violation",
            Self::NoRegion => "region-missing",
        }
    }

    /// Input never mends itself.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Poison
    }
}
