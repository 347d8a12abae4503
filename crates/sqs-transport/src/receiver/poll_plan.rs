//! How many receives wait side by side, how long to pause after a failure, and what that says of the health.

use crate::TransportError;
use connector_core::{Backoff, ErrorKind, Jitter};
use std::time::Duration;

/// Failures in a row after which the consumer is DOWN.
const PATIENCE: u32 = 3;

/// Grows while full batches arrive, shrinks while small ones do, falls to one when nothing comes.
#[derive(Debug)]
pub(crate) struct PollPlan {
    target: usize,
    maximum: usize,
}

impl PollPlan {
    pub(crate) fn new(maximum: usize) -> Self {
        Self { target: 1, maximum: maximum.max(1) }
    }

    /// How many receives may wait side by side.
    pub(crate) fn target(&self) -> usize {
        self.target
    }

    /// A receive that asked for `asked` messages brought `received`.
    pub(crate) fn received(&mut self, received: usize, asked: usize) {
        if received == 0 {
            self.target = 1;
        } else if received >= asked {
            self.target = (self.target + 1).min(self.maximum);
        } else if received * 2 < asked {
            // Fewer receives bring fuller batches.
            self.target = self.target.saturating_sub(1).max(1);
        }
    }

    /// A receive failed: one tries whether it works again.
    pub(crate) fn failed(&mut self) {
        self.target = 1;
    }
}

/// Failures in a row, and the pauses that they cause.
#[derive(Debug)]
pub(crate) struct Trouble {
    failures: u32,
    transient: Backoff,
    permanent: Backoff,
    jitter: Jitter,
}

impl Trouble {
    pub(crate) fn new(seed: u64) -> Self {
        let first = Duration::from_millis(100);
        Self {
            failures: 0,
            transient: Backoff::new(first, Duration::from_secs(30), 2.0),
            // With a fifth of jitter never less than 32 s apart: at most two calls in any minute.
            permanent: Backoff::new(first, Duration::from_secs(40), 2.0),
            jitter: Jitter::new(seed, 0.2),
        }
    }

    /// A failure: the pause before the next try, and whether the health is DOWN now.
    pub(crate) fn failed(&mut self, error: &TransportError) -> (Duration, bool) {
        self.failures = self.failures.saturating_add(1);
        let backoff = if is_permanent(error) { self.permanent } else { self.transient };
        (backoff.delay_with(self.failures, &mut self.jitter), self.failures >= PATIENCE)
    }

    /// A success. True when there was trouble before.
    pub(crate) fn succeeded(&mut self) -> bool {
        std::mem::take(&mut self.failures) > 0
    }
}

/// Whether only an operator can mend it.
fn is_permanent(error: &TransportError) -> bool {
    error.kind() == ErrorKind::Terminal || matches!(error, TransportError::Credentials { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DispatchError, DispatchFailure, ServiceError};

    fn refused() -> TransportError {
        TransportError::Dispatch(DispatchError {
            failure: DispatchFailure::Refused,
            host: "h:1".into(),
            text: String::new(),
            attempts: 1,
        })
    }

    fn denied() -> TransportError {
        TransportError::Service(ServiceError {
            code: Some("AccessDenied".into()),
            query_code: None,
            message: None,
            request_id: None,
            http_status: 403,
            attempts: 1,
        })
    }

    #[test]
    fn grows_with_full_batches_shrinks_with_small_ones_and_falls_to_one_when_empty() {
        let mut plan = PollPlan::new(3);
        for expected in [2, 3, 3] {
            plan.received(10, 10);
            assert_eq!(plan.target(), expected);
        }
        plan.received(5, 10);
        assert_eq!(plan.target(), 3);
        plan.received(4, 10);
        assert_eq!(plan.target(), 2);
        plan.received(0, 10);
        assert_eq!(plan.target(), 1);
    }

    #[test]
    fn pauses_grow_from_a_tenth_of_a_second_to_half_a_minute() {
        let mut trouble = Trouble::new(3);
        let pauses: Vec<_> = (0..20).map(|_| trouble.failed(&refused()).0).collect();
        assert!(pauses[0] >= Duration::from_millis(80) && pauses[0] <= Duration::from_millis(120));
        assert!(pauses.iter().all(|pause| *pause <= Duration::from_secs(36)));
        assert!(pauses[19] >= Duration::from_secs(24));
    }

    #[test]
    fn a_permanent_error_is_tried_at_most_twice_a_minute_after_the_first() {
        for seed in 0..200 {
            let mut trouble = Trouble::new(seed);
            let mut at = Duration::ZERO;
            let mut calls = Vec::new();
            while at < Duration::from_secs(3_600) {
                calls.push(at);
                at += trouble.failed(&denied()).0;
            }
            for (place, call) in
                calls.iter().enumerate().filter(|(_, call)| **call >= Duration::from_secs(60))
            {
                let third = calls.get(place + 2).copied().unwrap_or(Duration::MAX);
                assert!(
                    third.saturating_sub(*call) >= Duration::from_secs(60),
                    "seed {seed}: {call:?} {third:?}"
                );
            }
        }
    }

    #[test]
    fn is_down_after_three_in_a_row_and_up_after_a_success() {
        let mut trouble = Trouble::new(1);
        assert!(!trouble.failed(&denied()).1 && !trouble.failed(&denied()).1 && trouble.failed(&denied()).1);
        assert!(trouble.succeeded() && !trouble.succeeded());
        assert!(!trouble.failed(&denied()).1);
    }
}
