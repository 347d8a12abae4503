//! The health of a component, as operators see it.

/// Whether a consumer or a worker does its work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Health {
    /// Nothing is known yet.
    #[default]
    Unknown,
    /// It works.
    Up,
    /// It does not work; it heals itself or says what to do.
    Down {
        /// A stable code: an AWS error code, a gRPC status name or a code of ours.
        code: String,
        /// What is wrong and what to do, without secrets.
        message: String,
    },
}

impl Health {
    /// `Down` with a code and a message.
    pub fn down(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Down { code: code.into(), message: message.into() }
    }

    /// True for `Up`.
    pub fn is_up(&self) -> bool {
        matches!(self, Self::Up)
    }
}
