//! Where a consumer stands.

use connector_core::Health;
use std::time::Duration;

/// Where a consumer stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConsumerState {
    /// It has not started, or is connecting.
    #[default]
    Activating,
    /// It receives.
    Activated,
    /// It could not connect and tries again by itself.
    FailedToActivate {
        /// A stable code: that of AWS, or ours.
        code: String,
        /// What is wrong, without secrets.
        reason: String,
        /// After which delay it tries again.
        retry_in: Duration,
    },
    /// Its elements cannot be consumed for; only a changed model mends that.
    Invalid {
        /// What is wrong and what to do.
        reason: String,
    },
    /// Nothing here handles the connector type.
    NotRegistered {
        /// The connector type.
        connector_type: String,
    },
    /// It was told to stop.
    Stopped,
}

impl ConsumerState {
    /// The health that belongs to the state; `None` for [`ConsumerState::Activated`], where the receiver knows.
    pub fn health(&self) -> Option<Health> {
        Some(match self {
            Self::Activated => return None,
            Self::Activating => Health::Unknown,
            Self::FailedToActivate { code, reason, .. } => Health::down(code, reason),
            Self::Invalid { reason } => {
                Health::down("ACTIVATION_FAILURE", format!("Invalid connector definition: {reason}"))
            }
            Self::NotRegistered { connector_type } => {
                Health::down("CONNECTOR_NOT_REGISTERED", format!("Connector {connector_type} not registered"))
            }
            Self::Stopped => Health::down("STOPPED", "the consumer was stopped"),
        })
    }
}
