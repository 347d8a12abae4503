//! What an evaluation noticed on its way.

use std::fmt;

/// Something that became `null` and may be worth a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Its kind.
    pub kind: WarningKind,
    /// The reference's text.
    pub message: String,
}

/// The kinds of [`Warning`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WarningKind {
    /// A name that nothing has.
    NoVariableFound,
    /// A key that the context does not have.
    NoContextEntryFound,
    /// A property that the type does not have.
    NoPropertyFound,
    /// Values that cannot be compared.
    NotComparable,
    /// A value of the wrong type.
    InvalidType,
    /// No function of that name takes these arguments.
    NoFunctionFound,
    /// A function refused its arguments.
    FunctionInvocationFailure,
    /// An assertion does not hold.
    AssertFailure,
    /// Anything else.
    Unknown,
}

impl WarningKind {
    /// The reference's name, for instance `NO_VARIABLE_FOUND`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoVariableFound => "NO_VARIABLE_FOUND",
            Self::NoContextEntryFound => "NO_CONTEXT_ENTRY_FOUND",
            Self::NoPropertyFound => "NO_PROPERTY_FOUND",
            Self::NotComparable => "NOT_COMPARABLE",
            Self::InvalidType => "INVALID_TYPE",
            Self::NoFunctionFound => "NO_FUNCTION_FOUND",
            Self::FunctionInvocationFailure => "FUNCTION_INVOCATION_FAILURE",
            Self::AssertFailure => "ASSERT_FAILURE",
            Self::Unknown => "UNKNOWN",
        }
    }
}

impl fmt::Display for WarningKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
