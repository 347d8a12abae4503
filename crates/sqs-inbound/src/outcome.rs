//! What became of a message, and what that means for the queue.

use crate::{Refusal, Severity};
use connector_core::{EngineError, MessageKey, ProcessInstanceKey};

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The engine created an instance.
    InstanceCreated(ProcessInstanceKey),
    /// The engine created an instance, and it has ended.
    InstanceEnded(ProcessInstanceKey),
    /// The engine took the message.
    Published(MessageKey),
    /// The engine had the message already.
    AlreadyPublished,
    /// Nothing was told to the engine.
    Refused(Refusal),
    /// The engine refused the command.
    EngineRefused(EngineError),
    /// The consumer stops, or SQS gave the message to somebody else, before the engine answered.
    Released,
}

/// What is done with the message in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// It is deleted.
    Delete,
    /// It stays, and comes again after its visibility timeout.
    Keep,
    /// It can never be handled: the poison policy decides.
    Poison,
}

impl Outcome {
    /// What is done with the message in the queue.
    ///
    /// Source: connector-behaviour of the reference's result table; only invalid input is poison.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::InstanceCreated(_)
            | Self::InstanceEnded(_)
            | Self::Published(_)
            | Self::AlreadyPublished => Disposition::Delete,
            Self::Refused(Refusal::NoMatch { consume: true }) => Disposition::Delete,
            Self::Refused(Refusal::InvalidInput(_)) => Disposition::Poison,
            Self::Refused(_) | Self::EngineRefused(_) | Self::Released => Disposition::Keep,
        }
    }

    /// How bad it is and what to say in the activity log; nothing for a message that was given back untouched.
    pub(crate) fn activity(&self) -> Option<(Severity, String)> {
        Some(match self {
            Self::InstanceCreated(_) => (Severity::Info, "Process instance created".to_owned()),
            Self::InstanceEnded(_) => (Severity::Info, "Process instance created with result".to_owned()),
            Self::Published(_) => (Severity::Info, "Message published".to_owned()),
            Self::AlreadyPublished => (Severity::Info, "Message already correlated".to_owned()),
            Self::Refused(Refusal::NoMatch { .. }) => {
                (Severity::Warning, "Activation condition not met".to_owned())
            }
            Self::Refused(Refusal::InvalidInput(message)) => {
                (Severity::Error, format!("Invalid input: {message}"))
            }
            Self::Refused(Refusal::Misconfigured(message)) => {
                (Severity::Error, format!("Other error: {message}"))
            }
            Self::EngineRefused(error) => (Severity::Error, format!("Zeebe client status error: {error}")),
            Self::Released => return None,
        })
    }

    /// The keys that the engine answered with.
    pub(crate) fn keys(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::InstanceCreated(key) | Self::InstanceEnded(key) => {
                vec![("processInstanceKey", key.to_string())]
            }
            Self::Published(key) => vec![("messageKey", key.to_string())],
            _ => Vec::new(),
        }
    }
}
