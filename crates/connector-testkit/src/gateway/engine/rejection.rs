//! Why the engine refuses a command, in Zeebe's words.

use tonic::{Code, Status};

/// A refusal as the gateway sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rejection {
    code: Code,
    message: String,
}

impl Rejection {
    /// A refusal of the gateway itself.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The gateway finds the request itself wrong.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidArgument, message)
    }

    /// The broker rejects a command (`CREATE`, `COMPLETE`, ...).
    pub(crate) fn command(intent: &str, kind: RejectionKind, reason: &str) -> Self {
        let (name, code) = match kind {
            RejectionKind::InvalidArgument => ("INVALID_ARGUMENT", Code::InvalidArgument),
            RejectionKind::NotFound => ("NOT_FOUND", Code::NotFound),
            RejectionKind::AlreadyExists => ("ALREADY_EXISTS", Code::AlreadyExists),
            RejectionKind::InvalidState => ("INVALID_STATE", Code::FailedPrecondition),
        };
        Self::new(code, format!("Command '{intent}' rejected with code '{name}': {reason}"))
    }
}

/// The broker's kinds of rejection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RejectionKind {
    InvalidArgument,
    NotFound,
    AlreadyExists,
    InvalidState,
}

impl From<Rejection> for Status {
    fn from(rejection: Rejection) -> Self {
        Self::new(rejection.code, rejection.message)
    }
}
