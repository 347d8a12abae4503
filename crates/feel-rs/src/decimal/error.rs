//! Why an operation on decimals has no result.

use std::fmt;

/// Why a decimal operation failed, with the exception class and message that the reference engine shows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecimalError {
    /// The text is not a number; holds Java's message.
    NotANumber(String),
    /// Something other than zero was divided by zero.
    DivisionByZero,
    /// Zero was divided by zero.
    DivisionUndefined,
    /// The integer quotient of a remainder needs more digits than the precision allows.
    DivisionImpossible,
    /// An exponent beyond 999,999,999.
    InvalidExponent,
    /// The scale falls below the smallest 32-bit integer: the number is too large.
    Overflow,
    /// The scale exceeds the largest 32-bit integer: the number is too close to zero.
    Underflow,
    /// The exact result needs more digits than Java's integers can have.
    Unrepresentable,
    /// The exact result needs more than [`MAX_DIGITS`](super::MAX_DIGITS) digits.
    TooManyDigits,
}

impl DecimalError {
    /// The Java class of the exception that the reference engine throws here.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match self {
            Self::NotANumber(_) => "java.lang.NumberFormatException",
            _ => "java.lang.ArithmeticException",
        }
    }

    /// Whether this is a limit of ours that the reference engine does not have.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        matches!(self, Self::TooManyDigits)
    }
}

impl fmt::Display for DecimalError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotANumber(message) => out.write_str(message),
            Self::DivisionByZero => out.write_str("Division by zero"),
            Self::DivisionUndefined => out.write_str("Division undefined"),
            Self::DivisionImpossible => out.write_str("Division impossible"),
            Self::InvalidExponent => out.write_str("Invalid operation"),
            Self::Overflow => out.write_str("Overflow"),
            Self::Underflow => out.write_str("Underflow"),
            Self::Unrepresentable => out.write_str("BigInteger would overflow supported range"),
            Self::TooManyDigits => {
                write!(out, "the number needs more than {} digits; use a smaller scale", super::MAX_DIGITS)
            }
        }
    }
}

impl std::error::Error for DecimalError {}
