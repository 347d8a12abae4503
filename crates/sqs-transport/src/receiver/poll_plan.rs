//! How many receives wait side by side, how long to pause after a failure, and what that says of the health.

use connector_core::{Backoff, Jitter};
use std::time::Duration;

/// Failures in a row after which the consumer is DOWN.
const PATIENCE: u32 = 3;
/// With a fifth of jitter never less than 32 s apart: at most two calls in any minute.
const LONGEST_PAUSE: Duration = Duration::from_secs(40);

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
    backoff: Backoff,
    jitter: Jitter,
}

impl Trouble {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            failures: 0,
            backoff: Backoff::new(Duration::from_millis(100), LONGEST_PAUSE, 2.0),
            jitter: Jitter::new(seed, 0.2),
        }
    }

    /// A failure: the pause before the next try, and whether the health is DOWN now.
    pub(crate) fn failed(&mut self) -> (Duration, bool) {
        self.failures = self.failures.saturating_add(1);
        (self.backoff.delay_with(self.failures, &mut self.jitter), self.failures >= PATIENCE)
    }

    /// A success. True when there was trouble before.
    pub(crate) fn succeeded(&mut self) -> bool {
        std::mem::take(&mut self.failures) > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn pauses_grow_from_a_tenth_of_a_second_to_two_thirds_of_a_minute() {
        let mut trouble = Trouble::new(3);
        let pauses: Vec<_> = (0..20).map(|_| trouble.failed().0).collect();
        assert!(pauses[0] >= Duration::from_millis(80) && pauses[0] <= Duration::from_millis(120));
        assert!(pauses.iter().all(|pause| *pause <= Duration::from_secs(48)));
        assert!(pauses[19] >= Duration::from_secs(32));
    }

    #[test]
    fn an_error_that_lasts_is_tried_at_most_twice_a_minute_after_the_first() {
        for seed in 0..200 {
            let mut trouble = Trouble::new(seed);
            let mut at = Duration::ZERO;
            let mut calls = Vec::new();
            while at < Duration::from_secs(3_600) {
                calls.push(at);
                at += trouble.failed().0;
            }
            let later = calls.iter().enumerate().filter(|(_, call)| **call >= Duration::from_secs(60));
            for (place, call) in later {
                let third = calls.get(place + 2).copied().unwrap_or(Duration::MAX);
                let apart = third.saturating_sub(*call);
                assert!(apart >= Duration::from_secs(60), "seed {seed}: {call:?} {third:?}");
            }
        }
    }

    #[test]
    fn is_down_after_three_in_a_row_and_up_after_a_success() {
        let mut trouble = Trouble::new(1);
        assert!(!trouble.failed().1 && !trouble.failed().1 && trouble.failed().1);
        assert!(trouble.succeeded() && !trouble.succeeded());
        assert!(!trouble.failed().1);
    }
}
