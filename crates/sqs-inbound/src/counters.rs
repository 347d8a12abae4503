//! How often what happened.

use crate::{Disposition, Outcome, Refusal};
use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[$meta:meta])* $name:ident,)*) => {
        /// What a consumer has counted since it was made.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct ConsumerCounters { $($(#[$meta])* pub $name: u64,)* }

        #[derive(Debug, Default)]
        pub(crate) struct LiveCounters { $(pub(crate) $name: AtomicU64,)* }

        impl LiveCounters {
            /// The figures now.
            pub(crate) fn snapshot(&self) -> ConsumerCounters {
                ConsumerCounters { $($name: self.$name.load(Ordering::Relaxed),)* }
            }
        }
    };
}

counters! {
    /// Activations that succeeded.
    activated,
    /// Activations that failed.
    activation_failed,
    /// Ends of an activated consumer.
    deactivated,
    /// Messages that were looked at.
    triggered,
    /// Messages that the engine took, now or before.
    correlated,
    /// Messages that no activation condition wanted.
    activation_condition_failed,
    /// Messages that could not be handled.
    correlation_failed,
    /// Messages that can never be handled.
    poison,
    /// Messages that were given back because the consumer stopped or lost them.
    released,
}

impl LiveCounters {
    /// Counts one more.
    pub(crate) fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts what became of a message.
    pub(crate) fn outcome(&self, outcome: &Outcome) {
        let counter = match outcome {
            Outcome::Released => &self.released,
            Outcome::Refused(Refusal::NoMatch { .. }) => &self.activation_condition_failed,
            Outcome::Refused(_) | Outcome::EngineRefused(_) => &self.correlation_failed,
            _ => &self.correlated,
        };
        Self::add(counter);
        if outcome.disposition() == Disposition::Poison {
            Self::add(&self.poison);
        }
    }
}
